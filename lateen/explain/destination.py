"""What becomes of calls that are sent to one destination (`ir.destination`): by which rule, how secured, to which endpoints.

The destination and its endpoints are those that the proxy has. Where it has none, the steps say why: no such service, port or subset that it sees.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from lateen.api import mesh
from lateen.assembly.told import Added, Everything, Told
from lateen.explain import places
from lateen.explain.call import Call, Protocol, Wire
from lateen.explain.endpoints import possible
from lateen.explain.places import Place
from lateen.explain.step import Outcome, Stage, Step
from lateen.explain.way import Found, Reached, Sent
from lateen.flow import Graph
from lateen.ir.destination import BLACK_HOLE, DYNAMIC_DNS, PASSTHROUGH, Choice, Destination, Discovery, Http
from lateen.ir.endpoints import Assignment
from lateen.ir.routes import MILLION
from lateen.ir.tls import MeshTls, OriginatedTls
from lateen.ir.view import Perspective, View
from lateen.registry import services, workloads
from lateen.registry.service import Service
from lateen.translate import endpoints as translation
from lateen.translate.destination_rules import KIND, MergedRule, rule_for
from lateen.translate.peer_modes import PeerMode, peer_modes, policies_to_callers
from lateen.translate.visibility import is_visible, rule_export, rules_about, service_for
from lateen.values.duration import Duration
from lateen.values.ref import Ref
from lateen.values.spiffe import Identity

_OWN_WORDS = {PASSTHROUGH: "where it is headed", DYNAMIC_DNS: "the host that it names", BLACK_HOLE: "nowhere"}
"""What the destinations mean that every proxy has."""


class Named(NamedTuple):
    """What the name of a destination says (N-7); of one of the proxy's own only `host`, which is its name."""

    host: str
    port: int = 0
    subset: str = ""


class Sender(NamedTuple):
    """The proxy that sends: what it is told, and what a server sees of it."""

    g: Graph
    view: View
    told: Everything
    source: str
    """The address that its connections leave from."""


def named(destination: str) -> Named:
    """The parts of a destination's name."""
    direction, _, rest = destination.partition("|")
    if direction != "outbound":
        return Named(destination)
    port, subset, host = rest.split("|", 2)
    return Named(host, int(port), subset)


def in_words(destination: str) -> str:
    """The destination for people: `reviews.default.svc.cluster.local:80, subset v1`."""
    of = named(destination)
    if of.port:
        return f"{of.host}:{of.port}{f', subset {of.subset}' if of.subset else ''}"
    return f"{_OWN_WORDS[of.host]} ({of.host})" if of.host in _OWN_WORDS else of.host


def sent(sender: Sender, call: Call, destination: str, part: int = MILLION) -> Sent:
    """What becomes of that part of the calls."""
    found = sender.told.destination(destination)
    head = Step(Stage.DESTINATION, in_words(destination), Outcome.TAKEN)
    if destination == BLACK_HOLE:
        return Sent(destination, part, steps=(Step(Stage.DESTINATION, "nowhere: the connection is closed", Outcome.REFUSED),))
    if found is None:
        return Sent(destination, part, steps=(msgspec.structs.replace(head, outcome=Outcome.REFUSED), *_missing(sender, destination)))
    if isinstance(found, Added):
        return Sent(destination, part, steps=(head, *patched(found.patched)))
    steps = [*patched(found.patched), *_rule(sender, found), *_balancing(found.value), *_security(sender, found)]
    reached, told = _endpoints(sender, call, found)
    first = msgspec.structs.replace(head, ref=found.value.origins[0] if found.value.origins else None)
    return Sent(destination, part, reached, (first, *steps, *told))


def patched(by: tuple[Ref, ...]) -> Iterator[Step]:
    """Steps for the objects that patch what is told of this: how the proxy then behaves cannot be known."""
    for ref in by:
        yield Step(Stage.POLICY, "patches this in Envoy's own words, which are not understood here", Outcome.UNKNOWN, ref)


