"""What a name means to an app that resolves it: which host of the mesh, and which addresses to answer with (AG-5)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lateen.api import inputs
from lateen.api.indexes import wildcards_over
from lateen.flow import Graph
from lateen.ir.view import Perspective
from lateen.registry import endpoints
from lateen.registry.service import Endpoint, Health, Resolution, Service
from lateen.translate.visibility import service_for

TTL_SECONDS = 30


class Answer(msgspec.Struct, frozen=True):
    """A name of the mesh, or none.

    `host` is the full name of the service that the app will call, None when the mesh has none. `addresses` are what the name resolves to; where
    `answered` is False the name is left to the resolvers outside, whether or not the mesh has the host.
    """

    host: str | None
    addresses: tuple[str, ...] = ()
    ttl: int = TTL_SECONDS
    answered: bool = False


NOTHING = Answer(None)


def meant(g: Graph, namespace: str, name: str, hops: int = 8) -> Answer:
    """What `name` means to an app of the namespace; names are compared in lower case. At most `hops` names that stand for another are followed."""
    wanted = name.rstrip(".").lower()
    for host in spellings(wanted, namespace, inputs.domain(g)):
        service = service_for(g, Perspective(namespace), host)
        if service is not None and (service.kubernetes or host == wanted):
            addresses = _addresses(g, service, hops)
            return Answer(host, addresses, answered=service.kubernetes or bool(addresses))
    for pattern in wildcards_over(wanted):
        service = service_for(g, Perspective(namespace), pattern)
        if service is not None and pattern != "*":
            return Answer(pattern)
    return _member(g, namespace, wanted)


def spellings(name: str, namespace: str, domain: str) -> Iterator[str]:
    """The full names that a name may stand for; only Kubernetes' hosts have short ones."""
    yield name
    parts = name.split(".")
    if len(parts) == 1:
        yield f"{name}.{namespace}.svc.{domain}"
    elif len(parts) == 2:
        yield f"{name}.svc.{domain}"
    elif len(parts) == 3 and parts[2] == "svc":
        yield f"{name}.{domain}"


def _addresses(g: Graph, service: Service, hops: int) -> tuple[str, ...]:
    if service.headless:
        return tuple(sorted({each.address for each in _ready(g, service)}))
    if service.resolution is Resolution.ALIAS:
        return meant(g, service.namespace, service.external_name, hops - 1).addresses if hops else ()
    return tuple(address for address in service.addresses if "/" not in address) or service.auto_addresses


def _ready(g: Graph, service: Service) -> Iterator[Endpoint]:
    for port in service.ports:
        found = endpoints.endpoints(g, service.namespace, service.host, port.number)
        yield from (each for each in found if each.workload.health is Health.HEALTHY)


def _member(g: Graph, namespace: str, name: str) -> Answer:
    """A pod of a headless service by its own name, `<hostname>.<service>…`."""
    first, _, rest = name.partition(".")
    for host in spellings(rest, namespace, inputs.domain(g)) if rest else ():
        service = service_for(g, Perspective(namespace), host)
        if service is not None and service.headless:
            found = tuple(sorted({each.address for each in _ready(g, service) if each.workload.hostname == first}))
            return Answer(host, found, answered=True) if found else NOTHING
    return NOTHING
