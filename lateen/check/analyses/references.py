"""IST0101: what a VirtualService names must exist: gateways, delegates, hosts, subsets. IST0112: and it must be plain which port is meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lateen.api import inputs, mesh
from lateen.api.indexes import RULE_HOST, wildcards_over
from lateen.api.networking.virtual_service import Destination, VirtualService
from lateen.api.text import Path
from lateen.check.analyses.subjects import Findings, found, full, listed, service
from lateen.flow import Graph, query
from lateen.values.finding import Finding
from lateen.values.hosts import is_address
from lateen.values.ref import Ref

NOT_FOUND = "IST0101"
NO_PORT = "IST0112"
_MESH = "mesh"


@query
def missing(g: Graph, ref: Ref) -> Findings:
    """What the VirtualService names and the mesh has not."""
    rule = inputs.resource(g, ref)
    if rule is None:
        return ()
    return (*_gateways(g, ref, rule.spec), *_delegates(g, ref, rule.spec), *_destinations(g, ref, rule.spec))


def _gateways(g: Graph, ref: Ref, spec: VirtualService) -> Iterator[Finding]:
    for index, name in enumerate(spec.gateways):
        gateway = _gateway(name, ref.namespace)
        if gateway is not None and inputs.resource(g, gateway) is None:
            yield found(ref, ("spec", "gateways", index), NOT_FOUND, f"there is no {gateway}{_known(g, gateway)}.")


def _gateway(name: str, namespace: str) -> Ref | None:
    """N-2; None for `mesh`."""
    if name == _MESH:
        return None
    before, slash, after = name.partition("/")
    if slash:
        return Ref("Gateway", namespace if before == "." else before, after)
    short, dot, rest = name.partition(".")
    return Ref("Gateway", rest.partition(".")[0] if dot else namespace, short)


def _known(g: Graph, wanted: Ref) -> str:
    names = inputs.names(g, wanted.kind, wanted.namespace)
    return f", namespace {wanted.namespace} has {listed(names)}" if names else ""


def _delegates(g: Graph, ref: Ref, spec: VirtualService) -> Iterator[Finding]:
    for index, route in enumerate(spec.http):
        if route.delegate is None:
            continue
        wanted = Ref("VirtualService", route.delegate.namespace or ref.namespace, route.delegate.name)
        if inputs.resource(g, wanted) is None:
            yield found(ref, ("spec", "http", index, "delegate"), NOT_FOUND, f"there is no {wanted}{_known(g, wanted)}.")


def _destinations(g: Graph, ref: Ref, spec: VirtualService) -> Iterator[Finding]:
    for path, destination in _named(spec):
        host = full(g, destination.host, ref.namespace)
        if is_address(host):
            continue
        declared = service(g, host, ref.namespace)
        if declared is None:
            yield found(ref, (*path, "host"), NOT_FOUND, f'no service has the host "{host}".', "Declare it by a Service or a ServiceEntry.")
            continue
        if destination.subset:
            yield from _subset(g, ref, (*path, "subset"), host, destination.subset, declared.namespace)
        if destination.port is None and len(declared.ports) > 1:
            has = listed(str(port.number) for port in declared.ports)
            message = f"{declared.host} has the ports {has}, and none is named, so each call goes to the port that it was made to."
            yield found(ref, path, NO_PORT, message, f"Write for instance port: {{number: {declared.ports[0].number}}}.")


def _named(spec: VirtualService) -> Iterator[tuple[Path, Destination]]:
    for index, http in enumerate(spec.http):
        path: Path = ("spec", "http", index)
        for number, weighted in enumerate(http.route):
            yield (*path, "route", number, "destination"), weighted.destination
        if http.mirror is not None:
            yield (*path, "mirror"), http.mirror
        for number, mirror in enumerate(http.mirrors):
            yield (*path, "mirrors", number, "destination"), mirror.destination
    connections: tuple[tuple[str, tuple[Any, ...]], ...] = (("tls", spec.tls), ("tcp", spec.tcp))
    for field, routes in connections:
        for index, route in enumerate(routes):
            for number, weighted in enumerate(route.route):
                yield ("spec", field, index, "route", number, "destination"), weighted.destination


def _subset(g: Graph, ref: Ref, path: Path, host: str, subset: str, owner: str) -> Iterator[Finding]:
    """DR-10: only rules of the client's namespace, of the service's and of the root namespace count."""
    namespaces = {ref.namespace, owner, mesh.root_namespace(g)}
    rules = [
        each
        for name in (host, *wildcards_over(host))
        for each in inputs.indexed(g, RULE_HOST, f"DestinationRule {name}")
        if each.namespace in namespaces
    ]
    declared = [rule for each in rules if (rule := inputs.resource(g, each)) is not None]
    if any(subset == each.name for rule in declared for each in rule.spec.subsets):
        return
    if not declared:
        yield found(ref, path, NOT_FOUND, f'no DestinationRule for "{host}" has the subset "{subset}".', "Add a DestinationRule with it.")
        return
    names = [each.name for each in declared[0].spec.subsets]
    hint = "Name one of them, or add it there." if names else "Add it there."
    yield found(ref, path, NOT_FOUND, f'no subset "{subset}" in {declared[0].ref}, which has {listed(names) or "none"}.', hint)