# Why there is none


def _missing(sender: Sender, destination: str) -> Iterator[Step]:
    of = named(destination)
    service = service_for(sender.g, Perspective(sender.view.namespace), of.host)
    if not of.port:
        yield _lacks(f"this proxy has no destination {of.host}")
    elif service is None:
        yield _lacks(f"no service {of.host} is declared that {sender.view.namespace} sees")
    elif service.port(of.port) is None:
        yield _lacks(f"{of.host} has no port {of.port}; it has {', '.join(str(port.number) for port in service.ports) or 'none'}", service.origin)
    elif of.subset:
        rule = rule_for(sender.g, _perspective(sender), service.namespace, of.host)
        if rule is None:
            yield _lacks(f'no DestinationRule for {of.host} holds here, so that there is no subset "{of.subset}"')
        elif rule.subset(of.subset) is None:
            names = " and ".join(each.name for each in rule.subsets) or "none"
            yield _lacks(f'there is no subset "{of.subset}"; there is {names}', rule.origins[0], "spec.subsets")
    else:
        yield _lacks(f"{of.host} is not imported by this proxy", service.origin)


def _lacks(said: str, ref: Ref | None = None, path: str = "") -> Step:
    return Step(Stage.DESTINATION, said, Outcome.REFUSED, ref, path)


def _perspective(sender: Sender) -> Perspective:
    return Perspective(sender.view.namespace, sender.view.labels, sender.view.kind == "router")


# By which rule


class _Of(NamedTuple):
    """What a destination of a service is a part of, as it was looked at."""

    perspective: Perspective
    service: Service
    host: str
    port: int
    subset: str


def _of(g: Graph, found: Told[Destination]) -> _Of | None:
    if len(found.arguments) != 5:
        return None
    perspective, namespace, host, port, subset = found.arguments
    service = services.service(g, namespace, host)
    return _Of(perspective, service, host, port, subset) if service is not None else None


def _merged(g: Graph, of: _Of | None) -> MergedRule | None:
    return rule_for(g, of.perspective, of.service.namespace, of.host) if of is not None else None


def _rule(sender: Sender, found: Told[Destination]) -> Iterator[Step]:
    g, of = sender.g, _of(sender.g, found)
    rule = _merged(g, of)
    if of is None:
        return
    for ref in dict.fromkeys(rules_about(g, KIND, of.host)):
        if rule is None or ref not in rule.origins:
            yield Step(Stage.POLICY, _not_taken(sender, ref, rule), Outcome.PASSED, ref)
    if rule is None:
        yield Step(Stage.POLICY, "no DestinationRule holds", Outcome.NOTED)
        return
    merged = "".join(f", merged with {ref}" for ref in rule.origins[1:])
    yield Step(Stage.POLICY, f"holds{merged}", Outcome.TAKEN, rule.origins[0])
    subset = rule.subset(of.subset) if of.subset else None
    if subset is not None:
        wanted = ", ".join(f"{key}={value}" for key, value in sorted(subset.labels.items())) or "any labels"
        yield Step(Stage.POLICY, f"subset {of.subset}: endpoints with {wanted}", Outcome.TAKEN, *places.of_subset(g, rule, of.subset))


def _not_taken(sender: Sender, ref: Ref, rule: MergedRule | None) -> str:
    exported = rule_export(sender.g, ref)
    if ref.namespace != sender.view.namespace and not is_visible(exported, ref.namespace, sender.view.namespace):
        return f"is not shown to namespace {sender.view.namespace}"
    return f"does not count beside {rule.origins[0]}" if rule is not None else "does not hold for this client"


