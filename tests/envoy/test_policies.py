"""Policies in a real Envoy: every form is accepted, and real requests under mutual TLS are let in or refused as the objects say."""

from __future__ import annotations

import base64
import datetime
import http.client
import json
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from envoy.config.bootstrap.v3.bootstrap_pb2 import Bootstrap
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.listener.v3.listener_components_pb2 import FilterChain
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.extensions.transport_sockets.tls.v3.tls_pb2 import DownstreamTlsContext
from google.protobuf.json_format import MessageToJson

from lateen.agent import envoy_binary
from lateen.api import decode, inputs
from lateen.explain.authorize import authorize
from lateen.explain.call import Call, Wire
from lateen.explain.call import Protocol as CallProtocol
from lateen.explain.step import Outcome
from lateen.flow import Graph
from lateen.ir.chain import UNOBSERVED, Bytes, Chain, Handler, HttpOptions, Requests, Side
from lateen.ir.match import Claim, Header, Manner, Text
from lateen.ir.policy import (
    SOMETHING,
    Action,
    Address,
    Authorization,
    Authorizer,
    CalledPath,
    Clause,
    Consultation,
    End,
    FilterWord,
    PathTemplate,
    Peer,
    PeerPart,
    Port,
    Protocol,
    Rule,
    ServerName,
    Shown,
    ShownBody,
    Test,
    TokenPrincipal,
)
from lateen.ir.routes import Forward, Share, VirtualHost
from lateen.ir.routes import Rule as Route
from lateen.ir.token import Carrier, Issuer, Place, Tokens
from lateen.ir.view import ProxyKind, View
from lateen.render.filter_chain import filter_chain
from lateen.render.listener import RENDERERS
from lateen.translate import authorization
from lateen.translate.keys import with_fake_key
from lateen.translate.path_templates import path_template
from tests.given.running import WITHIN, free_port

pytestmark = pytest.mark.envoy

UPSTREAM = "inbound|8080||"
AUTHORIZER = "outbound|8000||authorizer.default.svc.cluster.local"
SECOND = 10**9
assert RENDERERS

# Every form

TEXTS = (Text(Manner.EXACT, "a.b"), Text(Manner.PREFIX, "a("), Text(Manner.SUFFIX, "/b"), SOMETHING)
OF_CALLER: tuple[tuple[Test, ...], ...] = (
    *(tuple(Peer(part, text) for text in TEXTS) for part in PeerPart),
    tuple(TokenPrincipal(text) for text in (*TEXTS, Text(Manner.EXACT, "https://a/b"), Text(Manner.PREFIX, "https://a/b"), Text(Manner.EXACT, ""))),
    (Address(End.PEER, "10.0.0.0/8"), Address(End.PEER, "2001:db8::/32")),
    (Address(End.CLIENT, "10.0.0.1/32"),),
    (Header("x-a"), Header("x-b", TEXTS[0])),
    tuple(Claim(("a", "b"), text) for text in TEXTS),
)
OF_CALL: tuple[tuple[Test, ...], ...] = (
    (Header(":authority", Text(Manner.EXACT, "A.example", ignore_case=True)), Header(":method", TEXTS[0]), Header(":authority")),
    tuple(CalledPath(text) for text in TEXTS),
    (PathTemplate("/a/*/b/**"), PathTemplate("/store/**/cart"), PathTemplate("/**"), PathTemplate("/a-._~%20!$&'()+,;:@=")),
    (Port(8080), Port(1)),
    (Address(End.WORKLOAD, "10.0.0.1/32"),),
    tuple(ServerName(text) for text in TEXTS),
    (
        FilterWord("envoy.filters.network.mysql_proxy", "a.b", TEXTS[0]),
        FilterWord("envoy.filters.network.mysql_proxy", "a.b", TEXTS[1], listed=True),
    ),
)
OF_BYTES = tuple(
    tuple(test for test in tests if isinstance(test, Peer | Address | Port | ServerName | FilterWord)) for tests in (*OF_CALLER, *OF_CALL)
)


