"""Which join tokens were made and revoked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from lateen.control.tokens import KEPT, Issued, JoinTokens
from lateen.identity.join_token import Claims

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def claims(token_id: str) -> Claims:
    return Claims("cluster.local", "shop", "web", token_id)


def test_a_revoked_token_stays_revoked_after_a_restart(tmp_path: Path) -> None:
    tokens = JoinTokens(tmp_path / "tokens")
    tokens.note(claims("a"), NOW, NOW + HOUR)
    tokens.note(claims("b"), NOW, NOW + HOUR)
    assert tokens.revoke("a", NOW + timedelta(seconds=1)) == Issued(
        "a", "shop", "web", "2026-05-01T12:00:00Z", "2026-05-01T13:00:00Z", "2026-05-01T12:00:01Z"
    )
    again = JoinTokens(tmp_path / "tokens")
    assert (again.is_revoked("a"), again.is_revoked("b")) == (True, False)
    assert again.revoke("a", NOW + HOUR / 2) == tokens.revoke("a", NOW)


def test_what_has_ended_is_not_shown_and_may_be_revoked_until_it_is_forgotten(tmp_path: Path) -> None:
    tokens = JoinTokens(tmp_path / "tokens")
    tokens.note(claims("a"), NOW, NOW + HOUR)
    tokens.note(claims("b"), NOW + HOUR, NOW + 2 * HOUR)
    assert [each.id for each in tokens.present(NOW + HOUR)] == ["b"]
    revoked = tokens.revoke("a", NOW + HOUR)
    assert revoked is not None and revoked.revoked == "2026-05-01T13:00:00Z"
    tokens.note(claims("c"), NOW + KEPT, NOW + KEPT + HOUR)
    assert tokens.is_revoked("a")
    tokens.note(claims("d"), NOW + KEPT + 2 * HOUR, NOW + KEPT + 3 * HOUR)
    assert '"a"' not in (tmp_path / "tokens").read_text()
    assert tokens.revoke("a", NOW + KEPT + 2 * HOUR) is None


def test_the_file_holds_nothing_by_which_anybody_could_join_and_is_its_owners_alone(tmp_path: Path) -> None:
    JoinTokens(tmp_path / "tokens").note(claims("a"), NOW, NOW + HOUR)
    assert (tmp_path / "tokens").stat().st_mode & 0o777 == 0o600
