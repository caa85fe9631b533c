"""Which destination a rule means by host, subset and port (VS-14), following aliases to the services that they stand for (SD-14)."""

from __future__ import annotations

import msgspec

from lateen.api.networking.virtual_service import Destination
from lateen.flow import Graph
from lateen.ir.routes import outbound
from lateen.ir.view import Perspective
from lateen.registry.service import Resolution
from lateen.translate.visibility import service_for

_ALIASES_IN_A_ROW = 8


class Target(msgspec.Struct, frozen=True, cache_hash=True):
    """One subset (or "" for all) of one port of one host."""

    host: str
    port: int
    subset: str = ""

    @property
    def name(self) -> str:
        """The name of the destination, whether or not there is one (VS-41)."""
        return outbound(self.host, self.port, self.subset)


def target(g: Graph, perspective: Perspective, host: str, destination: Destination, listener_port: int) -> Target:
    """What `destination`, its host being `host` in full, means to a call that came to `listener_port`."""
    port = destination.port.number if destination.port is not None else 0
    concrete = concrete_host(g, perspective, host)
    return Target(concrete, port or sole_port(g, perspective, concrete) or listener_port, destination.subset)


def sole_port(g: Graph, perspective: Perspective, host: str) -> int:
    """The port of a service that has just one; 0 for others, and for what is no service."""
    service = service_for(g, perspective, host)
    return service.ports[0].number if service is not None and len(service.ports) == 1 else 0


def concrete_host(g: Graph, perspective: Perspective, host: str) -> str:
    """The host itself, or what it is an alias of, if that is a service."""
    for _ in range(_ALIASES_IN_A_ROW):
        service = service_for(g, perspective, host)
        if service is None or service.resolution is not Resolution.ALIAS or not service.external_name:
            return host
        host = service.external_name
    return host
