"""Services beside each other: one host in several namespaces (N-6) or objects (SE-8, IST0177), one port of a workload (LI-21, IST0137), and names of
ports that tell nothing (IST0118, IST0150).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lateen.api import inputs, mesh
from lateen.api.core.service import Service as KubernetesService
from lateen.api.indexes import VIRTUAL_ADDRESS
from lateen.api.text import Path
from lateen.check.analyses.subjects import Findings, found, listed, meet, seen_by, selected, why
from lateen.flow import Graph, query
from lateen.registry import entries, instances, kubernetes, services
from lateen.registry.service import Instance, Resolution, Service
from lateen.values.finding import Finding
from lateen.values.protocol import Protocol
from lateen.values.ref import Ref

SAME_HOST = "LAT0002"
SAME_TARGET = "IST0137"
OTHER_PROTOCOL = "IST0177"
UNNAMED_PROTOCOL = "IST0118"
EXTERNAL_PORT = "IST0150"
IN_CIRCLE = "LAT0007"


def declared(g: Graph, ref: Ref) -> tuple[Service, ...]:
    """The services that an object declares: one for each host."""
    if ref.kind == "ServiceEntry":
        return entries.declared(g, ref)
    service = kubernetes.service(g, ref)
    return (service,) if service is not None else ()


@query
def claimed_hosts(g: Graph, ref: Ref) -> Findings:
    """N-6, SE-8: the hosts of the object that another declares too, and is the one that counts, be it for some ports or some clients."""
    return tuple(finding for index, service in enumerate(declared(g, ref)) for finding in _claimed(g, ref, service, index))


def _claimed(g: Graph, ref: Ref, service: Service, index: int) -> Iterator[Finding]:
    path: Path = ("metadata", "name") if ref.kind == "Service" else ("spec", "hosts", index)
    same = services.declarations(g, ref.namespace, service.host)
    older = same[: [each.origin for each in same].index(ref)] if any(each.origin == ref for each in same) else ()
    yield from _ports_of(ref, service, older, path)
    yield from _shown_by(g, ref, service, older)
    if not older:
        yield from _elsewhere(g, ref, service, path)
    rivals = (*older, *(each for each in _others(g, service) if _wins(each, service)))
    yield from _protocols(ref, service, rivals)


def _ports_of(ref: Ref, service: Service, older: tuple[Service, ...], path: Path) -> Iterator[Finding]:
    """ "Not merged into one service; ports of the oldest for the same port; different ports of both are reachable"."""
    for winner in older:
        lost = [str(port.number) for port in service.ports if winner.port(port.number) is not None]
        if lost:
            who = f"{winner.origin}, which {_why(winner, service)}"
            message = f'the host "{service.host}" is declared by {who}; of {_port_words(lost)} only that one counts.'
            yield found(ref, path, SAME_HOST, message, "Make one of them, for instance with a workloadSelector.")
            return


def _shown_by(g: Graph, ref: Ref, service: Service, older: tuple[Service, ...]) -> Iterator[Finding]:
    """A host has one exportTo in a namespace, whichever of its declarations a port is from."""
    if older and ref.kind == "ServiceEntry" and _seen(g, older[0]) != _seen(g, service):
        winner = older[0]
        expected = f"{_exports(g, winner)}, as {winner.origin} has it, which {_why(winner, service)} and decides who sees the host"
        message = f'found {_exports(g, service)} for the host "{service.host}", expected {expected}.'
        yield found(ref, ("spec", "exportTo"), SAME_HOST, message, "Write the same in both.")


def _exports(g: Graph, service: Service) -> str:
    return f"[{', '.join(service.export_to or mesh.default_service_export_to(g))}]"


def _why(winner: Service, loser: Service) -> str:
    return "is a Kubernetes service" if winner.kubernetes and not loser.kubernetes else why(winner, loser)


def _port_words(ports: list[str]) -> str:
    return f"port {ports[0]}" if len(ports) == 1 else f"ports {listed(ports)}"


def _others(g: Graph, service: Service) -> list[Service]:
    """The same host as other namespaces declare it, where a third one sees both: the two themselves have their own."""
    seen = _seen(g, service)
    owners = (owner for owner in services.declaring(g, service.host) if owner != service.namespace)
    found_there = (each for owner in owners if (each := services.service(g, owner, service.host)) is not None)
    return [each for each in found_there if meet(seen, _seen(g, each)) - {service.namespace, each.namespace}]


def _seen(g: Graph, service: Service) -> frozenset[str]:
    return seen_by(service.export_to, service.namespace, mesh.default_service_export_to(g))


def _wins(one: Service, other: Service) -> bool:
    return _rank(one) < _rank(other)


def _rank(service: Service) -> tuple[bool, str, str]:
    return (not service.kubernetes, service.created, service.namespace)


def _elsewhere(g: Graph, ref: Ref, service: Service, path: Path) -> Iterator[Finding]:
    """ "A sidecar takes the service of its own ns; else a Kubernetes one before a SE one; else the oldest"."""
    if _seen(g, service) <= {service.namespace}:
        return
    winner = min((each for each in _others(g, service) if _wins(each, service)), key=_rank, default=None)
    if winner is not None:
        who = f"{winner.origin} too, which {_why(winner, service)}"
        message = f'the host "{service.host}" is declared by {who}; only namespace {ref.namespace} itself has this one.'
        yield found(ref, path, SAME_HOST, message, 'Write exportTo: ["."] if that is meant, else make one of them.')


def _protocols(ref: Ref, service: Service, rivals: tuple[Service, ...]) -> Iterator[Finding]:
    if ref.kind != "ServiceEntry":
        return
    for index, port in enumerate(service.ports):
        for winner in rivals:
            theirs = winner.port(port.number)
            if theirs is not None and theirs.protocol is not port.protocol:
                expected = f"{theirs.protocol.value}, as {winner.origin} has it for the host"
                message = f'found the protocol {port.protocol.value} on port {port.number}, expected {expected} "{service.host}".'
                yield found(ref, ("spec", "ports", index, "protocol"), OTHER_PROTOCOL, message, "Write the same protocol in both.")
                break


@query
def shared_addresses(g: Graph, ref: Ref) -> Findings:
    """SE-8: HTTP to an address that an older entry has goes to that one; who has it for other protocols is told by listeners."""
    entry = inputs.resource(g, ref)
    if entry is None:
        return ()
    own = next(iter(entries.declared(g, ref)), None)
    findings = []
    for index, address in enumerate(entry.spec.addresses if own is not None else ()):
        for other in inputs.indexed(g, VIRTUAL_ADDRESS, address):
            winner = next(iter(declared(g, other)), None)
            if own is None or winner is None or other == ref or winner.host == own.host or not _precedes(winner, own) or not _meets(g, winner, own):
                continue
            ports = [str(port.number) for port in own.ports if port.protocol.is_http and _has_http(winner, port.number)]
            if ports:
                message = f"{other} {why(winner, own)} and has the address {address} too; requests to it on {_port_words(ports)} go there."
                findings.append(found(ref, ("spec", "addresses", index), SAME_HOST, message, "Give each an address of its own."))
                break
    return tuple(findings)


def _precedes(one: Service, other: Service) -> bool:
    return (one.created, one.host, one.namespace) < (other.created, other.host, other.namespace)


def _meets(g: Graph, one: Service, other: Service) -> bool:
    return bool(meet(_seen(g, one), _seen(g, other)))


def _has_http(service: Service, number: int) -> bool:
    port = service.port(number)
    return port is not None and port.protocol.is_http


@query
def shared_targets(g: Graph, ref: Ref) -> Findings:
    """LI-21: "Two services on one target port: oldest wins the chain", so that its protocol and its settings hold for both."""
    lost: dict[int, Finding] = {}
    for service in declared(g, ref)[:1]:
        for workload in selected(g, service.namespace, service.selector) if service.selector else ():
            served = instances.instances(g, service.namespace, workload.addresses, workload.labels)
            winners: dict[int, Instance] = {}
            for instance in served:
                winner = winners.setdefault(instance.port, instance)
                if (
                    instance.service.origin == ref
                    and winner.service.origin != ref
                    and winner.service_port.protocol is not instance.service_port.protocol
                ):
                    at = service.ports.index(instance.service_port)
                    lost.setdefault(at, _beaten(instance, winner, at, str(workload.origin)))
    return tuple(lost[at] for at in sorted(lost))


def _beaten(loser: Instance, winner: Instance, at: int, workload: str) -> Finding:
    theirs, own = winner.service_port.protocol.value, loser.service_port
    who = f"{winner.service.origin} {why(winner.service, loser.service)}"
    taken = f"calls to port {own.number} are taken for {theirs} there, and not for {own.protocol.value}"
    message = f"{who} and has port {winner.port} of {workload} as {theirs}, so {taken}."
    return found(loser.service.origin, ("spec", "ports", at), SAME_TARGET, message, "Say the same protocol in both.")


@query
def port_names(g: Graph, ref: Ref) -> Findings:
    """SD-1: a port's protocol is told by appProtocol or the beginning of its name."""
    resource = inputs.resource(g, ref)
    service = kubernetes.service(g, ref)
    if resource is None or service is None:
        return ()
    spec: KubernetesService = resource.spec
    is_external = spec.spec.type == "ExternalName"
    return tuple(finding for index, port in enumerate(spec.spec.ports) if (finding := _named(ref, index, port, service, is_external)) is not None)


