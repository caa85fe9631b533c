"""Where whole connections go that are not taken apart into requests: TCP, and TLS that the application itself speaks (VS-6)."""

from __future__ import annotations

import msgspec

from lateen.values.ref import Ref


class Connections(msgspec.Struct, frozen=True, cache_hash=True):
    """Connections to one of `networks` (CIDRs) that ask for one of `server_names` (SNI, `*.x` for any name under x), each empty for any.

    They are divided among the destinations `to` by weight. `origin` is the object that says so.
    """

    to: tuple[tuple[str, int], ...]
    server_names: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    origin: Ref | None = None
