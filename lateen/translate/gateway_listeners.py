"""The listeners of a gateway: one a port, with a chain for each server with TLS, or each rule about TLS that passes through (GW-5, GW-7, GW-10).

Beside the listener of a port there is one of QUIC where servers of it speak HTTP/3.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from lateen.api.mesh_proxy import ForwardClientCertDetails, Topology
from lateen.flow import Graph, query
from lateen.ir.chain import Bytes, Chain, HttpOptions, Listener, Match, Observation, OwnServer, Requests, Side
from lateen.ir.connections import Connections
from lateen.ir.gateway import Port, Server, Traffic
from lateen.ir.view import Perspective
from lateen.translate import gateway_streams
from lateen.translate.claims import ANYWHERE
from lateen.translate.gateway_servers import plain_table, secure_table
from lateen.translate.streams import settings
from lateen.values import hosts

Policies = tuple[msgspec.Struct, ...]

QUIC_PROTOCOLS = ("h3",)
TAKEN = frozenset({15020, 15021, 15090})
"""Where every gateway listens itself, at all addresses: metrics, readiness and statistics. Two listeners of one address are refused."""


class Manner(msgspec.Struct, frozen=True, cache_hash=True):
    """What all listeners of a gateway have in common: what is told of traffic, how HTTP is spoken, the IP versions ("4", "6", "46"), who may call,
    and whether connections begin with the PROXY protocol. Where many proxies share the addresses of one host, `address` is this one's own, and
    `moved` are ports that it takes elsewhere there. `buffer` are the bytes that may wait on a connection, 0 for the usual number.
    """

    observation: Observation = Observation()
    options: HttpOptions = HttpOptions()
    families: str = "4"
    requests: Policies = ()
    connections: Policies = ()
    proxied: bool = False
    buffer: int = 0
    address: str = ""
    moved: tuple[tuple[int, int], ...] = ()


MANNER = Manner()


def behind(topology: Topology, options: HttpOptions) -> HttpOptions:
    """How a gateway behind this speaks HTTP (GW-10): "XFF hops (`gatewayTopology.numTrustedProxies`), XFCC mode SANITIZE_SET
    (`forwardClientCertDetails`)".
    """
    forwarded = topology.forward_client_cert_details
    return msgspec.structs.replace(
        options,
        trusted_hops=topology.num_trusted_proxies,
        forwarded_certificate=options.forwarded_certificate if forwarded is ForwardClientCertDetails.UNDEFINED else forwarded.value,
    )


def name(port: Port) -> str:
    """The name of the port's listener."""
    return f"{port.bind or ANYWHERE}_{port.port}"


def quic_name(port: Port) -> str:
    """The name of the port's listener of QUIC."""
    return f"udp_{name(port)}"


@query
def listener(g: Graph, seen: Perspective, port: Port, manner: Manner) -> Listener | None:
    """The listener of a port; None when nothing could come of any connection, or the proxy listens there itself."""
    if port.port in TAKEN and not (port.bind or manner.address):
        return None
    chains = list(_distinct(_chains(g, seen, port, manner)))
    if not chains:
        return None
    found = _listener(name(port), port, chains, manner)
    return msgspec.structs.replace(found, inspect_tls=any(not server.plain for server in port.servers), proxied=manner.proxied)


def quic_listener(port: Port, manner: Manner) -> Listener | None:
    """The listener of QUIC beside that of the port, with the same requests and routes; None where no server there speaks HTTP/3."""
    chains = list(_distinct(_over_quic(port, server, manner) for server in port.servers if server.quic))
    return msgspec.structs.replace(_listener(quic_name(port), port, chains, manner), quic=True) if chains else None


def _over_quic(port: Port, server: Server, manner: Manner) -> Chain:
    chain = _requests(port, secure_table(port, server), Match(server_names=server.names), manner, (server,))
    handler = msgspec.structs.replace(chain.handler, name=f"outbound_{quic_name(port)};{server.name}")
    tls = msgspec.structs.replace(chain.tls, quic=True, protocols=QUIC_PROTOCOLS) if isinstance(chain.tls, OwnServer) else None
    return msgspec.structs.replace(chain, name=quic_name(port), handler=handler, tls=tls)


