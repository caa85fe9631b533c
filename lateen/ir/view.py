"""`View`: the part of a proxy that its configuration may depend on; `Perspective`: the still smaller part that one host depends on.

Ten replicas share one View and hence one computation. Two namespaces that see a host alike share one Perspective of it, and hence its bytes.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from lateen.values.ref import Ref

Labels = tuple[tuple[str, str], ...]
"""Labels as sorted pairs, so that they can be part of a key."""


class ProxyKind(StrEnum):
    """What a proxy stands in front of."""

    SIDECAR = "sidecar"
    GATEWAY = "router"
    PROXYLESS = "grpc"
    """A program that is its own proxy (XD-14)."""


class Locality(msgspec.Struct, frozen=True, order=True, cache_hash=True):
    """Where something runs; parts that are not known are empty."""

    region: str = ""
    zone: str = ""
    subzone: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.region, self.zone, self.subzone) if part)


NOWHERE = Locality()


class Perspective(msgspec.Struct, frozen=True, order=True, cache_hash=True):
    """From where a host is looked at. Everything empty is the view of anybody who has nothing private about that host.

    `namespace` is set only for namespaces that see the host differently; `labels` only when a rule about the host selects its clients by label.
    `gateway` is True for gateways, to which rules of `mesh` do not apply. `hidden` are rules about the host that a Sidecar does not import (SC-4).
    """

    namespace: str = ""
    labels: Labels = ()
    gateway: bool = False
    hidden: tuple[Ref, ...] = ()


PUBLIC = Perspective()


class Explicit(msgspec.Struct, frozen=True, cache_hash=True):
    """Where a sidecar listens that nothing is captured for. It is at the address `proxy`, its workload at `app`.

    `inbound` are pairs: a port of the workload and the port where the sidecar takes its calls; `outbound` are hosts, their ports, and the ports where
    the sidecar takes connections to them.
    """

    proxy: str
    app: str = "127.0.0.1"
    inbound: tuple[tuple[int, int], ...] = ()
    outbound: tuple[tuple[str, int, int], ...] = ()


class View(msgspec.Struct, frozen=True, cache_hash=True):
    """A proxy as the translation sees it. Never holds who connected, or when.

    `addresses` are the proxy's own IPs, which tell what it serves; `explicit` is set where no traffic is captured (`interception` is `NONE`).
    `capabilities` are words of the node metadata `LATEEN` (`virtualHosts`, `onDemand`, `endpoints`, `fewStatistics`); `dependencies` are the hosts
    of an on-demand scope, None where the scope is not on demand.
    """

    kind: ProxyKind
    namespace: str
    labels: Labels = ()
    addresses: tuple[str, ...] = ()
    service_account: str = "default"
    locality: Locality = Locality()
    network: str = ""
    cluster: str = ""
    node: str = ""
    capabilities: frozenset[str] = frozenset()
    dependencies: tuple[str, ...] | None = None
    interception: str = "REDIRECT"
    explicit: Explicit | None = None
    settings: tuple[tuple[str, str], ...] = ()
    metadata: Labels = ()
    """All that the node says of itself in a word, sorted; it is only asked for what some EnvoyFilter names."""

    def setting(self, name: str) -> str:
        """A word of the node's metadata that shapes configuration (`HTTP10`, `HTTP_PROXY_PORT`, `TLS_SERVER_CERT_CHAIN`…); empty when not given."""
        return dict(self.settings).get(name, "")
