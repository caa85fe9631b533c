"""The join tokens that this mesh has made: who may join by them, until when, and which of them were revoked. Never the tokens themselves.

Kept as one small file in the state folder. Who has joined by a token that is revoked later keeps its certificate until that ends, within a day as a
rule, and gets no other: certificates say which token they go back to. So tokens are known for `KEPT` after their end.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from lateen.identity import files
from lateen.identity.join_token import Claims

KEPT = timedelta(days=365)
_FORM = "%Y-%m-%dT%H:%M:%SZ"


class Issued(msgspec.Struct, frozen=True, rename="camel"):
    """A join token that was made. Times are RFC 3339 in UTC; `revoked` is empty while it is good."""

    id: str
    namespace: str
    service_account: str
    made: str
    ends: str
    revoked: str = ""


class JoinTokens:
    """The tokens of the file at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        found = msgspec.json.decode(path.read_bytes(), type=list[Issued]) if path.exists() else []
        self._issued = {each.id: each for each in found}

    def present(self, now: datetime) -> tuple[Issued, ...]:
        """Those that have not ended, the newest first."""
        return tuple(sorted((each for each in self._issued.values() if _time(each.ends) > now), key=lambda each: each.made, reverse=True))

    def note(self, claims: Claims, now: datetime, ends: datetime) -> None:
        """A token was made."""
        made = Issued(claims.id, claims.namespace, claims.service_account, now.strftime(_FORM), ends.strftime(_FORM))
        self._keep((*self._known(now), made))

    def revoke(self, token_id: str, now: datetime) -> Issued | None:
        """From now on nobody joins by it, and who has joined by it is given no further certificate. None when no token is known by this id."""
        found = self._issued.get(token_id)
        if found is None or found.revoked:
            return found
        revoked = msgspec.structs.replace(found, revoked=now.strftime(_FORM))
        self._keep((*(each for each in self._known(now) if each is not found), revoked))
        return revoked

    def is_revoked(self, token_id: str) -> bool:
        """Whether nobody may join by it any more, or stay by it longer than its certificate lasts."""
        found = self._issued.get(token_id)
        return found is not None and found.revoked != ""

    def _known(self, now: datetime) -> tuple[Issued, ...]:
        return tuple(each for each in self._issued.values() if _time(each.revoked or each.ends) + KEPT > now)

    def _keep(self, tokens: tuple[Issued, ...]) -> None:
        files.write(self._path, msgspec.json.format(msgspec.json.encode(tokens)).decode() + "\n", files.SECRET)
        self._issued = {each.id: each for each in tokens}


def _time(text: str) -> datetime:
    return datetime.strptime(text, _FORM).replace(tzinfo=UTC)
