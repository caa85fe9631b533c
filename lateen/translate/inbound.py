"""The inbound listeners of a sidecar: which ports its workload is called on, and who may come in how (LI-20, LI-21, LI-31, SEC-3).

Two steps: `ports` depends on the proxy's addresses, and is equal for replicas; `inbound` is made from it once for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from lateen.api import mesh
from lateen.flow import Graph, query
from lateen.ir.chain import (
    ANYTHING,
    SNIFFED_HTTP,
    SNIFFED_HTTP_10,
    Bytes,
    Chain,
    Handler,
    HttpOptions,
    Listener,
    Match,
    MeshServer,
    Observation,
    OwnServer,
    Requests,
    ServerTls,
    Side,
    Transport,
)
from lateen.ir.destination import BLACK_HOLE, INBOUND_PASSTHROUGH
from lateen.ir.destination import inbound as inbound_name
from lateen.ir.inbound import Inbound
from lateen.ir.routes import Forward, Retry, Rule, Share, VirtualHost
from lateen.ir.tls import Secret
from lateen.ir.view import Labels
from lateen.registry.instances import instances
from lateen.registry.service import Instance
from lateen.translate.claims import ANYWHERE, Kind, kind
from lateen.translate.mtls import TERMINATED, Way, Ways, mesh_server, ways
from lateen.translate.outbound import families
from lateen.translate.peer_modes import PeerMode, PeerModes, peer_modes
from lateen.translate.sidecars import Ingress, ingress
from lateen.values.protocol import Protocol
from lateen.values.ref import Ref

VIRTUAL_INBOUND = "virtualInbound"
CATCH_ALL_HTTP = "virtualInbound-catchall-http"
LOOP = "virtualInbound-blackhole"
INBOUND_PORT = 15006
RETRY = Retry(attempts=2, conditions=("reset-before-request",), other_hosts=False)
"""VS-44: a request that the workload has not seen is tried again, unless it is gRPC."""


class Port(msgspec.Struct, frozen=True, cache_hash=True):
    """A port of the workload. `host` and `number` are those of the service that it is called by, for telemetry; empty and 0 where there is
    none.

    `endpoint`, `tls`, `bind` and `bound` are as a Sidecar says (`sidecars.Ingress`).
    """

    port: int
    protocol: Protocol
    host: str = ""
    number: int = 0
    namespace: str = ""
    endpoint: str = ""
    tls: OwnServer | None = None
    bind: str = ""
    bound: bool = False
    origins: tuple[Ref, ...] = ()


class Manner(msgspec.Struct, frozen=True, cache_hash=True):
    """What all inbound listeners of a proxy have in common. `certificate` and `roots` replace the mesh's own where a workload brings them.

    `interception` is `REDIRECT`, `TPROXY` or `NONE`: with the last nothing is captured, and each port is listened on at the workload's
    address, under the number that `places` has for it, else under its own. Captured calls come in at `port`. `buffer` are the bytes that may wait on
    a connection, 0 for the usual number.
    """

    observation: Observation = Observation()
    options: HttpOptions = HttpOptions()
    certificate: Secret | None = None
    roots: Secret | None = None
    interception: str = "REDIRECT"
    places: tuple[tuple[int, int], ...] = ()
    port: int = INBOUND_PORT
    buffer: int = 0


MANNER = Manner()


def inbound(g: Graph, namespace: str, labels: Labels, addresses: tuple[str, ...], manner: Manner) -> Inbound:
    """The inbound side of a workload."""
    # Where ports are mapped, the address is known by the ports of the proxy, and only the labels tell those of the workload.
    found = ports(g, namespace, () if manner.places else addresses, labels)
    bind = addresses[0] if addresses and (manner.interception == "NONE" or any(port.bound for port in found)) else ""
    return listeners(g, found, peer_modes(g, namespace, labels), manner, families(addresses), bind)


@query
def ports(g: Graph, namespace: str, addresses: tuple[str, ...], labels: Labels) -> tuple[Port, ...]:
    """The ports on which the workload is called, each once: those of its Sidecar, else those of its services, the oldest first (LI-21,
    SC-5).
    """
    found: dict[int, Port] = {}
    for each in ingress(g, namespace, labels):
        if each.port != INBOUND_PORT:
            found.setdefault(each.port, _of_ingress(each))
    if not found:
        for instance in _served(g, namespace, addresses, labels):
            found.setdefault(instance.port, _of_instance(instance))
    return tuple(sorted(found.values(), key=lambda port: port.port))


def _served(g: Graph, namespace: str, addresses: tuple[str, ...], labels: Labels) -> Iterator[Instance]:
    for instance in instances(g, namespace, addresses, labels):
        if kind(instance.service_port.protocol) is not None and instance.port not in (0, INBOUND_PORT):  # LI-10: it would be a loop.
            yield instance


def _of_ingress(of: Ingress) -> Port:
    origins = (of.origin,) if of.origin is not None else ()
    return Port(of.port, of.protocol, endpoint=of.endpoint, tls=of.tls, bind=of.bind, bound=of.bound, origins=origins)


def _of_instance(of: Instance) -> Port:
    service = of.service
    return Port(of.port, of.service_port.protocol, service.host, of.service_port.number, service.namespace, origins=(service.origin,))


@query
def listeners(g: Graph, found: tuple[Port, ...], modes: PeerModes, manner: Manner, versions: str, bind: str) -> Inbound:
    """The listeners for these ports. `bind` is the workload's own address where anything is bound to it, empty otherwise."""
    server = _server(g, manner)
    patience = mesh.protocol_detection_timeout(g).nanoseconds
    captured = manner.interception != "NONE"
    bound = tuple(_bound(port, modes, server, manner, bind, patience) for port in found if port.bound or not captured)
    if not captured:
        return Inbound(bound)
    inside = tuple(port for port in found if not port.bound)
    return Inbound((_virtual_inbound(inside, modes, server, manner, versions, patience), *bound))


