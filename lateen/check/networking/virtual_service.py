"""VirtualService: what is refused, and what is warned of."""

from __future__ import annotations

from lateen.api.networking.virtual_service import VirtualService
from lateen.api.resource import Resource
from lateen.check import hosts
from lateen.check.exports import exports
from lateen.check.networking.connection_routes import tcp_route, tls_route
from lateen.check.networking.gateway_names import MESH, gateway_names
from lateen.check.networking.http_route import http_route
from lateen.check.networking.route_order import route_order
from lateen.check.remark import Remarks, wrong
from lateen.values.hosts import is_address, is_wildcard, matches


def virtual_service(of: Resource[VirtualService]) -> Remarks:
    """Hosts and routes; without hosts it is a delegate (VS-53), which has HTTP routes and nothing else."""
    spec = of.spec
    at_gateways = bool(spec.gateways) and MESH not in spec.gateways
    yield from gateway_names(spec.gateways, ("spec", "gateways"))
    yield from _hosts(spec, on_mesh=not spec.gateways or MESH in spec.gateways)
    if not spec.hosts:
        yield from _delegate(spec)
    if not (spec.http or spec.tls or spec.tcp):
        yield wrong(("spec",), "there are no routes.", "Give http, tls or tcp.")
    for index, route in enumerate(spec.http):
        yield from http_route(route, ("spec", "http", index), at_gateways=at_gateways, in_delegate=not spec.hosts)
    for index, tls in enumerate(spec.tls):
        yield from tls_route(tls, ("spec", "tls", index), spec.hosts)
    for index, tcp in enumerate(spec.tcp):
        yield from tcp_route(tcp, ("spec", "tcp", index))
    yield from exports(spec.export_to, of.ref.namespace)
    yield from route_order(spec)


def _hosts(spec: VirtualService, *, on_mesh: bool) -> Remarks:
    for index, host in enumerate(spec.hosts):
        path = ("spec", "hosts", index)
        if host == "*" and on_mesh:
            yield wrong(path, 'found the host "*", which would take all calls of all sidecars.', "Name the hosts, or bind it to gateways only.")
        elif not is_address(host) and (fault := hosts.wildcard_fault(host)):
            yield wrong(path, fault)
        elif other := next((each for each in spec.hosts[:index] if _overlap(each, host)), None):
            same = "is given twice" if other == host else f'overlaps with "{other}"'
            yield wrong(path, f'the host "{host}" {same}.', "Keep one of them.")


def _overlap(one: str, other: str) -> bool:
    return one == other or ((is_wildcard(one) or is_wildcard(other)) and matches(one, other))


def _delegate(spec: VirtualService) -> Remarks:
    for field, is_given in (("gateways", spec.gateways), ("tls", spec.tls), ("tcp", spec.tcp)):
        if is_given:
            message = f"{field} is given, but without hosts this is a delegate, which has HTTP routes only."
            yield wrong(("spec", field), message, "Give hosts.")
