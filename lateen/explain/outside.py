"""A call from outside of the mesh, straight to a workload: its caller has no proxy, so no rule of the client's side holds, and it comes as it is.

Who is called is what the name means to the mesh's DNS, and where a service is called, any of its endpoints may get it.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lateen.assembly import naming
from lateen.explain.call import Call
from lateen.explain.step import Outcome, Stage, Step
from lateen.explain.way import Reached, Sent, Way
from lateen.flow import Graph
from lateen.ir.routes import MILLION
from lateen.ir.view import Perspective
from lateen.registry import endpoints
from lateen.registry.service import Endpoint, Health, Service
from lateen.translate.visibility import service_for
from lateen.values import hosts


def straight(g: Graph, call: Call) -> Way:
    """Where the call goes; what the endpoints' own proxies say of it is not asked yet."""
    begins = Step(Stage.NAME, "the caller has no proxy: what it sends arrives as it is", Outcome.NOTED)
    address = call.address or (call.host if hosts.is_address(call.host) else "")
    if address:
        return _sent(call, (begins, Step(Stage.NAME, f"connects to {address}")), (_reached(call, address, call.port, MILLION),))
    host = naming.meant(g, call.namespace, call.host).host
    service = service_for(g, Perspective(call.namespace), host) if host is not None else None
    if service is None:
        said = f"the mesh has no host {call.host}, as namespace {call.namespace} sees it"
        return Way(call, (begins, Step(Stage.NAME, said, Outcome.REFUSED)), refused=True)
    return _to_service(g, call, service, begins)


def _to_service(g: Graph, call: Call, service: Service, begins: Step) -> Way:
    steps = (begins, Step(Stage.NAME, f"{call.host} is {service.host}", Outcome.TAKEN, service.origin))
    if service.port(call.port) is None:
        ports = ", ".join(str(port.number) for port in service.ports) or "none"
        said = f"it has no port {call.port}; its ports are {ports}"
        return Way(call, (*steps, Step(Stage.NAME, said, Outcome.REFUSED, service.origin, "spec.ports")), refused=True)
    found = list(_healthy(g, service, call.port))
    return _sent(call, steps, tuple(_reached(call, each.address, each.port, MILLION // len(found)) for each in found))


def _healthy(g: Graph, service: Service, port: int) -> Iterator[Endpoint]:
    for each in endpoints.endpoints(g, service.namespace, service.host, port):
        if each.workload.health is Health.HEALTHY and each.address:
            yield each


def _sent(call: Call, steps: tuple[Step, ...], reached: tuple[Reached, ...]) -> Way:
    return Way(call, steps, sent=(Sent(f"{call.host}:{call.port}", MILLION, reached),), refused=not reached)


def _reached(call: Call, address: str, port: int, part: int) -> Reached:
    there = msgspec.structs.replace(call, address=address, port=port, authority=call.host_header)
    return Reached(address, port, part, call.wire, call=there)