def _server(g: Graph, manner: Manner) -> MeshServer:
    server = mesh_server(g)
    return msgspec.structs.replace(server, certificate=manner.certificate or server.certificate, roots=manner.roots or server.roots)


def _virtual_inbound(found: tuple[Port, ...], modes: PeerModes, server: MeshServer, manner: Manner, versions: str, patience: int) -> Listener:
    chains = [Chain(LOOP, Bytes(((BLACK_HOLE, 1),), Side.INBOUND, observation=manner.observation), Match(port=manner.port))]
    for port in found:
        chains += _port_chains(port, modes.on(port.port), server, manner)
    declared = {port.port for port in found}
    for number, mode in modes.ports:
        if number not in declared and mode is not modes.mode:
            chains += _passthrough_chains(number, mode, server, manner)
    chains += _passthrough_chains(0, modes.mode, server, manner)
    return Listener(
        name=VIRTUAL_INBOUND,
        addresses=tuple({"4": ANYWHERE, "6": "::"}[version] for version in versions),
        port=manner.port,
        side=Side.INBOUND,
        chains=tuple(chains),
        capture=True,
        transparent=manner.interception == "TPROXY",
        inspect_tls=any(chain.match.transport is Transport.TLS for chain in chains),
        uninspected=_without(chains, declared, _looks_for_tls),
        sniff=any(_looks_for_http(chain) for chain in chains),
        unsniffed=_without(chains, declared, _looks_for_http),
        patience=patience,
        buffer=manner.buffer,
        logs=manner.observation.of_listeners,
        origins=tuple(dict.fromkeys((*(origin for port in found for origin in port.origins), *modes.origins))),
    )


def _looks_for_tls(chain: Chain) -> bool:
    return chain.match.transport is Transport.TLS


def _looks_for_http(chain: Chain) -> bool:
    return SNIFFED_HTTP[0] in chain.match.protocols


def _without(chains: list[Chain], declared: set[int], asks: Callable[[Chain], bool]) -> tuple[int, ...]:
    """The declared ports on whose first bytes no chain depends in this way."""
    looked_at = {chain.match.port for chain in chains if asks(chain)}
    return tuple(sorted(declared - looked_at))


