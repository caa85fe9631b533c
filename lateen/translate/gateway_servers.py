"""What a gateway workload listens on: the servers of the Gateways that select it and of Ingresses, sorted into ports (GW-1, GW-2, GW-6, GW-7)."""

from __future__ import annotations

from collections.abc import Iterator

from lateen.api import inputs
from lateen.api.gateway_names import INGRESS
from lateen.api.networking import gateway as api
from lateen.api.networking.gateway import TLSMode
from lateen.flow import Graph, query
from lateen.ir.gateway import Place, Port, ServedHost, Server, Table, Traffic
from lateen.ir.view import Labels
from lateen.registry.instances import instances
from lateen.registry.namespaces import is_member
from lateen.translate import ingresses
from lateen.translate.claims import ANYWHERE
from lateen.translate.gateway_quic import UNTRANSLATED, with_quic
from lateen.translate.gateway_tls import PASSED, server_tls
from lateen.values.protocol import Protocol, named
from lateen.values.ref import Ref

KIND = "Gateway"
MANAGED = "gateway.networking.k8s.io/gateway-name"
"""The label of workloads that serve a managed gateway: one of Gateway API, whose name it is."""
_MESH = "istio-system"
_EVERYWHERE = (ANYWHERE, "::")
"""Each is every address, of the families that the gateway has."""


@query
def selected(g: Graph, namespace: str, labels: Labels) -> tuple[Ref, ...]:
    """The Gateways for workloads of the namespace with these labels, those that win first: of all namespaces of the mesh (GW-1), but of its own only
    where the workload serves a managed gateway (GW-6b).
    """
    carried = set(labels)
    owners = (namespace,) if any(key == MANAGED for key, _ in labels) else inputs.namespaces(g, KIND)
    found = (Ref(KIND, owner, name) for owner in owners if is_member(g, owner) for name in inputs.names(g, KIND, owner))
    return tuple(sorted((ref for ref in found if _selector(g, ref) <= carried), key=lambda ref: _rank(g, ref)))


@query
def _selector(g: Graph, ref: Ref) -> frozenset[tuple[str, str]]:
    found = inputs.resource(g, ref)
    return frozenset(found.spec.selector.items()) if found is not None else frozenset()


@query
def _rank(g: Graph, ref: Ref) -> tuple[str, str, str]:
    found = inputs.resource(g, ref)
    return found.age_order if found is not None else ("", "", "")


@query
def servers(g: Graph, ref: Ref) -> tuple[tuple[str, Server], ...]:
    """The servers of a Gateway, each with the address that it asks for; those of protocols that nobody speaks are left out."""
    found = inputs.resource(g, ref)
    written = found.spec.servers if found is not None else ()
    return tuple((each.bind if each.bind not in _EVERYWHERE else "", server) for each in written if (server := _server(g, ref, each)) is not None)


def _server(g: Graph, ref: Ref, of: api.Server) -> Server | None:
    protocol = named(of.port.protocol)
    if protocol is None:
        return None
    traffic = _traffic(protocol, of.tls)
    return Server(
        gateway=f"{ref.namespace}/{ref.name}",
        number=of.port.number,
        name=of.port.name,
        hosts=tuple(sorted({_served(host, ref.namespace) for host in of.hosts})),
        traffic=traffic,
        tls=server_tls(g, of.tls, http=traffic is Traffic.REQUESTS) if protocol.is_tls else None,
        redirects=of.tls is not None and of.tls.https_redirect and not protocol.is_tls,
        origin=ref,
    )


def _traffic(protocol: Protocol, tls: api.ServerTLSSettings | None) -> Traffic:
    if protocol.is_tls and (tls is None or tls.mode in PASSED):
        return Traffic.MESH if tls is not None and tls.mode is TLSMode.AUTO_PASSTHROUGH else Traffic.NAMED
    return Traffic.REQUESTS if protocol.is_http or protocol is Protocol.HTTPS else Traffic.BYTES