def _balancing(of: Destination) -> Iterator[Step]:
    how = of.policy.balancing.choice
    if how is not Choice.LEAST_REQUEST:
        yield Step(Stage.POLICY, f"endpoints are chosen by {how}", Outcome.NOTED, of.rule)
    limits = of.policy.limits
    bounds = ((limits.connections, "connections"), (limits.pending_requests, "pending requests"), (limits.requests, "requests"))
    told = [f"{number} {what}" for number, what in bounds if number]
    if told:
        yield Step(Stage.POLICY, f"at most {', '.join(told)} at a time; what is more is refused with 503", Outcome.NOTED, of.rule)
    if of.policy.ejection is not None:
        yield Step(Stage.POLICY, "endpoints that fail are left out for a while; which are now, only the proxy knows", Outcome.NOTED, of.rule)


# How secured


def _security(sender: Sender, found: Told[Destination]) -> Iterator[Step]:
    g, of, destination = sender.g, _of(sender.g, found), found.value
    if of is None:
        return
    place = places.of_block(g, _merged(g, of), of.port, of.subset, "tls")
    yield Step(Stage.TLS, *_tls_words(g, of, destination, place))


def _tls_words(g: Graph, of: _Of, destination: Destination, place: Place) -> tuple[str, Outcome, Ref | None, str]:
    tls = destination.tls
    if isinstance(tls, OriginatedTls):
        sni = tls.sni or "the Host of the request"
        return f"TLS is originated, for {sni}{'' if tls.verified else ', and the certificate is not checked'}", Outcome.TAKEN, *place
    if isinstance(tls, MeshTls) and place.ref is not None:
        return "the mesh's mutual TLS, to all endpoints", Outcome.TAKEN, *place
    if isinstance(tls, MeshTls):
        whom = "to endpoints that take it" if destination.tls_by_endpoint else "as all endpoints take it"
        return f"the mesh's mutual TLS, of itself, {whom}", Outcome.TAKEN, None, ""
    if place.ref is not None:
        return "plain text", Outcome.TAKEN, *place
    if not mesh.auto_mtls(g):
        return "plain text: the mesh does not speak mutual TLS of itself", Outcome.TAKEN, *places.of_mesh("enableAutoMtls")
    if of.service.external:
        return "plain text: the service is outside of the mesh", Outcome.TAKEN, of.service.origin, "spec.location"
    if policies_to_callers(g, of.service.namespace).others.mode is PeerMode.DISABLE:
        modes = peer_modes(g, of.service.namespace, ())
        return "plain text: mutual TLS is disabled there", Outcome.TAKEN, next(iter(modes.origins), None), "spec.mtls"
    return "plain text: not all endpoints take mutual TLS", Outcome.TAKEN, None, ""


# To which endpoints


def _endpoints(sender: Sender, call: Call, found: Told[Destination]) -> tuple[tuple[Reached, ...], tuple[Step, ...]]:
    destination = found.value
    if destination.discovery is Discovery.ORIGINAL:
        port = destination.policy.original_port or call.port
        told = f"wherever the client was headed: {call.address or 'an address outside of the mesh'}:{port}"
        return (_reached(sender, call, destination, call.address, port, Found.DIALLED),), (_step(told),)
    if destination.discovery is Discovery.FORWARD:
        host, port = _looked_up(call, destination)
        return (_reached(sender, call, destination, host, port, Found.RESOLVED),), (_step(f"wherever {host} resolves to, port {port}"),)
    steps: list[Step] = []
    assignment = destination.endpoints
    if destination.discovery is Discovery.ASSIGNED:
        given = sender.told.assignment(destination.name)
        assignment = given.value if isinstance(given, Told) else None
        steps += patched(given.patched) if given is not None else ()
    reached = tuple(_of_assignment(sender, call, destination, assignment, steps)) if assignment is not None else ()
    omitted = tuple(_omitted(sender, found))
    if not reached:
        steps.append(_step("none of them may be called" if omitted else "nobody is known to serve it", Outcome.REFUSED))
    return reached, (*steps, *omitted)