def _named(ref: Ref, index: int, port: Any, service: Service, is_external: bool) -> Finding | None:
    known = service.port(port.port)
    if known is None or known.protocol is not Protocol.AUTO or port.app_protocol:
        return None
    called = f'"{port.name}"' if port.name else "no name"
    path: Path = ("spec", "ports", index, "name") if port.name else ("spec", "ports", index)
    hint = "Begin it with the protocol, such as http-web or tcp-db, or give appProtocol."
    if is_external:
        return found(
            ref, path, EXTERNAL_PORT, f"the port {port.port} has {called}, which tells no protocol, so that calls may not be passed on.", hint
        )
    return found(
        ref, path, UNNAMED_PROTOCOL, f"the port {port.port} has {called}, which tells no protocol, so it is found out from the first bytes.", hint
    )


@query
def circles(g: Graph, ref: Ref) -> Findings:
    """SD-14: "hops followed, loops dropped"."""
    service = kubernetes.service(g, ref)
    if service is None or service.resolution is not Resolution.ALIAS:
        return ()
    passed, name = [service.host], service.external_name
    while name not in passed:
        passed.append(name)
        aliases = (each for owner in services.declaring(g, name) for each in services.declarations(g, owner, name)[:1])
        name = next((each.external_name for each in aliases if each.resolution is Resolution.ALIAS), "")
        if not name:
            return ()
    message = f"the names lead in a circle, {' to '.join([*passed, name])}, so that no call has anywhere to go."
    return (found(ref, ("spec", "externalName"), IN_CIRCLE, message, "Write the host of a service that is none of them."),)