def _served(written: str, namespace: str) -> ServedHost:
    """GW-4: `[ns/]dnsName`, where `*` is any namespace and `.` that of the Gateway."""
    owner, slash, host = written.rpartition("/")
    if not slash or owner == "*":
        return ServedHost("", host.lower())
    return ServedHost(namespace if owner == "." else owner, host.lower())


@query
def ports(g: Graph, namespace: str, labels: Labels, addresses: tuple[str, ...], quic: bool = False) -> tuple[Port, ...]:
    """The ports of a gateway workload with the servers on each, sorted. Of servers that exclude each other the first has its way (GW-7). `quic`: it
    asks for HTTP/3 where no service is in front.
    """
    found: dict[tuple[int, str], list[Server]] = {}
    for bind, server in _wanted(g, namespace, labels):
        beside = found.setdefault((_translated(g, namespace, labels, addresses, server.number), bind), [])
        if _agrees(server, beside):
            beside.append(server)
    every = (Port(port, bind, tuple(group)) for (port, bind), group in sorted(found.items()))
    return tuple(with_quic(g, namespace, labels, addresses, port, asked=quic) for port in every)


def _wanted(g: Graph, namespace: str, labels: Labels) -> Iterator[tuple[str, Server]]:
    for ref in selected(g, namespace, labels):
        yield from servers(g, ref)
    if ingresses.serves(g, labels):
        yield from (("", server) for server in ingresses.servers(g))


def _agrees(server: Server, beside: list[Server]) -> bool:
    """ "HTTP+HTTP merge …; one filter chain per server by SNI; TCP vs HTTP on one port: first wins; TLS hosts duplicate → the later one skipped"."""
    if not beside:
        return True
    if server.plain or beside[0].plain:
        return server.plain and beside[0].plain and server.traffic is beside[0].traffic
    if any((each.gateway, each.name) == (server.gateway, server.name) for each in beside):
        return False
    taken = {host for each in beside for host in each.names or ("*",)}
    return taken.isdisjoint(server.names or ("*",))


def _translated(g: Graph, namespace: str, labels: Labels, addresses: tuple[str, ...], number: int) -> int:
    """GW-6: "bind only the FIRST such service's targetPort; no such service → bind the number as is"."""
    for instance in instances(g, namespace, addresses, labels):
        if instance.service_port.protocol is Protocol.UDP:
            continue
        if instance.service_port.number == number and dict(instance.service.labels).get(UNTRANSLATED) != "true":
            return instance.port or number
    return number


def tables(port: Port) -> tuple[Table, ...]:
    """The route tables of a port: one for all plain requests, one for each server with TLS (GW-7)."""
    asked = [server for server in port.servers if server.traffic is Traffic.REQUESTS]
    if not asked:
        return ()
    if asked[0].plain:
        return (Table(plain_table(port), asked[0].number, False, tuple(_place(server) for server in asked)),)
    return tuple(Table(secure_table(port, server), server.number, True, (_place(server),), server.quic) for server in asked)


def _place(server: Server) -> Place:
    return Place(server.gateway, server.hosts, server.redirects)


def plain_table(port: Port) -> str:
    """The name of the table of a port without TLS."""
    return f"http.{port.port}.{port.bind}" if port.bind else f"http.{port.port}"


def secure_table(port: Port, server: Server) -> str:
    """The name of the table of a server with TLS."""
    namespace, _, name = server.gateway.partition("/") if server.gateway != INGRESS else (_MESH, "", INGRESS)
    own = f"https.{port.port}.{server.name}.{name}.{namespace}"
    return f"{own}.{port.bind}" if port.bind else own


def crossing(found: tuple[Port, ...]) -> tuple[Server, ...]:
    """The servers to which other networks of the mesh come."""
    return tuple(server for port in found for server in port.servers if server.traffic is Traffic.MESH)
