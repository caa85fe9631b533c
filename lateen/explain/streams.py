"""Which rule of a VirtualService a whole connection fits, TLS or bytes, and why those before it do not (VS-6, VS-52).

The chain of the listener has decided, with the VirtualServices that it comes from; here its place in them is found, and what stands before it told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from lateen.api import inputs
from lateen.api.networking.virtual_service import L4MatchAttributes, TLSMatchAttributes
from lateen.explain.call import Call, Protocol, Wire
from lateen.explain.step import Outcome, Stage, Step
from lateen.explain.texts import in_network
from lateen.flow import Graph
from lateen.ir.chain import Chain
from lateen.translate.connections import concerns
from lateen.translate.route_matches import Clients
from lateen.translate.virtual_services import KIND
from lateen.values import hosts
from lateen.values.ref import Ref

Match = TLSMatchAttributes | L4MatchAttributes


def stream_steps(g: Graph, chain: Chain, call: Call, clients: Clients) -> Iterator[Step]:
    """Steps for the rules of the VirtualServices of a chain, up to the one that the connection fits."""
    for ref in chain.origins:
        found: Any = inputs.resource(g, ref) if ref.kind == KIND else None
        if found is not None:
            yield from _until_taken(_rules(g, ref, found.spec, call, clients))


def _until_taken(steps: Iterable[Step]) -> Iterator[Step]:
    for step in steps:
        yield step
        if step.outcome is Outcome.TAKEN:
            return


def _rules(g: Graph, ref: Ref, spec: Any, call: Call, clients: Clients) -> Iterator[Step]:
    has_names = call.protocol is Protocol.TLS or call.wire is not Wire.PLAIN
    for number, route in enumerate(spec.tls if has_names else ()):
        yield from _matches(g, ref, f"spec.tls[{number}]", route.match, call, clients)
    for number, route in enumerate(spec.tcp):
        yield from _matches(g, ref, f"spec.tcp[{number}]", route.match, call, clients)


def _matches(g: Graph, ref: Ref, path: str, matches: tuple[Match, ...], call: Call, clients: Clients) -> Iterator[Step]:
    if not matches:
        yield Step(Stage.RULE, "takes any connection", Outcome.TAKEN, ref, path)
    for number, match in enumerate(matches):
        why = _misfit(g, match, ref.namespace, call, clients)
        yield Step(Stage.RULE, why or "fits", Outcome.PASSED if why else Outcome.TAKEN, ref, f"{path}.match[{number}]")


def _misfit(g: Graph, match: Match, namespace: str, call: Call, clients: Clients) -> str:
    """The first condition that the connection fails, in words; empty when it fits."""
    if match.port and match.port != clients.port:
        return f"is for port {match.port}, this is port {clients.port}"
    if not concerns(match, clients, namespace, inputs.domain(g)):
        return "is for other clients, or for other gateways"
    names = match.sni_hosts if isinstance(match, TLSMatchAttributes) else ()
    if names and not any(hosts.matches(call.sni.lower(), name.lower()) for name in names):
        return f"wants the server name {' or '.join(names)}, this is {call.sni or 'none'}"
    networks = match.destination_subnets
    if networks and not any(in_network(network, call.address) for network in networks):
        return f"wants an address in {' or '.join(networks)}, this is {call.address or 'not known'}"
    return ""
