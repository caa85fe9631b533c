"""What is explained of arriving calls is what the real Envoy does: worlds of policies, each called for real and explained, with equal outcomes."""

from __future__ import annotations

import base64
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from lateen.explain.arrival import arrive
from lateen.explain.call import Call, Wire
from lateen.explain.evidence import normalised
from lateen.explain.route import way
from lateen.explain.step import Decision, Outcome
from lateen.identity import signed_token
from lateen.ir.view import View
from stage.answers import Answer
from stage.foretold import PROTOCOLS
from stage.proxied import Proxied
from stage.stage import Stage
from stage.worlds import gateway, mesh, service, to, virtual_service
from tests.given.policies import policies

pytestmark = [pytest.mark.envoy, pytest.mark.root]

IP = "10.1.0.20"
LABELS = {"app": "web", "version": "v1"}
SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec:
  clusterIP: 240.240.1.20
  selector: {app: web}
  ports:
  - {name: http, port: 80, targetPort: 8080}
  - {name: tcp, port: 90, targetPort: 9090}
  - {name: other, port: 95, targetPort: 9095}
"""
HTTP, TCP, AUTO, UNDECLARED = 8080, 9090, 9095, 9999
REFUSED = {7: "403", 16: "401"}
"""What becomes of refusals for gRPC."""
OFFERED = {"http1": "istio-http/1.1", "http2": "istio-h2", "grpc": "istio-h2", "bytes": "istio"}


class Made(msgspec.Struct, frozen=True):
    """A call to the workload. `identity` is `namespace/account` of the caller, empty for plain text, and `domain` its trust domain; with `own_tls` it
    speaks TLS without the mesh's certificate.
    """

    port: int = HTTP
    path: str = "/"
    identity: str = ""
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    host: str = "web"
    manner: str = "http1"
    domain: str = "cluster.local"
    own_tls: bool = False
    alpn: tuple[str, ...] = ()
    sni: str = "outbound_.80_._.web.default.svc.cluster.local"


def asked(stage: Stage, server: Proxied, made: Made) -> Answer:
    """What is answered to it."""
    outside = stage.outside()
    url = f"://{made.host}:{made.port}{made.path}"
    body = {"body": "hello\n"} if made.manner == "bytes" else {}
    more = {"to": server, "method": made.method, "headers": made.headers, "manner": made.manner, **body}
    if not (made.identity or made.own_tls):
        return outside.request(f"http{url}", **more)
    tls: dict[str, Any] = {"sni": made.sni, "alpn": list(_offered(made))}
    if made.identity:
        tls["certificate"] = str(stage.credentials.mesh(made.identity, made.domain))
    return outside.request(f"https{url}", tls=tls, **more)


def outcome_of(answer: Answer, at: str) -> str:
    """What came of it. Bytes that are answered with HTTP were not taken as bytes."""
    if answer.grpc_status in REFUSED:
        return REFUSED[answer.grpc_status]
    return "allowed" if answer.at == at or answer.status == 200 else str(answer.status) if answer.status else "closed"


def _offered(made: Made) -> tuple[str, ...]:
    return made.alpn or (OFFERED[made.manner],)


def call_of(stage: Stage, made: Made, address: str) -> Call:
    """The same as a call that can be explained."""
    namespace, _, account = made.identity.partition("/")
    by_tls = bool(made.identity or made.own_tls)
    return Call(
        made.host,
        made.port,
        address=address,
        authority=f"{made.host}:{made.port}",
        protocol=PROTOCOLS[made.manner],
        method="POST" if made.manner == "grpc" else made.method,
        path=made.path,
        headers=made.headers,
        wire=Wire.MESH if made.identity else Wire.TLS if made.own_tls else Wire.PLAIN,
        sni=made.sni if by_tls else "",
        alpn=_offered(made) if by_tls else (),
        source=stage.outside().address,
        identity=f"spiffe://{made.domain}/ns/{namespace}/sa/{account}" if made.identity else "",
        now=int(time.time()),
    )


def arrived(stage: Stage, view: View, call: Call) -> Decision:
    return stage.control.ask(lambda g: arrive(g, view, call))


def outcome(decision: Decision) -> str:
    return "allowed" if decision.allowed else str(decision.status) if decision.status else "closed"


def compared(stage: Stage, calls: Iterable[Made]) -> Counter[str]:
    """How often which outcome came of the calls, once each was explained as it went."""
    server = stage.sidecar(labels=LABELS, ip=IP)
    view = stage.oracle.sidecar(server.address)
    assert view is not None
    found: Counter[str] = Counter()
    differences = []
    for made in calls:
        real, call = outcome_of(asked(stage, server, made), IP), call_of(stage, made, IP)
        said = arrived(stage, view, call)
        found[real] += 1
        if outcome(said) != real:
            differences.append(
                f"{made}\n  {real}, explained as {outcome(said)}: " + "\n    ".join(f"{step.outcome} {step.said}" for step in said.steps)
            )
    assert differences == [], "\n".join(differences)
    return found


def policy(spec: str, name: str = "p", namespace: str = "default", annotations: str = "{}") -> str:
    return f"""
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: {name}, namespace: {namespace}, annotations: {annotations}}}
spec: {{{spec}}}
"""


def peers(spec: str, namespace: str = "default", name: str = "peers") -> str:
    return f"""
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {{name: {name}, namespace: {namespace}}}
spec: {{{spec}}}
"""


def sidecar(ingress: str) -> str:
    return f"""
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {{name: web, namespace: default}}
spec: {{workloadSelector: {{labels: {{app: web}}}}, ingress: [{ingress}]}}
"""


CALLERS = ("", "default/friend", "other/friend", "default/api")
BATTERY: Sequence[Made] = (
    *(Made(identity=each) for each in CALLERS),
    *(Made(identity=each, path="/public/x?q=1") for each in CALLERS),
    *(Made(identity=each, path="/admin", method="POST", headers=(("x-user", "ann"), ("content-length", "0"))) for each in CALLERS),
    *(Made(port=TCP, identity=each, manner="bytes") for each in CALLERS),
    *(Made(port=AUTO, identity=each) for each in CALLERS),
    *(Made(port=AUTO, identity=each, manner="bytes") for each in CALLERS),
    *(Made(port=UNDECLARED, identity=each) for each in CALLERS[:2]),
    *(Made(port=UNDECLARED, identity=each, manner="bytes") for each in CALLERS[:2]),
    *(Made(manner=manner, identity=each, port=port) for manner in ("http2", "grpc") for each in CALLERS[:2] for port in (HTTP, AUTO)),
    Made(own_tls=True, alpn=("http/1.1",)),
    Made(own_tls=True, port=TCP, alpn=("http/1.1",)),
    Made(own_tls=True, port=AUTO, alpn=("http/1.1",)),
    Made(own_tls=True, alpn=("istio-http/1.1",)),
    Made(identity="default/friend", domain="foreign"),
    Made(identity="default/friend", domain="old"),
)

WORLDS = {
    "nothing": "",
    "strict": peers("mtls: {mode: STRICT}"),
    "disabled": peers("mtls: {mode: DISABLE}"),
    "strict, but one port": peers('selector: {matchLabels: {app: web}}, mtls: {mode: STRICT}, portLevelMtls: {"9090": {mode: PERMISSIVE}}'),
    "strict on one port": peers('selector: {matchLabels: {app: web}}, portLevelMtls: {"9999": {mode: STRICT}}'),
    "strict mesh, permissive namespace": peers("mtls: {mode: STRICT}", "istio-system") + peers("mtls: {mode: PERMISSIVE}"),
    "alias": mesh("{trustDomainAliases: [old]}"),
    "nothing allowed": policy(""),
    "everything allowed": policy("rules: [{}]"),
    "everything denied": policy("action: DENY, rules: [{}]"),
    "principal": policy("rules: [{from: [{source: {principals: [cluster.local/ns/default/sa/friend]}}]}]"),
    "aliased principal": mesh("{trustDomainAliases: [old]}") + policy("rules: [{from: [{source: {principals: [old/ns/default/sa/friend]}}]}]"),
    "trust domain": mesh("{trustDomainAliases: [old]}") + policy("rules: [{from: [{source: {trustDomains: [old]}}]}]"),
    "any principal": policy('rules: [{from: [{source: {principals: ["*"]}}]}]'),
    "suffix of a principal": policy('rules: [{from: [{source: {principals: ["*/sa/friend"]}}]}]'),
    "no principals but": policy("action: DENY, rules: [{from: [{source: {notPrincipals: [cluster.local/ns/default/sa/friend]}}]}]"),
    "namespaces": policy('rules: [{from: [{source: {namespaces: ["oth*"]}}]}]'),
    "not namespaces": policy("rules: [{from: [{source: {notNamespaces: [other]}}]}]"),
    "accounts": policy("rules: [{from: [{source: {serviceAccounts: [friend, other/friend]}}]}]"),
    "address": policy("rules: [{from: [{source: {ipBlocks: [10.250.0.0/16]}}]}]"),
    "other address": policy("rules: [{from: [{source: {ipBlocks: [10.251.0.0/16]}}]}]"),
    "two sources": policy("rules: [{from: [{source: {namespaces: [other]}}, {source: {principals: [cluster.local/ns/default/sa/api]}}]}]"),
    "path": policy("rules: [{to: [{operation: {paths: [/public/*]}}]}]"),
    "denied path": policy("action: DENY, rules: [{to: [{operation: {paths: [/admin]}}]}]"),
    "method and source": policy("rules: [{from: [{source: {namespaces: [default]}}], to: [{operation: {methods: [GET]}}]}]"),
    "port": policy('rules: [{to: [{operation: {ports: ["8080", "9090"]}}]}]'),
    "denied port": policy('action: DENY, rules: [{to: [{operation: {ports: ["9090", "9999"]}}]}]'),
    "host": policy('rules: [{to: [{operation: {hosts: ["WEB:8080"]}}]}]'),
    "host without port": policy("rules: [{to: [{operation: {hosts: [web]}}]}]"),
    "header": policy('rules: [{when: [{key: "request.headers[x-user]", values: ["*"]}]}]'),
    "not header": policy('rules: [{when: [{key: "request.headers[x-user]", notValues: [ann]}]}]'),
    "server name": policy('rules: [{when: [{key: connection.sni, values: ["outbound_.80_.*"]}]}]'),
    "destination": policy(f'rules: [{{when: [{{key: destination.ip, values: [{IP}]}}, {{key: destination.port, values: ["8080"]}}]}}]'),
    "template": policy('rules: [{to: [{operation: {paths: ["/{*}/x"]}}]}]'),
    "deny beats allow": policy("rules: [{}]") + policy("action: DENY, rules: [{from: [{source: {namespaces: [other]}}]}]", "q"),
    "audit": policy("action: AUDIT, rules: [{}]"),
    "dry run": policy("action: DENY, rules: [{}]", annotations='{istio.io/dry-run: "true"}'),
    "root namespace": policy("rules: [{from: [{source: {namespaces: [default]}}]}]", namespace="istio-system"),
    "selected": policy("selector: {matchLabels: {app: web}}, rules: [{from: [{source: {namespaces: [default]}}]}]"),
    "selected from the root namespace": policy("selector: {matchLabels: {version: v1}}, action: DENY, rules: [{}]", namespace="istio-system"),
    "others selected": policy("selector: {matchLabels: {app: other}}, action: DENY, rules: [{}]"),
    "a Sidecar declares the ports": sidecar("{port: {number: 8080, protocol: HTTP, name: http}, defaultEndpoint: 0.0.0.0:8080}"),
    "a Sidecar declares bytes": sidecar("{port: {number: 8080, protocol: TCP, name: tcp}, defaultEndpoint: 0.0.0.0:8080}")
    + policy("action: DENY, rules: [{to: [{operation: {paths: [/admin]}}]}]"),
    "no provider": policy("action: CUSTOM, provider: {name: nobody}, rules: [{to: [{operation: {paths: [/never]}}]}]"),
}


@pytest.mark.rule("AZ-2")
@pytest.mark.rule("AZ-3")
@pytest.mark.rule("AZ-4")
@pytest.mark.rule("AZ-5")
@pytest.mark.rule("AZ-6")
@pytest.mark.rule("AZ-8")
@pytest.mark.rule("LI-30")
@pytest.mark.rule("SEC-2")
@pytest.mark.rule("SEC-3")
@pytest.mark.parametrize("name", WORLDS)
def test_what_becomes_of_a_call_is_what_is_explained(stage: Stage, name: str) -> None:
    stage.world(SERVICE, WORLDS[name])
    assert len(compared(stage, BATTERY)) > 1


# Policies by chance


@pytest.mark.rule("AZ-4")
@pytest.mark.rule("AZ-7")
@pytest.mark.rule("AZ-8")
@pytest.mark.rule("AZ-13")
@pytest.mark.parametrize("seed", range(24))
def test_whatever_the_policies_are_what_is_explained_becomes_of_calls(stage: Stage, seed: int) -> None:
    stage.world(SERVICE, mesh("{trustDomainAliases: [old]}"), *map(policy_of, policies(seed)))
    compared(stage, BATTERY)


def policy_of(of: Mapping[str, Any]) -> str:
    return f"\n---\n{msgspec.json.encode(of).decode()}"


@pytest.mark.rule("SC-5")
@pytest.mark.parametrize(("mode", "let_in"), [("DISABLE", 2), ("PERMISSIVE", 5), ("STRICT", 2)])
def test_what_becomes_of_calls_to_a_sidecars_own_tls_is_what_is_explained(stage: Stage, mode: str, let_in: int) -> None:
    keys = stage.credentials.outside("web.example")
    tls = f"tls: {{mode: MUTUAL, serverCertificate: {keys}, privateKey: {keys}, caCertificates: {stage.credentials.mesh_roots}}}"
    own = sidecar(f"{{port: {{number: 8080, protocol: HTTPS, name: https}}, defaultEndpoint: 0.0.0.0:8080, {tls}}}")
    stage.world(SERVICE, own, peers(f"mtls: {{mode: {mode}}}"))
    web = {"sni": "web.example", "alpn": ("http/1.1",)}
    calls = (Made(), Made(own_tls=True, **web), Made(identity="default/friend", **web), Made(identity="default/friend"), Made(manner="http2"))
    assert compared(stage, calls)["allowed"] == let_in


def test_bytes_to_a_port_for_http_are_refused_as_explained(stage: Stage) -> None:
    """Not among the others, for Envoy closes after a second only."""
    stage.world(SERVICE)
    assert compared(stage, [Made(manner="bytes"), Made(manner="bytes", identity="default/friend")]) == {"closed": 2}


# Tokens

KEY = rsa.generate_private_key(65537, 2048)
OTHER_KEY = rsa.generate_private_key(65537, 2048)


def key_set(key: rsa.RSAPrivateKey, name: str) -> str:
    numbers = key.public_key().public_numbers()
    found = {"kty": "RSA", "kid": name, "e": "AQAB", "n": base64.urlsafe_b64encode(numbers.n.to_bytes(256)).rstrip(b"=").decode()}
    return msgspec.json.encode({"keys": [found]}).decode()


def signed(key: rsa.RSAPrivateKey = KEY, name: str = "k", **claims: Any) -> str:
    return signed_token.sign(key, msgspec.json.encode({"iss": "one", "sub": "ann", **claims}), {"kid": name})


def authentication(*rules: str, name: str = "tokens", namespace: str = "default") -> str:
    return f"""
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {{name: {name}, namespace: {namespace}}}
spec: {{jwtRules: [{", ".join(f"{{{rule}}}" for rule in rules)}]}}
"""


ONE = f"issuer: one, jwks: '{key_set(KEY, 'k')}'"
TWO = f"issuer: two, jwks: '{key_set(OTHER_KEY, 'o')}'"
NOW = int(time.time())


def bearer(token: str, header: str = "authorization", prefix: str = "Bearer ") -> tuple[tuple[str, str], ...]:
    return ((header, f"{prefix}{token}"),)


WITH_TOKENS: Sequence[Made] = (
    Made(),
    Made(headers=bearer(signed())),
    Made(headers=bearer(signed()), port=AUTO),
    Made(headers=bearer(signed(sub="bob"))),
    Made(headers=bearer(signed(exp=NOW + 600))),
    Made(headers=bearer(signed(exp=NOW - 30))),
    Made(headers=bearer(signed(exp=NOW - 600))),
    Made(headers=bearer(signed(nbf=NOW + 30))),
    Made(headers=bearer(signed(nbf=NOW + 600))),
    Made(headers=bearer(signed(iss="nobody"))),
    Made(headers=bearer(signed(iss="two"))),
    Made(headers=bearer(signed(OTHER_KEY, "o", iss="two"))),
    Made(headers=bearer(signed(OTHER_KEY, "o"))),
    Made(headers=bearer(signed(OTHER_KEY, "k"))),
    Made(headers=bearer(signed()[:-6] + "AAAAAA")),
    Made(headers=bearer("nonsense")),
    Made(headers=bearer("a.b.c")),
    Made(headers=bearer("")),
    Made(headers=bearer(signed(), prefix="")),
    Made(headers=bearer(signed(), prefix="bearer ")),
    Made(headers=bearer(signed(), prefix="Bearer   ")),
    Made(headers=bearer(signed(), prefix="Token and Bearer ")),
    Made(headers=bearer(signed(aud="https://shop.example/"))),
    Made(headers=bearer(signed(aud=["other", "shop.example"]))),
    Made(headers=bearer(signed(aud="other"))),
    Made(headers=bearer(signed(groups=["user", "admin"]))),
    Made(headers=bearer(signed(groups="admin"))),
    Made(headers=bearer(signed(groups="user admin"))),
    Made(headers=bearer(signed(groups=[1, 2], admin=True, level=7))),
    Made(headers=bearer(signed(scope="read write"))),
    Made(headers=bearer(signed(a={"b": ["c"]}))),
    Made(headers=bearer(signed(sub=""))),
    Made(headers=(*bearer(signed()), *bearer(signed(exp=NOW - 600), "x-token", ""))),
    Made(headers=(*bearer(signed(exp=NOW - 600)), *bearer(signed(OTHER_KEY, "o", iss="two"), "x-token", ""))),
    Made(headers=(*bearer(signed(iss="nobody")), *bearer(signed(OTHER_KEY, "o", iss="two", exp=NOW - 600), "x-token", ""))),
    Made(headers=(*bearer(signed(aud="other")), *bearer(signed(OTHER_KEY, "o", iss="nobody"), "x-token", ""))),
    Made(headers=bearer(signed(OTHER_KEY, "o", iss="two"), "x-token", "")),
    Made(headers=(("x-sub", "ann"),)),
    Made(headers=(("cookie", f"a=b; session={signed()}"),)),
    Made(headers=(("cookie", f"session={signed(exp=NOW - 600)}; session={signed()}"),)),
    Made(path=f"/?access_token={signed()}"),
    Made(path=f"/?access_token={signed(exp=NOW - 600)}"),
    Made(path=f"/?token={signed()}&token=x"),
    Made(method="OPTIONS", headers=(*bearer("nonsense"), ("origin", "a"), ("access-control-request-method", "GET"))),
    Made(method="OPTIONS", headers=(*bearer("nonsense"), ("origin", "a"))),
    Made(port=TCP, manner="bytes"),
)

TOKEN_RULES = {
    "one issuer": authentication(ONE),
    "two issuers": authentication(ONE, TWO),
    "two objects": authentication(ONE, name="a") + authentication(TWO, name="b"),
    "an issuer elsewhere": authentication(ONE, f"{TWO}, fromHeaders: [{{name: X-Token}}]"),
    "many places": authentication(
        f'{ONE}, fromHeaders: [{{name: x-token}}, {{name: Authorization, prefix: "Bearer "}}], fromParams: [token], fromCookies: [session]'
    ),
    "audiences": authentication(f"{ONE}, audiences: [shop.example]"),
    "audiences of one of two": authentication(f"{ONE}, audiences: [shop.example]", f"{TWO}, fromHeaders: [{{name: x-token}}]"),
    "no keys": authentication("issuer: one, jwks: '{}'"),
    "kept": authentication(f"{ONE}, forwardOriginalToken: true, outputClaimToHeaders: [{{header: x-sub, claim: sub}}]"),
    "split": authentication(f"{ONE}, spaceDelimitedClaims: [groups]"),
}
TOKEN_POLICIES = {
    "": "",
    "a token": policy('rules: [{from: [{source: {requestPrincipals: ["*"]}}]}]'),
    "ann": policy("rules: [{from: [{source: {requestPrincipals: [one/ann]}}]}]"),
    "one": policy('rules: [{from: [{source: {requestPrincipals: ["one/*"]}}]}]'),
    "no token": policy('action: DENY, rules: [{from: [{source: {notRequestPrincipals: ["*"]}}]}]'),
    "admins": policy('rules: [{when: [{key: "request.auth.claims[groups]", values: [admin]}]}]'),
    "writers": policy('rules: [{when: [{key: "request.auth.claims[scope]", values: ["wri*"]}]}]'),
    "nested": policy('rules: [{when: [{key: "request.auth.claims[a][b]", values: [c]}]}]'),
    "audience": policy('rules: [{when: [{key: request.auth.audiences, values: ["https://shop.example/", shop.example]}]}]'),
    "level": policy('rules: [{when: [{key: "request.auth.claims[level]", values: ["7"]}]}]'),
    "header of a claim": policy('rules: [{when: [{key: "request.headers[x-sub]", values: [ann]}]}]'),
    "no header of a token": policy('rules: [{when: [{key: "request.headers[authorization]", notValues: ["*"]}]}]'),
}
ASKED_OFTEN = ("", "ann", "header of a claim")
ASKED_ALL = ("one issuer", "an issuer elsewhere", "split")


@pytest.mark.rule("AZ-7")
@pytest.mark.rule("JW-2")
@pytest.mark.rule("JW-3")
@pytest.mark.rule("JW-5")
@pytest.mark.parametrize("rules", TOKEN_RULES)
def test_what_becomes_of_tokens_is_what_is_explained(stage: Stage, rules: str) -> None:
    found: Counter[str] = Counter()
    for name in TOKEN_POLICIES if rules in ASKED_ALL else ASKED_OFTEN:
        stage.world(SERVICE, TOKEN_RULES[rules], TOKEN_POLICIES[name])
        found.update(compared(stage, WITH_TOKENS))
    assert found["401"] and found["403"] and found["allowed"]


# Paths

ODD = (
    *("/a/../b", "/a/%2e%2e/b", "/a%2f..%2fb", "/a%2F%2E%2E%2fb", "//b", "/a//b", "/a/./b", "/a/..", "/a/.", "/..", "/.", "/a\\b", "/a%5cb", "/a/;b"),
    *("/A", "/a/%zz", "/a/b/../../c", "/a/b/../../../c", "/a//../b", "/a/..//b", "/a/.../b", "/a?b=/../c", "/a/..?b", "/a/%", "/a//", "/a/../"),
    *("/%2e%2e/a", "/a/.%2e/c", "/a\\..\\b", "/a/%252e%252e/b", "/a/[b]", "/a/%C3%A9"),
    *(f"/a/%{code:02{case}}" for code in range(1, 128) for case in "xX"),
    *(f"/a/x{chr(code)}y" for code in range(0x21, 0x7F) if chr(code) not in "#?"),
)


@pytest.mark.rule("HC-2")
@pytest.mark.parametrize("manner", ["NONE", "BASE", "MERGE_SLASHES", "DECODE_AND_MERGE_SLASHES"])
def test_paths_are_normalised_as_explained(stage: Stage, manner: str) -> None:
    stage.world(SERVICE, mesh(f"{{pathNormalization: {{normalization: {manner}}}}}"))
    server, outside = stage.sidecar(labels=LABELS, ip=IP), stage.outside()
    found = {path: outside.get(f"http://web:{HTTP}{path}", to=server).seen.path for path in ODD}
    assert {path: seen for path, seen in found.items() if seen != normalised(path, manner)} == {}


# Addresses of clients


@pytest.mark.rule("AZ-6")
def test_whom_a_proxy_in_between_stands_for_is_what_is_explained(stage: Stage) -> None:
    peers_address = stage.outside().address
    stage.world(SERVICE, policy(f'action: DENY, rules: [{{from: [{{source: {{notRemoteIpBlocks: ["203.0.113.0/24", "{peers_address}"]}}}}]}}]'))
    forwarded = ("", "203.0.113.7", "198.51.100.1", "198.51.100.1, 203.0.113.7", "203.0.113.7,198.51.100.1", "nonsense", "203.0.113.7:80", " ")
    calls = [Made(headers=(("x-forwarded-for", each),) if each else ()) for each in forwarded]
    assert compared(stage, calls) == {"allowed": 6, "403": 2}


# Gateways

MUTUAL = "{port: {number: 443, name: https, protocol: HTTPS}, hosts: ['*'], tls: {mode: ISTIO_MUTUAL}}"
EDGE = gateway("edge", "{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}", MUTUAL) + virtual_service(
    "edge", "*", gateways="[edge]", http=f"[{to('shop')}]"
)
AT_GATEWAY = {
    "host": "rules: [{to: [{operation: {hosts: [a.example]}}]}]",
    "host with any port": 'rules: [{to: [{operation: {hosts: ["A.example:*"]}}]}]',
    "path": "action: DENY, rules: [{to: [{operation: {paths: [/admin]}}]}]",
    "address": 'rules: [{from: [{source: {ipBlocks: ["10.250.0.0/16"]}}]}]',
    "client": 'rules: [{from: [{source: {remoteIpBlocks: ["203.0.113.0/24"]}}]}]',
    "principal": "rules: [{from: [{source: {principals: [cluster.local/ns/default/sa/friend]}}]}]",
    "token": 'rules: [{from: [{source: {requestPrincipals: ["*"]}}]}]',
    "port": 'rules: [{to: [{operation: {ports: ["443"]}}]}]',
}
AT_DOOR: Sequence[Made] = (
    *(Made(port=80, host=host, path=path) for host in ("a.example", "b.example") for path in ("/", "/admin", "/x/../admin")),
    *(Made(port=80, host="a.example", headers=(("x-forwarded-for", each),)) for each in ("203.0.113.7", "203.0.113.7, 10.0.0.1", "10.0.0.1")),
    Made(port=80, host="a.example", headers=bearer(signed())),
    Made(port=80, host="a.example", headers=bearer(signed(exp=1))),
    Made(port=443, host="a.example", identity="default/friend", sni="a.example", alpn=("http/1.1",)),
    Made(port=443, host="a.example", identity="default/api", sni="a.example", alpn=("http/1.1",)),
    Made(port=443, host="a.example", own_tls=True, sni="a.example", alpn=("http/1.1",)),
)


@pytest.mark.rule("AZ-12")
@pytest.mark.rule("GW-10")
@pytest.mark.parametrize("hops", [0, 1, 2])
@pytest.mark.parametrize("name", AT_GATEWAY)
def test_what_becomes_of_a_call_to_a_gateway_is_what_is_explained(stage: Stage, name: str, hops: int) -> None:
    trusting = mesh(f"{{defaultConfig: {{gatewayTopology: {{numTrustedProxies: {hops}}}}}}}")
    shop = service("shop", "10.0.0.1")
    selector = "selector: {matchLabels: {istio: ingressgateway}}"
    stage.world(
        EDGE, shop, trusting, authentication(ONE, namespace="istio-system"), policy(f"{selector}, {AT_GATEWAY[name]}", namespace="istio-system")
    )
    door = stage.gateway()
    found = {made: (at_gateway(stage, door, made), foretold(stage, door, made)) for made in AT_DOOR}
    assert {made: pair for made, pair in found.items() if pair[0] != pair[1]} == {}
    assert len({real for real, _ in found.values()}) > 1


def at_gateway(stage: Stage, door: Proxied, made: Made) -> str:
    return outcome_of(asked(stage, door, made), "10.0.0.1")


def foretold(stage: Stage, door: Proxied, made: Made) -> str:
    call = call_of(stage, made, door.address)
    view = stage.oracle.gateway(door.address)
    found = stage.control.ask(lambda g: way(g, call, view))
    if found.decision is None or found.refused:
        return "closed" if found.refused else "allowed"
    return outcome(found.decision)


# Authorizers

PROVIDER = mesh("{extensionProviders: [{name: asked, envoyExtAuthzHttp: {service: guard.default.svc.cluster.local, port: 80}}]}")
CUSTOM = policy("action: CUSTOM, provider: {name: asked}, rules: [{to: [{operation: {paths: [/asked]}}]}]")


@pytest.mark.rule("AZ-10")
def test_what_an_authorizer_is_asked_is_explained_and_not_what_it_says(stage: Stage) -> None:
    server = stage.sidecar(labels=LABELS, ip=IP)
    stage.world(SERVICE, PROVIDER, CUSTOM, service("guard", "10.0.0.9"))
    view, outside = stage.oracle.sidecar(IP), stage.outside()
    assert view is not None
    for path, status, told, asked_about in (("/asked", 200, True, 1), ("/asked", 403, True, 2), ("/other", 403, False, 2)):
        stage.behave("10.0.0.9", status=status)
        call = call_of(stage, Made(path=path), IP)
        said = arrived(stage, view, call)
        assert said.allowed
        assert any(step.outcome is Outcome.UNKNOWN for step in said.steps) is told
        assert outside.get(f"http://web:8080{path}", to=server).status == (status if told else 200)
        assert len(stage.seen(at="10.0.0.9")) == asked_about
