"""How a call arrives at the workload's own proxy: which chain takes it, who it is believed to come from, and whether it is let in.

The chains are those that the proxy is told (`assembly.workload`). Which PeerAuthentication asks for mutual TLS, and at which level of SEC-2, is told
beside the chain that follows from it; what the policies of the chain say is `authorize`'s.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lateen.api import inputs, mesh
from lateen.assembly import workload
from lateen.assembly.told import Everything
from lateen.explain import chains
from lateen.explain.authorize import authorize
from lateen.explain.call import Call, Protocol, Wire
from lateen.explain.destination import patched
from lateen.explain.evidence import SPIFFE
from lateen.explain.step import Decision, Outcome, Stage, Step
from lateen.flow import Graph
from lateen.ir.chain import Bytes, Chain, Listener, MeshServer, OwnServer, Requests
from lateen.ir.destination import BLACK_HOLE
from lateen.ir.inbound import Inbound
from lateen.ir.view import ProxyKind, View
from lateen.translate.inbound import Port, ports
from lateen.translate.peer_modes import PeerMode, peer_modes
from lateen.values.ref import Ref


class Taken(msgspec.Struct, frozen=True):
    """What a listener makes of a connection: the chain that takes it, None where it is refused; the call as that chain sees it; the steps."""

    call: Call
    chain: Chain | None = None
    steps: tuple[Step, ...] = ()

    @property
    def reason(self) -> Step | None:
        """The step that refused it."""
        return next((step for step in self.steps if step.outcome is Outcome.REFUSED), None)


def arrive(g: Graph, view: View, call: Call) -> Decision:
    """Whether the sidecar of `view` lets the call in that comes to it as it stands: `call.port` is the workload's, `call.address` its own address."""
    if view.kind is ProxyKind.PROXYLESS:
        said = "the program is its own proxy, and takes only a part of what it is told; supposed is that it lets the call in"
        return Decision(True, steps=(Step(Stage.ARRIVAL, said, Outcome.UNKNOWN),))
    found = taken(g, view, call)
    if found.chain is None:
        reason = found.reason
        return Decision(False, reason.ref if reason else None, reason.path if reason else "", found.steps)
    decided = authorize(g, view, found.call, found.chain.handler)
    return msgspec.structs.replace(decided, steps=(*found.steps, *decided.steps))


def taken(g: Graph, view: View, call: Call) -> Taken:
    """The chain of the workload's sidecar that takes the call."""
    inbound = workload.listeners(g, view)
    listener = _listener(inbound, call)
    if listener is None:
        said = f"the proxy does not listen for calls to port {call.port}"
        return Taken(call, None, (Step(Stage.ARRIVAL, said, Outcome.REFUSED),))
    told = Everything(g, view).listener(listener.name)
    steps = (*patched(told.patched if told is not None else ()), *_port_steps(g, view, call), _mode_step(g, view, call))
    if chains.chain(listener, call) is None:
        return Taken(call, None, (*steps, *_unwanted(g, view, call)))
    found = at_listener(listener, call)
    return msgspec.structs.replace(found, steps=(*steps, *found.steps))


def at_listener(listener: Listener, call: Call) -> Taken:
    """The chain of a listener that takes the call, once its TLS has ended there."""
    chain = chains.chain(listener, call)
    if chain is None:
        return Taken(call, None, (Step(Stage.ARRIVAL, "no chain of the listener takes such a connection", Outcome.REFUSED),))
    if isinstance(chain.handler, Bytes) and chain.handler.to == ((BLACK_HOLE, 1),):
        return Taken(call, None, (Step(Stage.ARRIVAL, "calls to the proxy's own port go nowhere", Outcome.REFUSED),))
    refusal = _tls_refusal(chain, call)
    if refusal:
        return Taken(call, None, (Step(Stage.TLS, refusal, Outcome.REFUSED, _first(chain.origins)),))
    seen = _after_tls(listener, chain, call)
    steps = tuple(_how(chain, seen))
    if isinstance(chain.handler, Requests) and not _is_understood(chain, call):
        said = f"it is taken as HTTP, and {'TLS is none' if _goes_on(chain, call) else 'these bytes are none'}: the connection is closed"
        return Taken(seen, None, (*steps, Step(Stage.ARRIVAL, said, Outcome.REFUSED, _first(chain.origins))))
    return Taken(seen, chain, steps)


