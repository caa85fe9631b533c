"""What a gateway does with a call before its routes count: TLS ends there, with secrets that have to be there, and its policies are asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from lateen.assembly import gateways
from lateen.explain import arrival
from lateen.explain.admission import admitted
from lateen.explain.authorize import authorize
from lateen.explain.call import Call
from lateen.explain.step import Decision, Outcome, Stage, Step
from lateen.explain.tokens import Belief, after, belief
from lateen.explain.way import Answered
from lateen.flow import Graph
from lateen.ir.chain import Chain, Listener, OwnServer, Requests
from lateen.ir.gateway import Table
from lateen.ir.routes import UNCHANGED, HeaderChanges
from lateen.ir.tls import Secret
from lateen.ir.token import Tokens
from lateen.ir.view import View
from lateen.translate.gateway_secrets import material
from lateen.translate.gateway_servers import tables


class LetIn(msgspec.Struct, frozen=True):
    """A call that a gateway has looked at: the chain that takes it, None where it is refused or answered; what its policies say, None where it has
    none.

    `claims` are those of a token that was believed before a route is chosen, `changes` what the filters do to the request's headers.
    """

    call: Call
    chain: Chain | None
    steps: tuple[Step, ...]
    decision: Decision | None = None
    claims: Mapping[str, Any] | None = None
    changes: HeaderChanges = UNCHANGED
    answer: Answered | None = None


def let_in(g: Graph, view: View, listener: Listener, call: Call) -> LetIn:
    """What the gateway makes of a call that comes to one of its listeners."""
    found = arrival.at_listener(listener, call)
    if found.chain is None:
        return LetIn(found.call, None, found.steps)
    lacking = tuple(_lacking(g, view, found.chain))
    if any(step.outcome is Outcome.REFUSED for step in lacking):
        return LetIn(found.call, None, lacking)
    handler, call, steps = found.chain.handler, found.call, (*lacking, *found.steps)
    if isinstance(handler, Requests) and call.protocol.is_http:
        call, answer, said = admitted(call, handler.options)
        if answer is not None:
            return LetIn(call, None, (*steps, *said), answer=answer)
    if not handler.policy:
        return LetIn(call, found.chain, steps)
    decision = authorize(g, view, call, handler)
    steps, claims, changes = (*steps, *decision.steps), None, UNCHANGED
    for tokens, belief_ in _believed(found.chain, call):
        if tokens.rerouted and belief_.claims is not None:  # The route is chosen anew, by what then is there.
            call, claims = after(call, belief_), belief_.claims
        else:
            changes = changes.then(HeaderChanges(put=belief_.added, remove=belief_.removed))
    return LetIn(call, found.chain, steps, decision, claims, changes)


def _believed(chain: Chain, call: Call) -> list[tuple[Tokens, Belief]]:
    return [(each, belief(each, call)) for each in chain.handler.policy if isinstance(each, Tokens)]


def _lacking(g: Graph, view: View, chain: Chain) -> Iterator[Step]:
    """GW-9: without its secrets a server takes no connection."""
    tls = chain.tls
    wanted = (*tls.certificates, *((tls.roots,) if tls.roots is not None else ())) if isinstance(tls, OwnServer) else ()
    for secret in wanted:
        yield from _of_secret(g, view, secret, chain)


def _of_secret(g: Graph, view: View, secret: Secret, chain: Chain) -> Iterator[Step]:
    ref = chain.origins[0] if chain.origins else None
    name = secret.name.partition("://")[2]
    if secret.remote and material(g, view.namespace, secret.name) is None:
        said = f"there is no Secret {view.namespace}/{name} with what its TLS needs: the connection is closed"
        yield Step(Stage.TLS, said, Outcome.REFUSED, ref, "spec.servers")
    elif secret.name.startswith("file-"):
        yield Step(Stage.TLS, f"its TLS needs files beside the gateway ({secret.name}); whether they are there is not known", Outcome.UNKNOWN, ref)


def served_port(g: Graph, view: View, port: int) -> int:
    """The number by which servers know a port that the workload takes elsewhere (GW-6)."""
    found = (each.servers[0].number for each in gateways.listened(g, view) if each.port == port)
    return next(found, port)


def table(g: Graph, view: View, name: str) -> Table | None:
    """The route table of that name: for which gateways it is, and on which port."""
    every = (each for port in gateways.listened(g, view) for each in tables(port))
    return next((each for each in every if each.name == name), None)
