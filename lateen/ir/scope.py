"""`Scope`: which hosts a proxy is told of."""

from __future__ import annotations

import msgspec


class Scope(msgspec.Struct, frozen=True, cache_hash=True):
    """The hosts that a proxy of `namespace` may call.

    Either `everything` that is visible to the namespace, or just `hosts`: pairs of the declaring namespace and the host, sorted.
    """

    namespace: str
    everything: bool = False
    hosts: tuple[tuple[str, str], ...] = ()