def _listener(called: str, port: Port, chains: list[Chain], manner: Manner) -> Listener:
    return Listener(
        name=called,
        addresses=_addresses(port, manner),
        port=dict(manner.moved).get(port.port, port.port),
        side=Side.GATEWAY,
        chains=tuple(chain for chain in chains if chain.match != Match()),
        otherwise=next((chain for chain in chains if chain.match == Match()), None),
        bound=True,
        buffer=manner.buffer,
        logs=manner.observation.of_listeners,
        origins=tuple(dict.fromkeys(origin for chain in chains for origin in chain.origins)),
    )


def _addresses(port: Port, manner: Manner) -> tuple[str, ...]:
    if port.bind or manner.address:
        return (port.bind or manner.address,)
    return tuple({"4": ANYWHERE, "6": "::"}[version] for version in manner.families)


def _distinct(chains: Iterable[Chain]) -> Iterator[Chain]:
    """Of chains for the same server names the first has them; those that stand for the end of a label are unknown to proxies."""
    taken: set[tuple[str, tuple[str, ...], tuple[str, ...]]] = set()
    for chain in chains:
        match = chain.match
        names = [each for each in match.server_names if not hosts.is_partial(each)] if match.server_names else [""]
        free = tuple(each for each in names if (each, match.prefixes, match.protocols) not in taken)
        taken.update((each, match.prefixes, match.protocols) for each in free)
        if free:
            yield msgspec.structs.replace(chain, match=msgspec.structs.replace(match, server_names=tuple(each for each in free if each)))


def _chains(g: Graph, seen: Perspective, port: Port, manner: Manner) -> Iterator[Chain]:
    if port.servers[0].plain and port.servers[0].traffic is Traffic.REQUESTS:
        yield _requests(port, plain_table(port), Match(), manner, port.servers)
        return
    for server in port.servers:
        yield from _of_server(g, seen, port, server, manner)


def _of_server(g: Graph, seen: Perspective, port: Port, server: Server, manner: Manner) -> Iterator[Chain]:
    if server.traffic is Traffic.REQUESTS:
        yield _requests(port, secure_table(port, server), Match(server_names=server.names), manner, (server,))
    elif server.traffic is Traffic.BYTES:
        rule = next(iter(gateway_streams.tcp(g, seen, server)), None)
        if rule is not None:
            yield _bytes(g, seen, port, server, Match(server_names=server.names), rule, manner)
    elif server.traffic is Traffic.NAMED:
        for rule in gateway_streams.tls(g, seen, server):
            names = () if "*" in rule.server_names else tuple(each.lower() for each in rule.server_names)
            yield _bytes(g, seen, port, server, Match(server_names=names, prefixes=rule.networks), rule, manner)
    else:
        for destination, match in gateway_streams.mesh(g, seen, server):
            yield _chain(port, server, match, Bytes(((destination, 1),), Side.GATEWAY, manner.connections, manner.observation))


def _requests(port: Port, table: str, match: Match, manner: Manner, servers: tuple[Server, ...]) -> Chain:
    handler = Requests(
        f"outbound_{name(port)}" if servers[0].plain else f"outbound_{name(port)};{servers[0].name}",
        table=table,
        side=Side.GATEWAY,
        policy=manner.requests,
        observation=manner.observation,
        options=manner.options,
    )
    origins = tuple(dict.fromkeys(server.origin for server in servers if server.origin is not None))
    return Chain(name(port), handler, match, servers[0].tls, origins)


def _bytes(g: Graph, seen: Perspective, port: Port, server: Server, match: Match, rule: Connections, manner: Manner) -> Chain:
    found = settings(g, seen, rule.to[0][0])
    handler = Bytes(
        rule.to,
        Side.GATEWAY,
        manner.connections,
        manner.observation,
        idle_timeout=found.idle_timeout,
        by_source_address=found.by_source_address,
        tunnel=found.tunnel,
    )
    return _chain(port, server, match, handler, *((rule.origin,) if rule.origin is not None else ()))


def _chain(port: Port, server: Server, match: Match, handler: Bytes, *origins: object) -> Chain:
    every = dict.fromkeys(origin for origin in (server.origin, *origins) if origin is not None)
    return Chain(name(port), handler, match, server.tls, tuple(every))  # type: ignore[arg-type]
