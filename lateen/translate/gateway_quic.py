"""Which servers of a gateway speak HTTP/3 (GW-10): those that end TLS for HTTPS, where a service in front leads UDP of the same number to the port.

Where services lead TCP of that number to the gateway but not UDP, nobody would get through, so HTTP/3 is not spoken whatever is asked for. Where no
service is in front, the gateway's own setting decides. HTTP/3 is no way around: a server for a wildcard does not speak it where another
that ends TLS for one of those names cannot.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from lateen.flow import Graph
from lateen.ir.chain import OwnServer
from lateen.ir.gateway import Port, Server, Traffic
from lateen.ir.view import Labels
from lateen.registry.instances import datagrams, instances
from lateen.registry.service import Instance
from lateen.values import hosts
from lateen.values.protocol import Protocol

ASKED = "ENABLE_QUIC_LISTENERS"
"""The setting with which a gateway that no service is in front of asks for HTTP/3, `true` or `false`."""
UNTRANSLATED = "experimental.istio.io/disable-gateway-port-translation"
"""The label of a service whose ports a gateway does not translate (GW-6)."""

_TLS = ("", "1.3")
_PATH = "unix://"


def with_quic(g: Graph, namespace: str, labels: Labels, addresses: tuple[str, ...], port: Port, *, asked: bool) -> Port:
    """The port, with those of its servers that speak HTTP/3 saying so. `asked`: they are to if it is up to the gateway."""
    if not any(_can(server) for server in port.servers) or port.bind.startswith(_PATH):
        return port
    found = (*instances(g, namespace, addresses, labels), *datagrams(g, namespace, labels))
    able = [server for server in port.servers if _can(server) and _is_led(found, server.number, port.port, asked)]
    strict = [server for server in port.servers if server.tls is not None and server not in able]
    speaking = [server for server in able if not any(_covers(server, each) for each in strict)]
    servers = tuple(msgspec.structs.replace(server, quic=server in speaking) for server in port.servers)
    return msgspec.structs.replace(port, servers=servers)


def _covers(wide: Server, narrow: Server) -> bool:
    """Whether a client that asks for the narrow server, where that is not to be had, would come to the wide one, which may demand less."""
    return any(hosts.is_subset(name, own) for name in narrow.names or ("*",) for own in wide.names or ("*",))


def _can(server: Server) -> bool:
    """QUIC has TLS 1.3 inside, and nothing but requests; the mesh's own TLS is spoken by its proxies, which do not use it."""
    return server.traffic is Traffic.REQUESTS and isinstance(server.tls, OwnServer) and server.tls.maximum in _TLS


def _is_led(found: Iterable[Instance], number: int, port: int, asked: bool) -> bool:
    in_front = [each for each in found if each.service_port.number == number]
    if not in_front:
        return asked
    return any(_leads_to(each) == port for each in in_front if each.service_port.protocol is Protocol.UDP)


def _leads_to(instance: Instance) -> int:
    is_translated = dict(instance.service.labels).get(UNTRANSLATED) != "true"
    return instance.port if is_translated and instance.port else instance.service_port.number
