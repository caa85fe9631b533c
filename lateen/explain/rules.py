"""Which rule of a virtual host a request fits, step by step, and where each rule is written.

The rules are those that the proxy has (`ir.routes`), in its order. What a VirtualService says to other clients than this is no rule there; it is told
beside, from the same `parts` of which `translate.routes` makes the rules, so that nobody looks in vain for why a match does not hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from lateen.api import inputs
from lateen.api.networking.virtual_service import HTTPMatchRequest
from lateen.explain.call import Call
from lateen.explain.requests import conditions, misfit
from lateen.explain.step import Outcome, Stage, Step
from lateen.flow import Graph
from lateen.ir.routes import UNCHANGED, HeaderChanges, Rule, VirtualHost
from lateen.translate.route_matches import Clients, Condition, unmet
from lateen.translate.routes import Part, parts
from lateen.translate.virtual_services import KIND, candidates, subject
from lateen.translate.visibility import is_visible, rule_export
from lateen.values.ref import Ref


class Written(msgspec.Struct, frozen=True):
    """Where a rule is written; `ref` is None for what holds where nobody says anything."""

    ref: Ref | None = None
    path: str = ""
    name: str = ""
    part: Part | None = None


class Taken(NamedTuple):
    """The rule that the request fits, None when none does, and the steps to it."""

    rule: Rule | None
    written: Written
    steps: tuple[Step, ...]


class Asking(msgspec.Struct, frozen=True):
    """Who asks: the clients as rules see them, and the gateways (`namespace/name`) by which they may come; none for sidecars. `claims` are those of a
    token that was believed before the rule is chosen, `changes` what has been done to the headers of the request by then.
    """

    clients: Clients
    gateways: tuple[str, ...] = ()
    claims: Mapping[str, Any] | None = None
    changes: HeaderChanges = UNCHANGED


def taken(g: Graph, host: VirtualHost, call: Call, asking: Asking) -> Taken:
    """The rule of the virtual host that the request fits."""
    steps: list[Step] = []
    sources: dict[Ref, Iterator[Step | Part]] = {}
    for rule in host.rules:
        written = Written(rule.origin)
        if rule.origin is not None and rule.origin.kind == KIND:
            if rule.origin not in sources:
                sources[rule.origin] = _told(g, rule.origin, asking)
            written = _until_rule(sources[rule.origin], rule, steps)
        obstacle = misfit(rule.match, call, asking.claims)
        if not obstacle:
            steps.append(_step(written, _takes(rule), Outcome.TAKEN))
            return Taken(rule, written, tuple(steps))
        if not rule.match.tunnel:
            steps.append(_step(written, obstacle, Outcome.PASSED))
    return Taken(None, Written(), tuple(steps))


def _takes(rule: Rule) -> str:
    if rule.origin is None:
        return "no rule says anything, so requests go where they are headed"
    return "takes any request" if rule.match.fits_all else f"fits: {conditions(rule.match)}"


def _until_rule(source: Iterator[Step | Part], rule: Rule, steps: list[Step]) -> Written:
    """Where the rule is written, after the steps of what is written before it for others."""
    for each in source:
        if isinstance(each, Step):
            steps.append(each)
        elif each.match == rule.match:
            return written(each)
    return Written(rule.origin)


def _told(g: Graph, ref: Ref, asking: Asking) -> Iterator[Step | Part]:
    """The parts that can hold for these clients, and steps for the others, in their order."""
    clients, domain = _clients(g, ref, asking), inputs.domain(g)
    for part in parts(g, ref):
        lacking = unmet(part.request, clients, part.owned.ref.namespace, domain)
        yield part if lacking is None else _step(written(part), _unmet(lacking, part.request, clients), Outcome.PASSED)


def unconcerned(g: Graph, ref: Ref, asking: Asking) -> Iterator[Step]:
    """Steps for all that a VirtualService says to others than these clients."""
    return (each for each in _told(g, ref, asking) if isinstance(each, Step))


def silent(g: Graph, host: VirtualHost, asking: Asking) -> Iterator[Step]:
    """Steps for the VirtualServices that cover the host of a sidecar's virtual host, and have no part in it; with why."""
    speaking = [rule.origin for rule in host.rules if rule.origin is not None]
    namespace = asking.clients.perspective.namespace
    for ref in candidates(g, host.name.rpartition(":")[0]):
        if ref in speaking or not subject(g, ref).http:
            continue
        if not is_visible(rule_export(g, ref), ref.namespace, namespace):
            yield _step(Written(ref, "spec.exportTo"), f"is not shown to namespace {namespace}", Outcome.PASSED)
        elif speaking:
            yield _step(Written(ref), f"does not count beside {speaking[0]}", Outcome.PASSED)
        else:
            said = list(unconcerned(g, ref, asking))
            yield from said or [_step(Written(ref), "is not imported by the client's Sidecar", Outcome.PASSED)]


def _clients(g: Graph, ref: Ref, asking: Asking) -> Clients:
    named = next((each for each in asking.gateways if each in subject(g, ref).gateways), asking.clients.gateway)
    return msgspec.structs.replace(asking.clients, gateway=named)


def written(part: Part) -> Written:
    """Where a part is written. What a delegate says under conditions of its root stands at its own route."""
    route = part.owned
    path = f"spec.http[{route.index}]"
    return Written(route.ref, f"{path}.match[{part.number}]" if part.number >= 0 and route.under < 0 else path, route.route.name, part)


def _unmet(lacking: Condition, match: HTTPMatchRequest, clients: Clients) -> str:
    if lacking is Condition.PORT:
        return f"is for port {match.port}, this is port {clients.port}"
    if lacking is Condition.GATEWAYS:
        return f"is for {', '.join(match.gateways)}, this is {clients.gateway}"
    if lacking is Condition.NAMESPACE:
        return f"is for clients in namespace {match.source_namespace}, this one is in {clients.perspective.namespace}"
    carried = dict(clients.perspective.labels)
    key, value = next((key, value) for key, value in sorted(match.source_labels.items()) if carried.get(key) != value)
    return f"is for clients labelled {key}={value}, this one has {f'{key}={carried[key]}' if key in carried else 'no such label'}"


def _step(where: Written, said: str, outcome: Outcome) -> Step:
    return Step(Stage.RULE, f'"{where.name}" {said}' if where.name else said, outcome, where.ref, where.path)