def rules_of(callers: tuple[tuple[Test, ...], ...], calls: tuple[tuple[Test, ...], ...]) -> tuple[Rule, ...]:
    rest = tuple(Clause(tests, tests[:1]) for tests in (*callers, *calls))
    return (
        Rule("ns[a]-policy[b]-rule[0]", tuple((Clause(tests),) for tests in callers), tuple((Clause(tests, tests),) for tests in calls)),
        Rule("ns[a]-policy[b]-rule[1]", conditions=rest),
        Rule("ns[a]-policy[b]-rule[2]"),
    )


HTTP_RULES = rules_of(OF_CALLER, OF_CALL)
BYTES_RULES = rules_of(tuple(tests for tests in OF_BYTES[:4] if tests), tuple(tests for tests in OF_BYTES[9:] if tests))
NAMES = (Text(Manner.EXACT, "x-a", ignore_case=True), Text(Manner.PREFIX, "x-", ignore_case=True))
BY_HTTP = Authorizer(
    Protocol.HTTP,
    AUTHORIZER,
    "a.example",
    SECOND,
    True,
    503,
    True,
    ShownBody(1000, True),
    Shown("/p", NAMES, (("x", "1"),), NAMES, NAMES, NAMES),
)
BY_GRPC = Authorizer(Protocol.GRPC, AUTHORIZER, "a.example", SECOND, body=ShownBody(1000, as_bytes=True))
PLACES = (Place(Carrier.HEADER, "x-token", "JWT "), Place(Carrier.PARAMETER, "token"), Place(Carrier.COOKIE, "session"))
ISSUERS = (
    Issuer("a@example.com", with_fake_key("")),
    Issuer("", with_fake_key(""), ("aud",), PLACES, ("scope", "teams"), "x-payload", (("x-sub", "sub"), ("x-b", "a.b")), True),
)


def decisions(rules: tuple[Rule, ...]) -> tuple[Authorization, ...]:
    return (
        Authorization(Action.AUDIT, rules),
        Authorization(Action.DENY, rules, rules),
        Authorization(Action.DENY, None, rules),
        Authorization(Action.ALLOW, rules, rules),
        Authorization(Action.ALLOW, ()),
    )


EVERY_REQUEST = (
    Consultation(BY_HTTP, HTTP_RULES, "http"),
    Consultation(BY_GRPC, HTTP_RULES, "grpc"),
    Tokens(ISSUERS[:1]),
    Tokens(ISSUERS, rerouted=True),
    *decisions(HTTP_RULES),
)
EVERY_CONNECTION = (Consultation(BY_GRPC, BYTES_RULES), *decisions(BYTES_RULES))


def test_envoy_accepts_every_form_of_policy(tmp_path: Path) -> None:
    config = tmp_path / "envoy.json"
    chains = (chain_of(requests(*EVERY_REQUEST)), chain_of(connections(*EVERY_CONNECTION)))
    config.write_text(MessageToJson(bootstrap([listener(0, chain) for chain in chains], {AUTHORIZER: 1, UPSTREAM: 1})))

    run = subprocess.run([envoy_binary.find().path, "--mode", "validate", "-c", config], capture_output=True, text=True, timeout=60, check=False)

    assert run.returncode == 0, run.stderr
    assert [line for line in run.stderr.splitlines() if "eprecated" in line and "RouteAction.max_grpc_timeout" not in line] == []


# A machine