def _listener(inbound: Inbound, call: Call) -> Listener | None:
    """What is bound at the port itself, else what takes captured calls."""
    for each in inbound.listeners:
        if each.bound and each.port == call.port:
            return each
    return next((each for each in inbound.listeners if each.capture), None)


def _first(origins: tuple[Ref, ...]) -> Ref | None:
    return origins[0] if origins else None


# What the objects say of the port


def _port_steps(g: Graph, view: View, call: Call) -> Iterator[Step]:
    port = _port(g, view, call)
    if port is None:
        said = f"no service declares port {call.port} of the workload: its calls are passed through, as HTTP where they look like it"
        yield Step(Stage.ARRIVAL, said, Outcome.NOTED)
        return
    whose = f" of service {port.host}" if port.host else ""
    yield Step(Stage.ARRIVAL, f"port {port.port} carries {port.protocol.value}{whose}", Outcome.NOTED, _first(port.origins))


def _port(g: Graph, view: View, call: Call) -> Port | None:
    return next((each for each in ports(g, view.namespace, view.addresses, view.labels) if each.port == _own_port(view, call)), None)


def _own_port(view: View, call: Call) -> int:
    """The workload's port that the call means, where its proxy takes it at another."""
    moved = {place: port for port, place in view.explicit.inbound} if view.explicit is not None else {}
    return moved.get(call.port, call.port)


def _mode_step(g: Graph, view: View, call: Call) -> Step:
    """SEC-2: which PeerAuthentication decides."""
    mode, ref, path, level = mode_in_force(g, view, _own_port(view, call))
    return Step(Stage.TLS, f"mutual TLS is {mode.value} here: {level}", Outcome.NOTED, ref, path)


def mode_in_force(g: Graph, view: View, port: int) -> tuple[PeerMode, Ref | None, str, str]:
    """The mode of mutual TLS on a port of the workload; the PeerAuthentication that says so, None where none does, and where; its level, in words."""
    modes = peer_modes(g, view.namespace, view.labels)
    for ref in modes.origins:
        found = inputs.resource(g, ref)
        if found is None:
            continue
        selected = found.spec.selector is not None and bool(found.spec.selector.match_labels)
        told = (found.spec.port_level_mtls or {}).get(str(port)) if selected else None
        if told is not None and told.mode.value != "UNSET":
            return modes.on(port), ref, f'spec.portLevelMtls["{port}"].mode', "set for this port of the workloads that it selects"
        if found.spec.mtls is not None and found.spec.mtls.mode.value != "UNSET":
            return modes.on(port), ref, "spec.mtls.mode", _level(g, ref, selected=selected)
    return modes.on(port), None, "", "no PeerAuthentication says anything else"


def _level(g: Graph, ref: Ref, *, selected: bool) -> str:
    if selected:
        return "set for the workloads that it selects"
    return "set for the whole mesh" if ref.namespace == mesh.root_namespace(g) else f"set for namespace {ref.namespace}"


def _unwanted(g: Graph, view: View, call: Call) -> Iterator[Step]:
    """LI-30: a connection that no chain takes is refused, by the mode of mutual TLS or by what the port carries."""
    mode, ref, path, _ = mode_in_force(g, view, _own_port(view, call))
    port = _port(g, view, call)
    if port is not None and port.tls is not None and mode is PeerMode.DISABLE:
        said = "it comes in plain text, and TLS that a Sidecar sets up ends here: the connection is closed"
        yield Step(Stage.TLS, said, Outcome.REFUSED, _first(port.origins), "spec.ingress")
        return
    if not chains.begins_with_tls(call):
        yield Step(Stage.TLS, "it comes in plain text, and only mutual TLS is let in: the connection is closed", Outcome.REFUSED, ref, path)
        yield Step(Stage.RESULT, f"remedy: {_for_plain_text(call, mode)}", Outcome.NOTED, ref, path)
        return
    said = "it comes with TLS that is not the mesh's, and the port carries HTTP: the connection is closed"
    yield Step(Stage.TLS, said, Outcome.REFUSED, _first(port.origins) if port is not None else None)
    yield Step(Stage.RESULT, "remedy: a port whose protocol is TLS or TCP lets an application's own TLS through", Outcome.NOTED)


