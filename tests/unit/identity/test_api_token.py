"""The API token's file."""

from pathlib import Path

from lateen.identity import api_token


def test_the_token_is_made_once_and_is_for_its_owner_only(tmp_path: Path):
    path = tmp_path / "state" / "api-token"
    token = api_token.load_or_create(path)
    assert api_token.load_or_create(path) == token and len(token) >= 40
    assert path.stat().st_mode & 0o777 == 0o600