def _looked_up(call: Call, destination: Destination) -> tuple[str, int]:
    """The host that requests name, or the server name of TLS; Envoy: "the default port is 80, or 443 if the cluster uses TLS"."""
    if not call.protocol.is_http:
        return call.sni or call.host, call.port
    host, _, port = call.host_header.rpartition(":")
    if host and port.isdecimal():
        return host.strip("[]"), int(port)
    return call.host_header.strip("[]"), 443 if destination.tls is not None else 80


def _of_assignment(sender: Sender, call: Call, destination: Destination, of: Assignment, steps: list[Step]) -> Iterator[Reached]:
    choice = possible(of, by_locality=destination.policy.balancing.by_locality)
    if choice.doubtful:
        steps.append(_step("some are not well, and how many decides who else is called", Outcome.UNKNOWN))
    if choice.lower:
        steps.append(_step(f"{choice.lower} more are farther away, and called when too few of these are well", Outcome.NOTED))
    for each, part in choice.chosen:
        is_name = destination.discovery in (Discovery.DNS, Discovery.DNS_FIRST)
        yield _reached(sender, call, destination, each.address, each.port, Found.RESOLVED if is_name else Found.GIVEN, part, each.mutual_tls)


def _omitted(sender: Sender, found: Told[Destination]) -> Iterator[Step]:
    of = _of(sender.g, found)
    if of is None or found.value.discovery in (Discovery.ORIGINAL, Discovery.FORWARD):
        return
    is_named = found.value.discovery is not Discovery.ASSIGNED
    omitted = translation.omissions(sender.g, of.perspective, of.service.namespace, of.host, of.port, of.subset, named=is_named)
    for each, why in omitted:
        yield Step(Stage.ENDPOINT, f"{each.address}:{each.port} is left out: {why}", Outcome.PASSED, each.workload.origin)


def _step(said: str, outcome: Outcome = Outcome.TAKEN) -> Step:
    return Step(Stage.ENDPOINT, said, outcome)


def _reached(
    sender: Sender, call: Call, of: Destination, address: str, port: int, found: Found, part: int = MILLION, takes_mutual_tls: bool = False
) -> Reached:
    wire = _wire(of, takes_mutual_tls=takes_mutual_tls)
    known = next((each.origin for each in workloads.at(sender.g, address)), None) if address else None
    return Reached(address, port, part, wire, found, known, _arriving(sender, call, of, address, port, wire))


def _wire(of: Destination, *, takes_mutual_tls: bool) -> Wire:
    if of.tls is None or (of.tls_by_endpoint and not takes_mutual_tls):
        return Wire.PLAIN
    return Wire.MESH if isinstance(of.tls, MeshTls) else Wire.TLS


def _arriving(sender: Sender, call: Call, of: Destination, address: str, port: int, wire: Wire) -> Call:
    """The call as the server's side sees it."""
    is_mesh = wire is Wire.MESH and isinstance(of.tls, MeshTls)
    spoken = _spoken(call, of.policy.protocol)
    account = Identity(mesh.trust_domain(sender.g), sender.view.namespace, sender.view.service_account)
    changed: dict[str, Any] = {
        "address": address,
        "port": port,
        "protocol": spoken,
        "wire": wire,
        "source": of.policy.source_address or sender.source,
    }
    if call.protocol.is_http:
        changed["authority"] = call.host_header
    if wire is not Wire.PLAIN and of.tls is not None:
        changed |= {"sni": of.tls.sni or call.host, "alpn": ()}
    changed["identity"] = str(account) if is_mesh else ""
    return msgspec.structs.replace(call, **changed)


def _spoken(call: Call, protocol: Http) -> Protocol:
    if not call.protocol.is_http or protocol is Http.CLIENT or call.protocol is Protocol.GRPC:
        return call.protocol
    return Protocol.HTTP2 if protocol is Http.HTTP2 else Protocol.HTTP


def in_time(nanoseconds: int) -> str:
    """A time for people: `1.5s`."""
    return str(Duration.of_nanoseconds(nanoseconds))
