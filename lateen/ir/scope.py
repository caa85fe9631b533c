"""`Scope`: which hosts a proxy is told of, and through which of its listeners it calls them."""

from __future__ import annotations

import msgspec

from lateen.values.protocol import Protocol

Hosts = tuple[tuple[str, str], ...]
"""Pairs of the declaring namespace and the host, sorted."""


class Import(msgspec.Struct, frozen=True, cache_hash=True):
    """Hosts that are called in one way.

    With neither `port` nor `bind` it is for all places that no other import of the scope names. Otherwise it is one place: that `port`, spoken as
    `protocol` says, at the address (or `unix://` path) `bind` if there is one; `bound`, the application connects there itself. Rules count only if
    they fit one of `patterns` (`namespace/host`); without patterns all do.
    """

    hosts: Hosts
    patterns: tuple[str, ...] = ()
    port: int = 0
    protocol: Protocol = Protocol.AUTO
    bind: str = ""
    bound: bool = False

    @property
    def is_a_place(self) -> bool:
        """Whether it is for one place only."""
        return bool(self.port or self.bind)

    @property
    def table(self) -> str:
        """The name of the route table of its HTTP; empty for those of all ports."""
        return str(self.port) if self.port else self.bind


class Scope(msgspec.Struct, frozen=True, cache_hash=True):
    """The hosts that a proxy of `namespace` may call.

    Either `everything` that is visible to the namespace, or just `hosts`. `imports` are those that the application calls; the others are there
    because rules lead to them.
    """

    namespace: str
    everything: bool = False
    hosts: Hosts = ()
    imports: tuple[Import, ...] = ()

    def of_table(self, name: str) -> Import | None:
        """The import that is behind the route table of this name."""
        place = next((each for each in self.imports if each.is_a_place and each.table == name), None)
        return place or next((each for each in self.imports if not each.is_a_place), None)
