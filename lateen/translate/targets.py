"""Which destination a rule means by host, subset and port (VS-14), following aliases to the services that they stand for (SD-14)."""

from __future__ import annotations

import msgspec

from lateen.api import inputs
from lateen.api.indexes import ALIAS, service_host
from lateen.api.networking.virtual_service import Destination
from lateen.flow import Graph
from lateen.ir.routes import outbound
from lateen.ir.view import Perspective
from lateen.registry.service import Resolution, Service
from lateen.translate.visibility import service_for


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
    """The host itself, or that of the service that it is an alias of."""
    service = service_for(g, perspective, host)
    meant = concrete(g, perspective, service) if service is not None else None
    return meant.host if meant is not None else host


def concrete(g: Graph, perspective: Perspective, service: Service) -> Service | None:
    """The service itself, or the one that it is an alias of; None where the names lead in a circle, or to one that is no service."""
    passed: set[str] = set()
    meant: Service | None = service
    while meant is not None and meant.resolution is Resolution.ALIAS:
        if meant.host in passed:
            return None
        passed.add(meant.host)
        meant = service_for(g, perspective, meant.external_name)
    return meant


def aliases_of(g: Graph, host: str) -> tuple[str, ...]:
    """The hosts that are aliases of this one by their own words, whoever sees them."""
    return tuple(service_host(ref.name, ref.namespace, inputs.domain(g)) for ref in inputs.indexed(g, ALIAS, host))


def every_alias(g: Graph, perspective: Perspective, host: str) -> tuple[Service, ...]:
    """The services that the perspective sees as aliases of the host, be it by way of others, in the order of their names."""
    found: dict[str, Service] = {}
    waiting = [host]
    while waiting:
        for name in aliases_of(g, waiting.pop()):
            service = service_for(g, perspective, name)
            if name not in found and service is not None and service.resolution is Resolution.ALIAS:
                found[name] = service
                waiting.append(name)
    return tuple(found[name] for name in sorted(found) if concrete_host(g, perspective, name) == host)