WORLD = """
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: |
    trustDomainAliases: [old]
    extensionProviders:
    - name: asked
      envoyExtAuthzHttp: {service: authorizer.default.svc.cluster.local, port: 8000, includeRequestHeadersInCheck: [x-pass]}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: authorizer, namespace: default}
spec:
  hosts: [authorizer.default.svc.cluster.local]
  resolution: STATIC
  endpoints: [{address: 127.0.0.1}]
  ports: [{number: 8000, name: http}]
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: tokens, namespace: default}
spec:
  selector: {matchLabels: {app: web}}
  jwtRules:
  - {issuer: "https://issuer.example", jwks: 'KEYS', outputClaimToHeaders: [{header: x-sub, claim: sub}]}
  - {issuer: nobody, jwksUri: "https://nobody.example/keys", fromHeaders: [{name: x-other}]}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: custom, namespace: default}
spec:
  selector: {matchLabels: {app: web}}
  action: CUSTOM
  provider: {name: asked}
  rules: [{to: [{operation: {paths: [/asked*]}}]}]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: deny, namespace: default}
spec:
  action: DENY
  rules:
  - {from: [{source: {principals: [cluster.local/ns/default/sa/banned]}}]}
  - {to: [{operation: {paths: [/both/secret]}}]}
  - {to: [{operation: {hosts: [never.example]}}]}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: trial, namespace: default, annotations: {istio.io/dry-run: "true"}}
spec: {action: DENY, rules: [{to: [{operation: {paths: [/any]}}]}]}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: allow, namespace: default}
spec:
  rules:
  - {from: [{source: {principals: [cluster.local/ns/default/sa/friend]}}], to: [{operation: {paths: [/principal]}}]}
  - {from: [{source: {principals: [old/ns/default/sa/friend]}}], to: [{operation: {paths: [/alias]}}]}
  - {from: [{source: {namespaces: [default, "oth*"]}}], to: [{operation: {paths: ["/both*"]}}]}
  - {from: [{source: {notNamespaces: [other]}}], to: [{operation: {paths: [/not-other]}}]}
  - {from: [{source: {serviceAccounts: [friend, other/friend]}}], to: [{operation: {paths: [/account]}}]}
  - {from: [{source: {ipBlocks: [127.0.0.0/8]}}], to: [{operation: {paths: ["/any", "/asked*"], methods: [GET]}}]}
  - {from: [{source: {remoteIpBlocks: [203.0.113.0/24]}}], to: [{operation: {paths: [/remote]}}]}
  - {to: [{operation: {paths: ["/one/{*}/end", "/many/{**}"]}}]}
  - {from: [{source: {requestPrincipals: ["https://issuer.example/ann"]}}], to: [{operation: {paths: [/token]}}]}
  - {to: [{operation: {paths: [/claim]}}], when: [{key: "request.auth.claims[groups]", values: [admin]}]}
  - {to: [{operation: {paths: [/scope]}}], when: [{key: "request.auth.claims[scope]", values: [write]}]}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: bytes, namespace: bytes}
spec: {action: DENY, rules: [{from: [{source: {principals: ["*/sa/banned"]}}]}]}
"""


def requests(*policy: object) -> Requests:
    route = Route(Forward((Share(UPSTREAM),)))
    return Requests(
        "in", hosts=(VirtualHost("all", ("*",), (route,)),), side=Side.INBOUND, policy=policy, observation=UNOBSERVED, options=HttpOptions()
    )


def connections(*policy: object) -> Bytes:
    return Bytes(((UPSTREAM, 1),), Side.INBOUND, policy=policy, observation=UNOBSERVED)


def chain_of(handler: Handler) -> FilterChain:
    return FilterChain.FromString(filter_chain(Chain("in", handler)))


def listener(port: int, chain: FilterChain) -> Listener:
    out = Listener(name=f"in-{port}-{len(chain.filters)}")
    out.address.socket_address.address = "127.0.0.1"
    out.address.socket_address.port_value = port
    out.filter_chains.append(chain)
    return out


def bootstrap(listeners: list[Listener], clusters: Mapping[str, int]) -> Bootstrap:
    out = Bootstrap()
    out.static_resources.listeners.extend(listeners)
    for name, port in clusters.items():
        cluster = Cluster(name=name, type=Cluster.STATIC)
        cluster.load_assignment.cluster_name = name
        address = cluster.load_assignment.endpoints.add().lb_endpoints.add().endpoint.address.socket_address
        address.address, address.port_value = "127.0.0.1", port
        out.static_resources.clusters.append(cluster)
    return out


