"""The join tokens that this mesh has made: who may join by them, until when, and which of them were revoked. Never the tokens themselves.

Kept as one small file in the state folder; what has ended is forgotten. A workload that has joined already proves itself by its certificate, so
revoking a token keeps out only those who come with it from then on.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from lateen.identity import files
from lateen.identity.join_token import Claims

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
        self._keep((*self.present(now), made))

    def revoke(self, token_id: str, now: datetime) -> Issued | None:
        """From now on nobody joins by it. None when no token that has not ended has this id."""
        found = next((each for each in self.present(now) if each.id == token_id), None)
        if found is None or found.revoked:
            return found
        revoked = msgspec.structs.replace(found, revoked=now.strftime(_FORM))
        self._keep((*(each for each in self.present(now) if each is not found), revoked))
        return revoked

    def is_revoked(self, token_id: str) -> bool:
        """Whether nobody may join by it any more."""
        found = self._issued.get(token_id)
        return found is not None and found.revoked != ""

    def _keep(self, tokens: tuple[Issued, ...]) -> None:
        files.write(self._path, msgspec.json.format(msgspec.json.encode(tokens)).decode() + "\n", files.SECRET)
        self._issued = {each.id: each for each in tokens}


def _time(text: str) -> datetime:
    return datetime.strptime(text, _FORM).replace(tzinfo=UTC)