def _for_plain_text(call: Call, mode: PeerMode) -> str:
    """What would let a plain connection in."""
    if call.client is None:
        return f"a caller with a sidecar comes by mutual TLS; {mode.value} here could also be PERMISSIVE, which lets everybody in"
    return "the caller's proxy would have to use mutual TLS: no DestinationRule may turn it off for this host"


# TLS


def _tls_refusal(chain: Chain, call: Call) -> str:
    """Why the handshake fails; empty where it does not, or where no TLS ends."""
    if chain.tls is None:
        return ""
    if isinstance(chain.tls, MeshServer):
        return _mesh_refusal(chain.tls, call)
    return _own_refusal(chain.tls, call)


def _mesh_refusal(tls: MeshServer, call: Call) -> str:
    """SEC-5."""
    identity = _identity(call)
    if not identity:
        return "it comes with TLS, but shows no certificate of the mesh: the handshake fails"
    if tls.names:
        is_named = f"{SPIFFE}{identity}" in tls.names
        return "" if is_named else f"it comes as {identity}, and only {' or '.join(tls.names)} may come: the handshake fails"
    if any(identity.startswith(f"{domain}/") for domain in tls.trust_domains):
        return ""
    return f"it comes as {identity}, and only trust domain {' or '.join(tls.trust_domains)} is trusted: the handshake fails"


def _own_refusal(tls: OwnServer, call: Call) -> str:
    if not chains.begins_with_tls(call):
        return "it comes in plain text, and TLS ends here: the handshake fails"
    asks = (tls.roots is not None or not tls.verified) and (not tls.optional or bool(tls.names))
    if asks and not _identity(call):
        return "clients must show a certificate here, and this one shows none: the handshake fails"
    names = (tls.names, f"{SPIFFE}{_identity(call)}")
    return f"the client's certificate must be for {' or '.join(tls.names)}: the handshake fails" if names[0] and names[1] not in names[0] else ""


def _identity(call: Call) -> str:
    return call.identity.removeprefix(SPIFFE) if call.wire is not Wire.PLAIN else ""


def _after_tls(listener: Listener, chain: Chain, call: Call) -> Call:
    """What the chain knows: an identity only where it ended the TLS itself, a server name only where somebody looked for it."""
    looked = chain.tls is not None or bool(chains.connection(listener, call).server_name)
    return msgspec.structs.replace(call, identity=_identity(call) if chain.tls is not None else "", sni=call.sni if looked else "")


def _how(chain: Chain, seen: Call) -> Iterator[Step]:
    what = "requests" if isinstance(chain.handler, Requests) else "bytes"
    if chain.tls is None:
        whose = "TLS of the application" if seen.wire is Wire.PLAIN else "TLS"
        inside = f"with {whose}, which goes on as it is" if _goes_on(chain, seen) else "in plain text"
        yield Step(Stage.TLS, f"it comes {inside}, so as nobody, and is taken as {what}", Outcome.TAKEN)
        return
    how = "mutual TLS" if seen.identity else "TLS"
    yield Step(Stage.TLS, f"it comes by {how}{f' as {seen.identity}' if seen.identity else ''}, and is taken as {what}", Outcome.TAKEN)


def _is_understood(chain: Chain, call: Call) -> bool:
    """Whether there is HTTP where HTTP is expected, inside of the TLS that ends here; of an application's own TLS that is supposed."""
    opened = call.protocol is Protocol.TLS and call.wire is Wire.PLAIN and chain.tls is not None
    return (call.protocol.is_http or opened) and not _goes_on(chain, call)


def _goes_on(chain: Chain, call: Call) -> bool:
    """Whether TLS does not end here."""
    return chain.tls is None and chains.begins_with_tls(call)