def _bound(port: Port, modes: PeerModes, server: MeshServer, manner: Manner, bind: str, patience: int) -> Listener:
    """SC-7: a port that callers connect to without being redirected."""
    chains = _port_chains(port, modes.on(port.port), server, manner)
    found = [msgspec.structs.replace(chain, match=msgspec.structs.replace(chain.match, port=0)) for chain in chains]
    otherwise = next((chain for chain in found if chain.match == ANYTHING), None)
    wide = port.bind in (ANYWHERE, "::") and manner.interception != "NONE"  # There the outbound listeners of the port are.
    address = (bind if wide else port.bind or bind) or ANYWHERE
    place = dict(manner.places).get(port.port, port.port)
    return Listener(
        name=f"{address}_{place}",
        addresses=(address,),
        port=place,
        side=Side.INBOUND,
        chains=tuple(chain for chain in found if chain.match != ANYTHING),
        otherwise=otherwise,
        bound=True,
        inspect_tls=any(_looks_for_tls(chain) for chain in found),
        sniff=any(_looks_for_http(chain) for chain in found),
        patience=patience,
        buffer=manner.buffer,
        logs=manner.observation.of_listeners,
        origins=tuple(dict.fromkeys((*port.origins, *modes.origins))),
    )


def _port_chains(port: Port, mode: PeerMode, server: MeshServer, manner: Manner) -> Iterator[Chain]:
    found: Ways = ways(mode, kind(port.protocol) or Kind.TCP)
    context: ServerTls = server
    if port.tls is not None and mode is PeerMode.DISABLE:
        found, context = TERMINATED[_opened(port.protocol)], port.tls
    name = f"{ANYWHERE}_{port.port}"
    for way in found:
        handler = _requests(port, manner) if way.http else _bytes(inbound_name(port.port), manner)
        yield _chain(name, way, port.port, handler, context, manner, port.origins)


def _opened(protocol: Protocol) -> Kind:
    """What is inside of TLS that ends here: "HTTPS" is HTTP then, and "TLS" just bytes."""
    return Kind.HTTP if protocol is Protocol.HTTPS or protocol.is_http else Kind.TCP


def _passthrough_chains(port: int, mode: PeerMode, server: MeshServer, manner: Manner) -> Iterator[Chain]:
    """LI-31: ports that no service declares, all of them or one that a policy speaks of."""
    for way in ways(mode, Kind.AUTO):
        if way.http:
            rule = Rule(Forward((Share(INBOUND_PASSTHROUGH),)))
            handler: Handler = Requests(
                CATCH_ALL_HTTP,
                hosts=(VirtualHost("inbound|http|0", ("*",), (rule,), counted=False, grpc=True),),
                known_as=INBOUND_PASSTHROUGH,
                side=Side.INBOUND,
                observation=manner.observation,
                options=manner.options,
            )
        else:
            handler = _bytes(INBOUND_PASSTHROUGH, manner)
        yield _chain(CATCH_ALL_HTTP if way.http else VIRTUAL_INBOUND, way, port, handler, server, manner)


def _chain(name: str, way: Way, port: int, handler: Handler, tls: ServerTls, manner: Manner, origins: tuple[Ref, ...] = ()) -> Chain:
    match = msgspec.structs.replace(way.match, port=port)
    if manner.options.http10 and match.protocols == SNIFFED_HTTP:
        match = msgspec.structs.replace(match, protocols=(SNIFFED_HTTP_10, *SNIFFED_HTTP))
    return Chain(name, handler, match, tls if way.tls else None, origins)


def _bytes(destination: str, manner: Manner) -> Bytes:
    return Bytes(((destination, 1),), Side.INBOUND, observation=manner.observation)


def _requests(port: Port, manner: Manner) -> Requests:
    """LI-21: one virtual host, one route. The table is known by the port of the workload, the host by that of the service."""
    retry = RETRY if port.protocol not in (Protocol.GRPC, Protocol.GRPC_WEB) else None
    rule = Rule(Forward((Share(inbound_name(port.port)),), retry=retry), operation=f"{port.host}:{port.number}/*" if port.host else "")
    return Requests(
        f"inbound_{ANYWHERE}_{port.port}",
        hosts=(VirtualHost(f"inbound|http|{port.number or port.port}", ("*",), (rule,), counted=False, grpc=port.protocol.may_be_grpc),),
        known_as=inbound_name(port.port),
        side=Side.INBOUND,
        observation=manner.observation,
        options=manner.options,
    )
