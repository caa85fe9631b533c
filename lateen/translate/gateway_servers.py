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
from lateen.translate import ingresses
from lateen.translate.gateway_tls import PASSED, server_tls
from lateen.values.protocol import Protocol, named
from lateen.values.ref import Ref

KIND = "Gateway"
UNTRANSLATED = "experimental.istio.io/disable-gateway-port-translation"
"""The label of a service whose ports a gateway does not translate (GW-6)."""
_MESH = "istio-system"


@query
def selected(g: Graph, labels: Labels) -> tuple[Ref, ...]:
    """The Gateways for workloads with these labels, in any namespace, those that win first (GW-1)."""
    carried = set(labels)
    found = (Ref(KIND, namespace, name) for namespace in inputs.namespaces(g, KIND) for name in inputs.names(g, KIND, namespace))
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
    return tuple((each.bind, server) for each in written if (server := _server(g, ref, each)) is not None)


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
def ports(g: Graph, namespace: str, labels: Labels, addresses: tuple[str, ...]) -> tuple[Port, ...]:
    """The ports of a gateway workload with the servers on each, sorted. Of servers that exclude each other the first has its way (GW-7)."""
    found: dict[tuple[int, str], list[Server]] = {}
    for bind, server in _wanted(g, labels):
        beside = found.setdefault((_translated(g, namespace, labels, addresses, server.number), bind), [])
        if _agrees(server, beside):
            beside.append(server)
    return tuple(Port(port, bind, tuple(group)) for (port, bind), group in sorted(found.items()))


def _wanted(g: Graph, labels: Labels) -> Iterator[tuple[str, Server]]:
    for ref in selected(g, labels):
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
    return tuple(Table(secure_table(port, server), server.number, True, (_place(server),)) for server in asked)


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
