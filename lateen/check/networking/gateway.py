"""Gateway: what is refused, and what is warned of."""

from __future__ import annotations

from lateen.api.networking.gateway import Gateway, Port, Server, ServerTLSSettings
from lateen.api.resource import Resource
from lateen.api.text import Path
from lateen.check import addresses, hosts, ports
from lateen.check.networking.scoped_hosts import gateway_host
from lateen.check.networking.server_tls import PASSTHROUGH, server_tls
from lateen.check.remark import Remarks, doubtful, wrong

_TAKEN = frozenset({15020, 15021, 15090})
"""Metrics, readiness and statistics."""


def gateway(of: Resource[Gateway]) -> Remarks:
    """Servers with hosts, ports of distinct names, and TLS that fits the protocol."""
    spec = of.spec
    if not hosts.is_label(of.ref.name):
        yield wrong(("metadata", "name"), f'found the name "{of.ref.name}", expected one without dots: a VirtualService could not name it.')
    if not spec.servers:
        yield wrong(("spec",), "there are no servers, expected at least one.")
    names: set[str] = set()
    for index, server in enumerate(spec.servers):
        path = ("spec", "servers", index)
        if server.port.name and server.port.name in names:
            yield wrong((*path, "port", "name"), f'the port name "{server.port.name}" is given twice.', "Name one of them differently.")
        names.add(server.port.name)
        yield from _server(server, path)


def _server(server: Server, path: Path) -> Remarks:
    if not server.hosts:
        yield wrong((*path, "hosts"), "there are no hosts, expected at least one.", 'Write hosts: ["*"] for any host.')
    for index, host in enumerate(server.hosts):
        yield from gateway_host(host, (*path, "hosts", index))
    yield from _port(server.port, server.bind, (*path, "port"))
    yield from _bind(server, path)
    if server.default_endpoint:
        yield doubtful((*path, "defaultEndpoint"), "defaultEndpoint has no effect on a Gateway.", "Leave it out; VirtualServices say where calls go.")
    yield from server_tls(server.tls, (*path, "tls"))
    yield from _fits(server, path)


def _port(port: Port, bind: str, path: Path) -> Remarks:
    if not port.name:
        yield wrong((*path, "name"), "the name of the port is empty.", "Name it, for instance http.")
    yield from ports.protocol(port.protocol, (*path, "protocol"))
    if port.number or not bind.startswith(addresses.UNIX):
        yield from ports.number(port.number, (*path, "number"))
    if port.number in _TAKEN and not bind:
        message = f"every proxy listens on the port {port.number} itself, so this server is left out unless a Service leads the port elsewhere."
        yield doubtful((*path, "number"), message, "Use another port.")
    if port.target_port:
        yield wrong((*path, "targetPort"), "targetPort has no effect on a Gateway.", "Leave it out; the Service says where the port leads.")


def _bind(server: Server, path: Path) -> Remarks:
    if server.bind.startswith(addresses.UNIX):
        yield from addresses.unix_socket(server.bind, (*path, "bind"))
        if server.port.number:
            yield wrong((*path, "port", "number"), f"found the port {server.port.number}, expected 0 for a Unix socket.")
    elif server.bind:
        yield from addresses.address(server.bind, (*path, "bind"))


def _fits(server: Server, path: Path) -> Remarks:
    """GW-2: "HTTPS ⇒ must have tls"; plain HTTP may only redirect."""
    protocol = ports.spoken(server.port.protocol)
    if protocol is None:
        return
    if protocol.is_tls and server.tls is None:
        yield wrong(path, f"protocol {protocol.value} needs tls.", "Write for instance tls: {mode: SIMPLE, credentialName: …}.")
    elif not protocol.is_tls and server.tls is not None and not (protocol.is_http and _only_redirects(server.tls)):
        yield wrong((*path, "tls"), f"tls is given, but protocol {protocol.value} is in the clear.", "Use protocol HTTPS or TLS, or leave tls out.")
    if server.tls is not None and server.tls.https_redirect and not protocol.is_http:
        yield doubtful((*path, "tls", "httpsRedirect"), f"httpsRedirect has no effect with protocol {protocol.value}, only with plain HTTP.")


def _only_redirects(tls: ServerTLSSettings) -> bool:
    return tls.mode in PASSTHROUGH and not (tls.server_certificate or tls.private_key or tls.ca_certificates)
