"""What the name that an application calls means to it: which host of the mesh, and which address its connection is headed to.

The answer is the one that the mesh's DNS gives (`assembly.naming`). Where there is none, the steps say why: nobody declares such a host, or not to
this client, or its Sidecar does not import it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from lateen.api import inputs, schema
from lateen.assembly import naming
from lateen.explain.call import Call
from lateen.explain.step import Outcome, Stage, Step
from lateen.flow import Graph
from lateen.ir.view import Perspective, View
from lateen.registry import services
from lateen.registry.service import Service
from lateen.translate.scope import scope, sidecar
from lateen.translate.visibility import is_visible, service_export, service_for
from lateen.values import hosts


class Resolved(NamedTuple):
    """The call with the address that it is headed to, empty where only a resolver outside of the mesh knows it; and the steps."""

    call: Call
    steps: tuple[Step, ...]


def resolved(g: Graph, view: View, call: Call) -> Resolved:
    """Where the application of this proxy connects to."""
    if call.address:
        return Resolved(call, (*_meaning(g, view, call), _step(f"connects to {call.address}")))
    if hosts.is_address(call.host):
        return Resolved(msgspec.structs.replace(call, address=call.host), (_step(f"{call.host} is an address"),))
    found = naming.meant(g, view.namespace, call.host)
    steps = list(_meaning(g, view, call))
    if not found.addresses:
        steps.append(_step("its address is only known to resolvers outside of the mesh", Outcome.NOTED))
        return Resolved(call, tuple(steps))
    more = f", one of {len(found.addresses)}" if len(found.addresses) > 1 else ""
    steps.append(_step(f"resolves to {found.addresses[0]}{more}"))
    return Resolved(msgspec.structs.replace(call, address=found.addresses[0]), tuple(steps))


def _step(said: str, outcome: Outcome = Outcome.TAKEN) -> Step:
    return Step(Stage.NAME, said, outcome)


def _meaning(g: Graph, view: View, call: Call) -> Iterator[Step]:
    """Which host of the mesh it is, or why it is none."""
    host = naming.meant(g, view.namespace, call.host).host
    service = service_for(g, Perspective(view.namespace), host) if host is not None else None
    if host is None or service is None:
        yield from _unknown(g, view, call.host)
        return
    yield Step(Stage.NAME, f"{call.host} is {host}", Outcome.TAKEN, service.origin)
    declared = service.port(call.port)
    if declared is None:
        ports = ", ".join(str(port.number) for port in service.ports) or "none"
        yield Step(Stage.NAME, f"it has no port {call.port}; its ports are {ports}", Outcome.PASSED, service.origin, "spec.ports")
    else:
        yield Step(Stage.NAME, f"port {call.port} is {_spoken(declared.protocol)}", Outcome.NOTED, service.origin, "spec.ports")
    yield from _unimported(g, view, service)


def _spoken(protocol: object) -> str:
    return "what its first bytes tell" if str(protocol) == "AUTO" else str(protocol)


def _unimported(g: Graph, view: View, service: Service) -> Iterator[Step]:
    reach = scope(g, view.namespace, view.labels, view.dependencies)
    if reach.everything or (service.namespace, service.host) in reach.hosts:
        return
    ref = sidecar(g, view.namespace, view.labels)
    yield Step(Stage.NAME, f"the workload's Sidecar does not import {service.host}", Outcome.PASSED, ref, "spec.egress")


def _unknown(g: Graph, view: View, name: str) -> Iterator[Step]:
    hidden = list(_hidden(g, view, name))
    yield from hidden
    if hidden:
        return
    near = schema.did_you_mean(name, _known(g, view, name))
    yield _step(f"the mesh has no host {name}.{f' {near}' if near else ''}", Outcome.PASSED)


def _hidden(g: Graph, view: View, name: str) -> Iterator[Step]:
    """The services that the name would mean, but for who is shown them."""
    for host in naming.spellings(name.rstrip(".").lower(), view.namespace, inputs.domain(g)):
        for namespace in services.declaring(g, host):
            service = services.service(g, namespace, host)
            exported = service_export(g, service) if service is not None else ()
            if service is not None and not is_visible(exported, namespace, view.namespace):
                said = f"{host} is shown to {_to_whom(exported, namespace)} only, not to {view.namespace}"
                path = 'metadata.annotations["networking.istio.io/exportTo"]' if service.kubernetes else "spec.exportTo"
                yield Step(Stage.NAME, said, Outcome.PASSED, service.origin, path)


def _to_whom(exported: tuple[str, ...], owner: str) -> str:
    names = sorted({owner if word == "." else word for word in exported if word != "~"})
    return f"namespace {' and '.join(names)}" if names else "nobody"


def _known(g: Graph, view: View, name: str) -> Iterator[str]:
    """The names under which the application may call anything, as far as they have as many parts as the one it called."""
    parts = name.count(".")
    for namespace in services.namespaces(g):
        for host in services.hosts(g, namespace):
            if service_for(g, Perspective(view.namespace), host) is not None:
                local = host.partition(f".svc.{inputs.domain(g)}")[0]
                spellings = (host, local, *((local.partition(".")[0],) if namespace == view.namespace else ()))
                yield from (each for each in spellings if each.count(".") == parts)
