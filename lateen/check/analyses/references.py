"""IST0101: what a VirtualService names must exist: gateways, delegates, hosts, subsets. IST0112: it must be plain which port is meant; IST0130: and
what a delegate says must go with what is left to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lateen.api import inputs, mesh
from lateen.api.gateway_names import MESH, gateway_names
from lateen.api.indexes import RULE_HOST, wildcards_over
from lateen.api.networking.delegation import combination
from lateen.api.networking.virtual_service import Destination, HTTPRoute, VirtualService
from lateen.api.text import Path
from lateen.check.analyses.subjects import EVERYBODY, Findings, found, full, listed, seen_by, service
from lateen.check.analyses.virtual_service_hosts import nearly
from lateen.flow import Graph, query
from lateen.values.finding import Finding
from lateen.values.hosts import is_address
from lateen.values.ref import Ref

NOT_FOUND = "IST0101"
NO_PORT = "IST0112"
UNREACHABLE = "IST0130"


@query
def missing(g: Graph, ref: Ref) -> Findings:
    """What the VirtualService names and the mesh has not."""
    rule = inputs.resource(g, ref)
    if rule is None:
        return ()
    return (*_gateways(g, ref, rule.spec), *_delegates(g, ref, rule.spec), *_destinations(g, ref, rule.spec))


def _gateways(g: Graph, ref: Ref, spec: VirtualService) -> Iterator[Finding]:
    if not spec.gateways:
        return
    for index, name in enumerate(gateway_names(spec.gateways, ref.namespace, inputs.domain(g))):
        namespace, _, short = name.partition("/")
        gateway = Ref("Gateway", namespace, short)
        if name != MESH and inputs.resource(g, gateway) is None:
            yield found(ref, ("spec", "gateways", index), NOT_FOUND, f"there is no {gateway}{_known(g, gateway)}.")


def _known(g: Graph, wanted: Ref) -> str:
    names = inputs.names(g, wanted.kind, wanted.namespace)
    return f", namespace {wanted.namespace} has {listed(names)}" if names else ""


def _delegates(g: Graph, ref: Ref, spec: VirtualService) -> Iterator[Finding]:
    for index, route in enumerate(spec.http):
        if route.delegate is None:
            continue
        wanted = Ref("VirtualService", route.delegate.namespace or ref.namespace, route.delegate.name)
        if fault := _is_no_delegate(g, wanted, ref.namespace):
            yield found(ref, ("spec", "http", index, "delegate"), NOT_FOUND, f"{fault}.")
        else:
            yield from _without_effect(g, ref, index, route, wanted)


def _without_effect(g: Graph, ref: Ref, index: int, route: HTTPRoute, delegate: Ref) -> Iterator[Finding]:
    """VS-53: "conflicting combinations are dropped; if none is left, the route is dropped"."""
    rule = inputs.resource(g, delegate)
    for number, each in enumerate(rule.spec.http if rule is not None else ()):
        if each.delegate is None and combination(route, each) is None:
            message = f"http[{number}] of {delegate} is left out, for none of its matches goes with one that is written here."
            yield found(ref, ("spec", "http", index, "delegate"), UNREACHABLE, message, "Let its matches say more than these, and nothing else.")


def _is_no_delegate(g: Graph, wanted: Ref, namespace: str) -> str:
    """Why routes of the namespace cannot be left to the VirtualService (VS-53); empty when they can."""
    rule = inputs.resource(g, wanted)
    if rule is None:
        return f"there is no {wanted}{_known(g, wanted)}"
    if rule.spec.hosts:
        return f"{wanted} has hosts, and so is no delegate"
    if not seen_by(rule.spec.export_to, wanted.namespace, mesh.default_virtual_service_export_to(g)) & {EVERYBODY, namespace}:
        return f"{wanted} is not exported to namespace {namespace}"
    return ""


def _destinations(g: Graph, ref: Ref, spec: VirtualService) -> Iterator[Finding]:
    for path, destination in _named(spec):
        host = full(g, destination.host, ref.namespace)
        if is_address(host):
            continue
        declared = service(g, host, ref.namespace)
        if declared is None:
            meant = nearly(g, host, ref.namespace)
            hint = f'Write "{meant.host}".' if meant is not None else "Declare it by a Service or a ServiceEntry."
            yield found(ref, (*path, "host"), NOT_FOUND, f'no service has the host "{host}".', hint)
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
