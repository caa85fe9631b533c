"""What is delivered under the name of a secret (`tls.Secret`): PEM as it is stored."""

from __future__ import annotations

import msgspec

from lateen.values.ref import Ref


class KeyPair(msgspec.Struct, frozen=True, cache_hash=True):
    """A certificate with the chain that vouches for it, and its key."""

    name: str
    chain: bytes
    key: bytes
    origins: tuple[Ref, ...] = ()


class Roots(msgspec.Struct, frozen=True, cache_hash=True):
    """Certificates by which others are checked, and lists of those that no longer count, empty for none."""

    name: str
    certificates: bytes
    revoked: bytes = b""
    origins: tuple[Ref, ...] = ()
