"""A gateway in a real Envoy, told by a real control plane: requests by host, by SNI, over TLS whose keys are Secrets, redirected, refused."""

from __future__ import annotations

import asyncio
import base64
import datetime
import json
import ssl
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lateen.agent import envoy_binary
from lateen.api import decode
from lateen.control.pusher import Pusher
from lateen.flow import Graph
from tests.given.running import eventually, free_port

pytestmark = pytest.mark.envoy

ADS = {"ads": {}, "resource_api_version": "V3"}
HTTP2 = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


class Pair:
    """A self-signed certificate for a host, and its key, in PEM."""

    def __init__(self, host: str) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        now = datetime.datetime.now(datetime.UTC)
        day = datetime.timedelta(days=1)
        builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - day, now + day)
        signed = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False).sign(key, hashes.SHA256())
        self.certificate = signed.public_bytes(serialization.Encoding.PEM)
        self.key = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self.serial = signed.serial_number

    def files(self, folder: Path, name: str) -> tuple[str, str]:
        chain, key = folder / f"{name}.crt", folder / f"{name}.key"
        chain.write_bytes(self.certificate)
        key.write_bytes(self.key)
        return str(chain), str(key)


def entry(name: str, port: int, protocol: str = "HTTP", number: int = 80) -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: {name}, namespace: default}}
spec:
  hosts: [{name}.mesh]
  resolution: STATIC
  ports: [{{number: {number}, name: p, protocol: {protocol}, targetPort: {port}}}]
  endpoints: [{{address: 127.0.0.1}}]
"""


def gateway(name: str, *servers: str) -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {{name: {name}, namespace: default}}
spec: {{selector: {{istio: ingressgateway}}, servers: [{", ".join(servers)}]}}
"""


def server(port: int, protocol: str, hosts: str, tls: str = "", name: str = "") -> str:
    more = f", tls: {{{tls}}}" if tls else ""
    return f"{{port: {{number: {port}, name: {name or protocol.lower() + str(port)}, protocol: {protocol}}}, hosts: [{hosts}]{more}}}"


def rule(name: str, hosts: str, routes: str, gateways: str = "edge") -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: {name}, namespace: default}}
spec: {{hosts: [{hosts}], gateways: [{gateways}], {routes}}}
"""


def to(host: str) -> str:
    return f"http: [{{route: [{{destination: {{host: {host}.mesh}}}}]}}]"


def secret(name: str, namespace: str = "edge", **values: bytes) -> str:
    written = ", ".join(f"{key.replace('_', '.')}: {base64.b64encode(value).decode()}" for key, value in values.items())
    return f"""