class Answering(BaseHTTPRequestHandler):
    """The workload, which tells what it was shown of the token, and the authorizer, which asks for a header."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        refused = self.server.server_port == self.server.authorizer_port and self.headers.get("x-pass") != "yes"
        self.send_response(403 if refused else 200)
        body = f"{self.headers.get('x-sub')} {self.headers.get('authorization')}".encode()
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Authority:
    """Signs certificates for SPIFFE ids, and tokens."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "mesh")])
        self.root = self._certificate(self.name, self.key.public_key(), x509.BasicConstraints(ca=True, path_length=None))
        self.signer = rsa.generate_private_key(65537, 2048)

    def _certificate(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *extensions: x509.ExtensionType) -> bytes:
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateBuilder(self.name, subject, key, x509.random_serial_number(), now, now + datetime.timedelta(hours=1))
        for extension in extensions:
            builder = builder.add_extension(extension, critical=True)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def pair(self, identity: str) -> tuple[Path, Path]:
        """Files of a certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = identity.replace("/", "_")
        certificate, private = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        alternative = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(f"spiffe://{identity}")])
        certificate.write_bytes(self._certificate(x509.Name([]), key.public_key(), alternative))
        encoding = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        private.write_bytes(key.private_bytes(*encoding))
        return certificate, private

    def key_set(self) -> str:
        numbers = self.signer.public_key().public_numbers()
        modulus = _text(numbers.n.to_bytes(256, "big"))
        return json.dumps({"keys": [{"kty": "RSA", "alg": "RS256", "kid": "k", "e": "AQAB", "n": modulus}]})

    def token(self, **claims: object) -> str:
        content = {"iss": "https://issuer.example", "sub": "ann", "exp": int(time.time()) + 600, **claims}
        head = _text(json.dumps({"alg": "RS256", "kid": "k"}).encode())
        signed = f"{head}.{_text(json.dumps(content).encode())}"
        return f"{signed}.{_text(self.signer.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def _text(of: bytes) -> str:
    return base64.urlsafe_b64encode(of).rstrip(b"=").decode()


class Machine:
    """One Envoy in front of a workload: requests under mutual TLS, requests in plain text, bytes under mutual TLS.

    What becomes of each is what is explained of it in the world that the policies are from.
    """

    def __init__(self, authority: Authority, ports: dict[str, int], g: Graph) -> None:
        self.authority = authority
        self.ports = ports
        self.g = g
        self._contexts: dict[str, ssl.SSLContext] = {}

    def ask(self, path: str, identity: str = "cluster.local/ns/default/sa/friend", method: str = "GET", **headers: str) -> tuple[int, str]:
        """The status and the body of an answer; no identity asks in plain text."""
        if identity:
            link: http.client.HTTPConnection = http.client.HTTPSConnection(
                "127.0.0.1", self.ports["tls"], timeout=10, context=self._context(identity)
            )
        else:
            link = http.client.HTTPConnection("127.0.0.1", self.ports["plain"], timeout=10)
        link.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = link.getresponse()
        found = answer.status, answer.read().decode()
        link.close()
        self._as_explained(found[0], path, identity, method, {name.replace("_", "-"): value for name, value in headers.items()})
        return found

    def _as_explained(self, status: int, path: str, identity: str, method: str, headers: Mapping[str, str]) -> None:
        port = self.ports["tls" if identity else "plain"]
        call = Call(
            "127.0.0.1",
            port,
            address="127.0.0.1",
            method=method,
            path=path,
            headers=tuple((name, value) for name, value in headers.items() if name != "host"),
            authority=headers.get("host", f"127.0.0.1:{port}"),
            wire=Wire.MESH if identity else Wire.PLAIN,
            source="127.0.0.1",
            identity=identity,
            now=int(time.time()),
        )
        said = authorize(self.g, WEB, call, asked_of_requests(self.g))
        if not any(step.outcome is Outcome.UNKNOWN for step in said.steps):
            assert (200 if said.allowed else said.status) == status, said

    def exchanged(self, identity: str) -> bytes:
        """What comes back when the identity sends a request as mere bytes."""
        with self._context(identity).wrap_socket(socket.create_connection(("127.0.0.1", self.ports["bytes"]), timeout=10)) as link:
            link.sendall(b"GET / HTTP/1.0\r\n\r\n")
            try:
                found = link.recv(15)
            except ConnectionResetError:
                found = b""
        call = Call("", self.ports["bytes"], protocol=CallProtocol.TCP, wire=Wire.MESH, identity=identity)
        said = authorize(self.g, BYTES, call, connections(*authorization.connections(self.g, "bytes", ())))
        assert said.allowed == bool(found), said
        return found

    def statistic(self, ending: str) -> int:
        link = http.client.HTTPConnection("127.0.0.1", self.ports["admin"], timeout=10)
        link.request("GET", "/stats")
        lines = link.getresponse().read().decode().splitlines()
        return sum(int(value) for name, _, value in (line.partition(": ") for line in lines) if name.endswith(ending))

    def _context(self, identity: str) -> ssl.SSLContext:
        if identity not in self._contexts:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            context.load_cert_chain(*self.authority.pair(identity))
            self._contexts[identity] = context
        return self._contexts[identity]


def secured(chain: FilterChain, authority: Authority) -> FilterChain:
    """The chain behind mutual TLS with keys from files."""
    context = DownstreamTlsContext()
    context.require_client_certificate.value = True
    certificate, key = authority.pair("cluster.local/ns/default/sa/web")
    own = context.common_tls_context.tls_certificates.add()
    own.certificate_chain.filename, own.private_key.filename = str(certificate), str(key)
    context.common_tls_context.validation_context.trusted_ca.inline_bytes = authority.root
    chain.transport_socket.name = "envoy.transport_sockets.tls"
    chain.transport_socket.typed_config.Pack(context)
    return chain


WEB = View(ProxyKind.SIDECAR, "default", (("app", "web"), ("version", "v1")))
BYTES = View(ProxyKind.SIDECAR, "bytes")


def asked_of_requests(g: Graph) -> Requests:
    return requests(*authorization.requests(g, WEB.namespace, WEB.labels))


def world(key_set: str) -> Graph:
    g = Graph()
    found, findings = decode.resources(WORLD.replace("KEYS", key_set))
    assert not findings
    with g.batch() as batch:
        inputs.write(g, batch, [(each.ref, each) for each in found])
    return g


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + WITHIN
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert process.poll() is None and time.monotonic() < until, "Envoy does not listen"
            threading.Event().wait(0.02)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    folder = tmp_path_factory.mktemp("policies")
    authority = Authority(folder)
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Answering) for _ in range(2)]
    for server in servers:
        server.daemon_threads = True
        server.authorizer_port = servers[1].server_port
        threading.Thread(target=server.serve_forever, daemon=True).start()
    g = world(authority.key_set())
    asked = asked_of_requests(g)
    ports = {name: free_port() for name in ("tls", "plain", "bytes", "admin")}
    listeners = [
        listener(ports["tls"], secured(chain_of(asked), authority)),
        listener(ports["plain"], chain_of(asked)),
        listener(ports["bytes"], secured(chain_of(connections(*authorization.connections(g, "bytes", ()))), authority)),
    ]
    config = bootstrap(listeners, {UPSTREAM: servers[0].server_port, AUTHORIZER: servers[1].server_port})
    config.admin.address.socket_address.address = "127.0.0.1"
    config.admin.address.socket_address.port_value = ports["admin"]
    (folder / "envoy.json").write_text(MessageToJson(config))
    command = [
        envoy_binary.find().path,
        "-c",
        folder / "envoy.json",
        "--use-dynamic-base-id",
        "--concurrency",
        "1",
        "--log-path",
        folder / "log",
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for port in ports.values():
                wait_for(port, process)
            yield Machine(authority, ports, g)
        finally:
            process.terminate()
            process.wait(20)
            for server in servers:
                server.shutdown()
                server.server_close()


FRIEND = "cluster.local/ns/default/sa/friend"
OTHER = "cluster.local/ns/other/sa/friend"
BANNED = "cluster.local/ns/default/sa/banned"
STRANGER = "cluster.local/ns/strange/sa/stranger"


@pytest.mark.rule("AZ-5")
@pytest.mark.rule("AZ-6")
@pytest.mark.parametrize(
    ("path", "identity", "expected"),
    [
        ("/principal", FRIEND, 200),
        ("/principal", "old/ns/default/sa/friend", 200),
        ("/principal", OTHER, 403),
        ("/principal", "", 403),
        ("/principal?query=1", FRIEND, 200),
        ("/alias", FRIEND, 200),
        ("/both", OTHER, 200),
        ("/both", "cluster.local/ns/otherwise/sa/x", 200),
        ("/both", STRANGER, 403),
        ("/both", "", 403),
        ("/not-other", STRANGER, 200),
        ("/not-other", OTHER, 403),
        ("/not-other", "", 200),
        ("/account", FRIEND, 200),
        ("/account", OTHER, 200),
        ("/account", STRANGER, 403),
        ("/any", "", 200),
        ("/unknown", FRIEND, 403),
        ("/one/two/end", "", 200),
        ("/one//end", "", 403),
        ("/one/two/three/end", "", 403),
        ("/many/two/three", "", 200),
        ("/any/../principal", FRIEND, 200),
    ],
)
def test_who_is_allowed(machine: Machine, path: str, identity: str, expected: int) -> None:
    assert machine.ask(path, identity)[0] == expected


@pytest.mark.rule("AZ-2")
def test_what_is_denied_is_never_allowed(machine: Machine) -> None:
    assert machine.ask("/both", BANNED) == (403, "RBAC: access denied")
    assert machine.ask("/both", FRIEND)[0] == 200
    assert machine.ask("/both/secret", FRIEND)[0] == 403


@pytest.mark.rule("AZ-5")
def test_methods_and_hosts(machine: Machine) -> None:
    assert machine.ask("/any", method="POST", content_length="0")[0] == 403
    assert machine.ask("/any", host="NEVER.example")[0] == 403
    assert machine.ask("/any", host="never.example:80")[0] == 200


@pytest.mark.rule("AZ-6")
def test_the_address_of_the_client_is_not_that_of_the_peer(machine: Machine) -> None:
    assert machine.ask("/remote", x_forwarded_for="203.0.113.7")[0] == 200
    assert machine.ask("/remote")[0] == 403


@pytest.mark.rule("JW-2")
@pytest.mark.rule("JW-5")
def test_tokens(machine: Machine) -> None:
    def bearer(**claims: object) -> str:
        return f"Bearer {machine.authority.token(**claims)}"

    assert machine.ask("/token", authorization=bearer()) == (200, "ann None")
    assert machine.ask("/token", x_sub="ann")[0] == 403
    assert machine.ask("/token", authorization=bearer(sub="bob"))[0] == 403
    assert machine.ask("/token", authorization=bearer(exp=1)) == (401, "Jwt is expired")
    assert machine.ask("/any", authorization=bearer(exp=1))[0] == 401
    assert machine.ask("/any", authorization=bearer(iss="other"))[0] == 401
    assert machine.ask("/any", authorization=bearer()[:-4] + "AAAA")[0] == 401
    assert machine.ask("/any", x_sub="root") == (200, "None None")
    assert machine.ask("/claim", authorization=bearer(groups=["user", "admin"]))[0] == 200
    assert machine.ask("/claim", authorization=bearer(groups="admin"))[0] == 200
    assert machine.ask("/claim", authorization=bearer(groups=["user"]))[0] == 403
    assert machine.ask("/scope", authorization=bearer(scope="read write"))[0] == 200


@pytest.mark.rule("JW-4")
def test_without_keys_no_token_passes(machine: Machine) -> None:
    assert machine.ask("/any", x_other=machine.authority.token(iss="nobody"))[0] == 401


@pytest.mark.rule("AZ-9")
def test_a_dry_run_is_counted_and_not_enforced(machine: Machine) -> None:
    before = machine.statistic("istio_dry_run_deny_.shadow_denied")
    assert machine.ask("/any")[0] == 200
    assert machine.statistic("istio_dry_run_deny_.shadow_denied") == before + 1


@pytest.mark.rule("AZ-10")
def test_an_authorizer_is_asked_only_about_what_its_rules_match(machine: Machine) -> None:
    assert machine.ask("/asked", x_pass="yes")[0] == 200
    assert machine.ask("/asked", x_pass="no")[0] == 403
    assert machine.ask("/any", x_pass="no")[0] == 200


@pytest.mark.rule("AZ-8")
def test_connections_are_refused_by_identity(machine: Machine) -> None:
    assert machine.exchanged(FRIEND) == b"HTTP/1.1 200 OK"
    assert machine.exchanged(BANNED) == b""


@pytest.mark.parametrize("path", ["/a/{*}/b/{**}", "/store/{**}/cart", "/{**}", "/a-._~%20!$&'()+,;:@="])
def test_templates_that_are_taken_for_valid_are_so_for_envoy(path: str) -> None:
    assert PathTemplate(path_template(path) or "") in OF_CALL[2]
