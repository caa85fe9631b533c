"""Where a call goes: from the name that is called through the proxy that takes it to the endpoints that may get it. `way` is the whole of it.

The listeners, tables, destinations and endpoints are what the proxy is told (`assembly.told`); here they are evaluated for one call.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from lateen.assembly import naming
from lateen.assembly.told import Added, Everything, Told
from lateen.explain import chains, gateway, places
from lateen.explain.call import Call, Protocol, Wire
from lateen.explain.destination import Sender, in_words, patched, sent
from lateen.explain.names import resolved
from lateen.explain.request import asking_of, requested
from lateen.explain.rules import Asking
from lateen.explain.step import Outcome, Stage, Step
from lateen.explain.streams import stream_steps
from lateen.explain.way import Answered, Way
from lateen.flow import Graph
from lateen.ir.chain import Bytes, Chain, Listener, Requests
from lateen.ir.routes import MILLION
from lateen.ir.view import ProxyKind, View
from lateen.translate.claims import ANYWHERE
from lateen.translate.listener_conflicts import TAKEN
from lateen.translate.outbound import CATCH_ALL, CATCH_ALL_HTTP, OTHERWISE, VIRTUAL_OUTBOUND
from lateen.translate.route_matches import Clients

OWN_PORTS = TAKEN | {15000}
"""Where every proxy or its agent listens of its own accord."""


class Entered(NamedTuple):
    """The listener that takes a call, None when nobody listens there, and the steps to it."""

    listener: Told[Listener] | Added | None
    call: Call
    steps: tuple[Step, ...]


def way(g: Graph, call: Call, at: View | None = None) -> Way:
    """What becomes of the call at the sidecar of `call.client`, or at the gateway `at`, for one from elsewhere.

    Raises `ValueError` when there is neither.
    """
    view = at or call.client
    if view is None:
        raise ValueError("A call begins at a workload, or at a gateway.")
    view = _having_asked(g, view, call)
    told = Everything(g, view)
    entered = _at_gateway(told, view, call) if view.kind is ProxyKind.GATEWAY else _at_sidecar(g, told, view, call)
    sender = Sender(g, view, told, view.addresses[0] if view.addresses else "")
    if entered.listener is None and call.port in OWN_PORTS:
        own = Step(Stage.LISTENER, f"the proxy itself listens on port {call.port}, whatever it is told", Outcome.UNKNOWN)
        return Way(entered.call, (*entered.steps, own))
    if entered.listener is None:
        return Way(entered.call, (*entered.steps, _refused("nobody listens there")), refused=True)
    if isinstance(entered.listener, Added):
        return Way(entered.call, entered.steps)
    return _taken(sender, entered, entered.listener)


def _refused(said: str) -> Step:
    return Step(Stage.RESULT, f"the connection is refused: {said}", Outcome.REFUSED)


# Which listener


def _having_asked(g: Graph, view: View, call: Call) -> View:
    """Where the scope is on demand, the agent asks for a host as soon as the application looks its name up."""
    host = naming.meant(g, view.namespace, call.host).host
    if view.dependencies is None or host is None:
        return view
    return msgspec.structs.replace(view, dependencies=tuple(sorted({*view.dependencies, host})))


def _at_sidecar(g: Graph, told: Everything, view: View, call: Call) -> Entered:
    call, steps = resolved(g, view, call)
    if view.interception == "NONE":
        return _at_proxy(g, told, view, call, steps)
    listener, said = _captured(told, call)
    return Entered(listener, call, (*steps, *_listener_steps(listener, said)))


def _captured(told: Everything, call: Call) -> tuple[Told[Listener] | Added | None, str]:
    """Envoy: "the connection is handed off to the listener associated with the original destination address", of that address before any."""
    if call.address and (own := told.listener(f"{call.address}_{call.port}")) is not None:
        return own, f"the listener of {call.address}:{call.port} takes it"
    if (shared := told.listener(f"{ANYWHERE}_{call.port}")) is not None:
        return shared, f"the listener of port {call.port} takes it"
    return told.listener(VIRTUAL_OUTBOUND), f"no listener is for {call.address or 'that address'}:{call.port}; what nobody declares is taken as such"


def _at_proxy(g: Graph, told: Everything, view: View, call: Call, steps: tuple[Step, ...]) -> Entered:
    """Where nothing is captured the application speaks to its proxy: HTTP to the HTTP proxy, anything else to a port that stands for one host."""
    explicit = view.explicit
    bind = _mapped(g, view, explicit.outbound, call) if explicit is not None else None
    if not call.protocol.is_http and bind is not None and explicit is not None:
        listener = told.listener(f"{explicit.proxy}_{bind}")
        return Entered(listener, call, (*steps, *_listener_steps(listener, f"port {bind} of the proxy stands for {call.host}:{call.port}")))
    listener = told.http_proxy()
    if not call.protocol.is_http:
        call = msgspec.structs.replace(call, method="CONNECT", protocol=Protocol.HTTP, path="/", authority=f"{call.host}:{call.port}")
    return Entered(listener, call, (*steps, *_listener_steps(listener, "the HTTP proxy takes it, as nothing is captured")))


def _mapped(g: Graph, view: View, places: tuple[tuple[str, int, int], ...], call: Call) -> int | None:
    """The port that stands for the host and port of the call, by whichever of its names."""
    host = naming.meant(g, view.namespace, call.host).host or call.host
    meant = (bind for name, port, bind in places if port == call.port and (naming.meant(g, view.namespace, name).host or name) == host)
    return next(meant, None)


def _at_gateway(told: Everything, view: View, call: Call) -> Entered:
    address = call.address or next(iter(view.addresses), "")
    call = msgspec.structs.replace(call, address=address)
    listener = told.listener(f"{address}_{call.port}") or told.listener(f"{ANYWHERE}_{call.port}")
    return Entered(listener, call, tuple(_listener_steps(listener, f"the gateway listens on port {call.port}")))


def _listener_steps(listener: Told[Listener] | Added | None, said: str) -> Iterator[Step]:
    if listener is not None:
        yield from patched(listener.patched)
    if isinstance(listener, Told):
        origins = listener.value.origins
        yield Step(Stage.LISTENER, said, Outcome.TAKEN, origins[0] if origins else None)


# Which chain


def _taken(sender: Sender, entered: Entered, listener: Told[Listener]) -> Way:
    call, steps = entered.call, (*entered.steps, *_doubts(listener.value, entered.call))
    if sender.view.kind is ProxyKind.GATEWAY:
        return _let_in(sender, gateway.let_in(sender.g, sender.view, listener.value, call), steps)
    chain = chains.chain(listener.value, call)
    if chain is None:
        return Way(call, (*steps, _refused(f"no rule of the port takes {_look(call)}")), refused=True)
    return _handled(sender, call, chain, (*steps, _chain_step(sender, chain, call)))


def _let_in(sender: Sender, found: gateway.LetIn, before: tuple[Step, ...]) -> Way:
    steps, decision = (*before, *found.steps), found.decision
    if found.chain is None:
        return Way(found.call, steps, (found.answer,) if found.answer is not None else (), refused=found.answer is None)
    if decision is not None and not decision.allowed:
        answers = (Answered(decision.status),) if decision.status else ()
        return Way(found.call, steps, answers, refused=not answers, decision=decision)
    steps = (*steps, _chain_step(sender, found.chain, found.call))
    return msgspec.structs.replace(_handled(sender, found.call, found.chain, steps, found), decision=decision)


def _doubts(listener: Listener, call: Call) -> Iterator[Step]:
    if not call.address and any(chain.match.prefixes for chain in listener.chains):
        yield Step(Stage.LISTENER, "some of its rules are for addresses, and this call's is not known", Outcome.UNKNOWN)


def _look(call: Call) -> str:
    if call.wire is not Wire.PLAIN or call.protocol is Protocol.TLS:
        return f"TLS for {call.sni}" if call.sni else "TLS without a server name"
    return "plain HTTP" if call.protocol.is_http else "plain bytes"


def _chain_step(sender: Sender, chain: Chain, call: Call) -> Step:
    how = "taken as requests" if isinstance(chain.handler, Requests) else "passed on as it comes"
    if chain.name in (CATCH_ALL, CATCH_ALL_HTTP, OTHERWISE):
        place = places.of_unknown_hosts(sender.g, sender.view)
        return Step(Stage.LISTENER, f"{_look(call)} to an address that nobody declares, {how}", Outcome.TAKEN, place.ref, place.path)
    return Step(Stage.LISTENER, f"{_look(call)}, {how}", Outcome.TAKEN, chain.origins[-1] if chain.origins else None)


# What becomes of it


def _handled(sender: Sender, call: Call, chain: Chain, steps: tuple[Step, ...], let_in: gateway.LetIn | None = None) -> Way:
    if isinstance(chain.handler, Bytes):
        return _bytes(sender, call, chain.handler, (*steps, *stream_steps(sender.g, chain, call, _stream_clients(sender, chain, call))))
    if not call.protocol.is_http:
        return Way(call, (*steps, Step(Stage.RESULT, "requests are expected, and what comes is none", Outcome.REFUSED)), refused=True)
    table = sender.told.table(chain.handler.table) if chain.handler.table else Told(chain.handler.hosts)
    if table is None:
        return Way(call, (*steps, Step(Stage.HOST, f"the proxy has no route table {chain.handler.table}", Outcome.UNKNOWN)))
    if isinstance(table, Added):
        return Way(call, (*steps, *patched(table.patched)))
    asking = asking_of(sender.view, call.port)
    if let_in is not None:
        asking = _through_gateway(sender, asking, chain.handler.table, let_in)
    return requested(sender, call, chain.handler, table, asking, (*steps, *patched(table.patched)))


def _stream_clients(sender: Sender, chain: Chain, call: Call) -> Clients:
    """Who connects, to rules: the clients of this proxy, at a gateway by the Gateway of the chain and the port of its server."""
    clients = asking_of(sender.view, call.port).clients
    if sender.view.kind is not ProxyKind.GATEWAY:
        return clients
    named = next((f"{ref.namespace}/{ref.name}" for ref in chain.origins if ref.kind == "Gateway"), clients.gateway)
    return msgspec.structs.replace(clients, port=gateway.served_port(sender.g, sender.view, call.port), gateway=named)


def _through_gateway(sender: Sender, asking: Asking, table: str, let_in: gateway.LetIn) -> Asking:
    """Rules mean the port of the server, which its workload may take elsewhere (GW-6)."""
    meant = gateway.table(sender.g, sender.view, table)
    clients = msgspec.structs.replace(asking.clients, port=meant.number, secure=meant.secure) if meant is not None else asking.clients
    names = tuple(place.gateway for place in meant.places) if meant is not None else ()
    return Asking(clients, names, let_in.claims, let_in.changes)


def _bytes(sender: Sender, call: Call, handler: Bytes, steps: tuple[Step, ...]) -> Way:
    total = sum(weight for _, weight in handler.to)
    if handler.tunnel is not None:
        manner = "POST" if handler.tunnel.by_post else "CONNECT"
        said = f"the bytes are carried inside HTTP ({manner}) to {handler.tunnel.target}; what becomes of them behind the proxy asked is not known"
        steps = (*steps, Step(Stage.ROUTE, said, Outcome.UNKNOWN))
    divided = tuple(sent(sender, call, name, weight * MILLION // total) for name, weight in handler.to)
    words = [f"{weight * 100 / total:g}% to {in_words(name)}" for name, weight in handler.to] if len(handler.to) > 1 else []
    shares = (Step(Stage.ROUTE, ", ".join(words), Outcome.TAKEN),) if words else ()
    return Way(call, (*steps, *shares), sent=divided)