apiVersion: v1
kind: Secret
metadata: {{name: {name}, namespace: {namespace}}}
data: {{{written}}}
"""


class Edge:
    """One Envoy as a gateway of namespace `edge`, and its control plane."""

    def __init__(self) -> None:
        self.pusher = Pusher(Graph(), lambda _context, _proxy: None)

    async def write(self, *documents: str) -> None:
        found, findings = decode.resources("---".join(documents))
        assert not findings
        await self.pusher.write((each.ref, each) for each in found)

    async def ask(self, port: int, host: str, path: str = "/", headers: dict[str, str] | None = None) -> tuple[int, str]:
        """Status and body, or where the answer redirects to; (0, "") when nobody answers."""
        try:
            async with httpx.AsyncClient(trust_env=False) as client:
                found = await client.get(f"http://127.0.0.1:{port}{path}", headers={"host": host, **(headers or {})}, timeout=10)
                return found.status_code, found.headers.get("location", found.text)
        except httpx.TransportError:
            return 0, ""

    async def ask_secure(self, port: int, name: str, files: tuple[str, str] | None = None, protocol: str = "http/1.1") -> tuple[int, str]:
        """The serial number of the certificate that a client sees that asks for the name, and what the request gets; (0, "") when refused."""
        trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trusting.check_hostname = False
        trusting.verify_mode = ssl.CERT_NONE
        trusting.set_alpn_protocols([protocol])
        if files is not None:
            trusting.load_cert_chain(*files)
        try:
            reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port, ssl=trusting, server_hostname=name), 10)
            writer.write(f"GET / HTTP/1.1\r\nhost: {name}\r\nconnection: close\r\n\r\n".encode())
            answer = (await asyncio.wait_for(reader.read(), 10)).decode()
            shown = x509.load_der_x509_certificate(writer.get_extra_info("ssl_object").getpeercert(binary_form=True))
            writer.close()
            return (shown.serial_number, answer.rsplit("\r\n\r\n", 1)[-1]) if answer else (0, "")
        except (OSError, TimeoutError):
            return 0, ""


def bootstrap(port: int, capabilities: dict[str, bool]) -> dict[str, Any]:
    address = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
    xds = {
        "name": "xds",
        "type": "STATIC",
        "load_assignment": {"cluster_name": "xds", "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}]},
        "typed_extension_protocol_options": {
            HTTP2: {"@type": f"type.googleapis.com/{HTTP2}", "explicit_http_config": {"http2_protocol_options": {}}},
        },
    }
    return {
        "node": {
            "id": "router~127.0.0.1~gw.edge~edge.svc.cluster.local",
            "cluster": "gw",
            "metadata": {"LABELS": {"istio": "ingressgateway"}, "LATEEN": capabilities},
        },
        "dynamic_resources": {
            "ads_config": {"api_type": "DELTA_GRPC", "transport_api_version": "V3", "grpc_services": [{"envoy_grpc": {"cluster_name": "xds"}}]},
            "cds_config": ADS,
            "lds_config": ADS,
        },
        "static_resources": {"clusters": [xds]},
    }


@pytest.fixture(params=[{"virtualHosts": True}, {}], ids=["apart", "whole"])
async def edge(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Edge]:
    edge = Edge()
    port = (await edge.pusher.server.start({"127.0.0.1:0": None}))["127.0.0.1:0"]
    config = tmp_path / "envoy.json"
    config.write_text(json.dumps(bootstrap(port, request.param)))
    with (tmp_path / "envoy.log").open("wb") as log:
        arguments = ["-c", str(config), "--use-dynamic-base-id", "--concurrency", "1", "-l", "warning"]
        process = await asyncio.create_subprocess_exec(envoy_binary.find().path, *arguments, stdout=log, stderr=log)
        try:
            yield edge
        finally:
            process.terminate()
            await process.wait()
            await edge.pusher.server.stop()
            sys.stdout.write((tmp_path / "envoy.log").read_text()[-6000:])


async def _serving(name: str, tls: ssl.SSLContext | None = None) -> asyncio.Server:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = b""
            while b"connection: close" not in asked:
                asked = await reader.readuntil(b"\r\n\r\n")
                writer.write(f"HTTP/1.1 200 OK\r\ncontent-length: {len(name)}\r\n\r\n{name}".encode())
                await writer.drain()
            writer.close()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    return await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls)


def port_of(serving: asyncio.Server) -> int:
    return int(serving.sockets[0].getsockname()[1])


@pytest.fixture
async def apps() -> AsyncIterator[dict[str, int]]:
    """The ports of two plain HTTP servers that answer with their name."""
    servers = {name: await _serving(name) for name in ("a", "b")}
    yield {name: port_of(each) for name, each in servers.items()}
    for each in servers.values():
        each.close()


@pytest.mark.rule("GW-4")
@pytest.mark.rule("GW-5")
async def test_requests_go_by_host_and_who_is_unknown_gets_404(edge: Edge, apps: dict[str, int]) -> None:
    port = free_port()
    await edge.write(gateway("edge", server(port, "HTTP", '"*.test"')))
    await eventually(lambda: edge.ask(port, "a.test"), (404, ""))

    await edge.write(entry("a", apps["a"]), entry("b", apps["b"]), rule("a", "a.test", to("a")), rule("b", '"*.b.test"', to("b")))
    await eventually(lambda: edge.ask(port, "a.test"), (200, "a"))
    await eventually(lambda: edge.ask(port, "x.b.test:1234"), (200, "b"))
    assert await edge.ask(port, "c.test") == (404, "")


@pytest.mark.rule("VS-13")
async def test_rules_of_one_host_are_joined_and_one_more_host_needs_no_new_listener(edge: Edge, apps: dict[str, int]) -> None:
    port = free_port()
    path = "http: [{match: [{uri: {prefix: /b}}], route: [{destination: {host: b.mesh}}]}]"
    await edge.write(gateway("edge", server(port, "HTTP", '"*"')), entry("a", apps["a"]), entry("b", apps["b"]))
    await edge.write(rule("all", "one.test", to("a")), rule("part", "one.test", path))
    await eventually(lambda: edge.ask(port, "one.test", "/b"), (200, "b"))
    assert await edge.ask(port, "one.test", "/") == (200, "a")

    await edge.write(*(rule(f"n{number}", f"n{number}.test", to("b")) for number in range(20)))
    await eventually(lambda: edge.ask(port, "n19.test"), (200, "b"))
    assert await edge.ask(port, "n0.test") == (200, "b")
    assert await edge.ask(port, "other.test") == (404, "")

    await edge.write(rule("rest", '"*"', to("a")))
    await eventually(lambda: edge.ask(port, "other.test"), (200, "a"))
    assert await edge.ask(port, "n0.test") == (200, "b")


@pytest.mark.rule("GW-8")
async def test_plain_requests_are_told_to_come_back_by_tls(edge: Edge) -> None:
    port = free_port()
    await edge.write(gateway("edge", server(port, "HTTP", "a.test", "httpsRedirect: true")))
    await eventually(lambda: edge.ask(port, "a.test", "/x"), (301, "https://a.test/x"))
    assert await edge.ask(port, "b.test") == (404, "")
    assert await edge.ask(port, "a.test", headers={"x-forwarded-proto": "https"}) == (301, "https://a.test/")


@pytest.mark.rule("GW-9")
async def test_tls_ends_with_the_key_of_a_secret_which_may_change(edge: Edge, apps: dict[str, int]) -> None:
    port, first, second = free_port(), Pair("a.test"), Pair("a.test")
    await edge.write(
        gateway("edge", server(port, "HTTPS", "a.test", "mode: SIMPLE, credentialName: keys")),
        entry("a", apps["a"]),
        rule("a", "a.test", to("a")),
        secret("keys", tls_crt=first.certificate, tls_key=first.key),
    )
    await eventually(lambda: edge.ask_secure(port, "a.test"), (first.serial, "a"))
    assert await edge.ask_secure(port, "b.test") == (0, "")

    await edge.write(secret("keys", tls_crt=second.certificate, tls_key=second.key))
    await eventually(lambda: edge.ask_secure(port, "a.test"), (second.serial, "a"))


@pytest.mark.rule("GW-3")
async def test_mutual_tls_wants_a_certificate_of_the_right_roots(edge: Edge, apps: dict[str, int], tmp_path: Path) -> None:
    port, own, client, stranger = free_port(), Pair("a.test"), Pair("client"), Pair("stranger")
    await edge.write(
        gateway("edge", server(port, "HTTPS", "a.test", "mode: MUTUAL, credentialName: keys")),
        entry("a", apps["a"]),
        rule("a", "a.test", to("a")),
        secret("keys", tls_crt=own.certificate, tls_key=own.key),
        secret("keys-cacert", ca_crt=client.certificate),
    )
    await eventually(lambda: edge.ask_secure(port, "a.test", client.files(tmp_path, "client")), (own.serial, "a"))
    assert await edge.ask_secure(port, "a.test") == (0, "")
    assert await edge.ask_secure(port, "a.test", stranger.files(tmp_path, "stranger")) == (0, "")


@pytest.mark.rule("GW-7")
async def test_tls_passes_through_by_server_name_beside_tls_that_ends(edge: Edge, apps: dict[str, int], tmp_path: Path) -> None:
    port, inside, own = free_port(), Pair("pass.test"), Pair("a.test")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*inside.files(tmp_path, "inside"))
    sealed = await _serving("sealed", context)
    passing = "tls: [{match: [{sniHosts: [pass.test]}], route: [{destination: {host: sealed.mesh}}]}]"
    await edge.write(
        gateway("edge", server(port, "HTTPS", "a.test", "mode: SIMPLE, credentialName: keys"), server(port, "TLS", "pass.test", "mode: PASSTHROUGH")),
        entry("a", apps["a"]),
        entry("sealed", port_of(sealed), "TLS", 443),
        rule("a", "a.test", to("a")),
        rule("pass", "pass.test", passing),
        secret("keys", tls_crt=own.certificate, tls_key=own.key),
    )
    await eventually(lambda: edge.ask_secure(port, "pass.test"), (inside.serial, "sealed"))
    await eventually(lambda: edge.ask_secure(port, "a.test"), (own.serial, "a"))
    sealed.close()


@pytest.mark.rule("MC-3")
async def test_other_networks_reach_a_service_by_its_name_in_the_mesh(edge: Edge, tmp_path: Path) -> None:
    port, inside, asked = free_port(), Pair("inside"), "outbound_.443_._.sealed.mesh"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*inside.files(tmp_path, "inside"))
    sealed = await _serving("sealed", context)
    member = entry("sealed", port_of(sealed), "TCP", 443).replace("address: 127.0.0.1", "address: 127.0.0.1, serviceAccount: a")
    await edge.write(
        gateway("edge", server(port, "TLS", '"*.mesh"', "mode: AUTO_PASSTHROUGH")),
        member.replace("resolution:", "location: MESH_INTERNAL\n  resolution:"),
    )
    await eventually(lambda: edge.ask_secure(port, asked, protocol="istio"), (inside.serial, "sealed"))
    assert await edge.ask_secure(port, asked) == (0, "")
    assert await edge.ask_secure(port, "outbound_.443_._.other.mesh", protocol="istio") == (0, "")
    sealed.close()


@pytest.mark.rule("GW-5")
async def test_tcp_has_a_listener_as_soon_as_there_is_a_route(edge: Edge, apps: dict[str, int]) -> None:
    port = free_port()
    await edge.write(gateway("edge", server(port, "TCP", '"*"')), entry("a", apps["a"], "TCP"))
    assert await edge.ask(port, "x") == (0, "")

    await edge.write(rule("tcp", '"*"', "tcp: [{route: [{destination: {host: a.mesh}}]}]"))
    await eventually(lambda: edge.ask(port, "x"), (200, "a"))


@pytest.mark.rule("GW-9")
async def test_a_secret_that_is_missing_keeps_nobody_else_waiting(edge: Edge, apps: dict[str, int]) -> None:
    port, beside, own = free_port(), free_port(), Pair("a.test")
    await edge.write(
        gateway(
            "edge",
            server(port, "HTTPS", "a.test", "mode: SIMPLE, credentialName: keys", "has"),
            server(port, "HTTPS", "b.test", "mode: SIMPLE, credentialName: lost", "lacks"),
            server(beside, "HTTP", "a.test"),
        ),
        entry("a", apps["a"]),
        rule("a", "a.test, b.test", to("a")),
        secret("keys", tls_crt=own.certificate, tls_key=own.key),
    )
    await eventually(lambda: edge.ask(beside, "a.test"), (200, "a"))
    await eventually(lambda: edge.ask_secure(port, "a.test"), (own.serial, "a"))
    assert await edge.ask_secure(port, "b.test") == (0, "")

    late = Pair("b.test")
    await edge.write(secret("lost", tls_crt=late.certificate, tls_key=late.key))
    await eventually(lambda: edge.ask_secure(port, "b.test"), (late.serial, "a"))
