"""Every code that there is, by the least world that brings it about, and the shape of each finding."""

from __future__ import annotations

import pytest

from lateen.assembly.analysis import of_files
from lateen.check.analyses import CODES
from tests.conformance.validation.shape import faults

ELSEWHERE = frozenset({"IST0001", "LAT0005"})
"""Our own mistakes, and what proxies alone bring about."""


def istio(kind: str, name: str, spec: str, more: str = "", group: str = "networking.istio.io/v1") -> str:
    return f"apiVersion: {group}\nkind: {kind}\nmetadata: {{name: {name}{more}}}\nspec: {{{spec}}}\n---\n"


def secured(kind: str, name: str, spec: str) -> str:
    return istio(kind, name, spec, group="security.istio.io/v1")


def service(name: str, ports: str, more: str = "") -> str:
    return f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{selector: {{app: web}}, ports: [{ports}]{more}}}\n---\n"


def edge(name: str, port: str, more: str = "", hosts: str = "[a.b]") -> str:
    return istio("Gateway", name, f"selector: {{app: edge}}, servers: [{{hosts: {hosts}, port: {{{port}, name: p}}{more}}}]")


def entry(name: str, host: str, port: str, more: str = "") -> str:
    return istio("ServiceEntry", name, f"hosts: [{host}], resolution: DNS, ports: [{{{port}}}]{more}")


def pod(labels: str) -> str:
    metadata = f"{{name: web, labels: {{{labels}}}}}"
    return f"apiVersion: v1\nkind: Pod\nmetadata: {metadata}\nspec: {{containers: [{{name: a}}]}}\nstatus: {{podIP: 10.0.0.1, phase: Running}}\n---\n"


def annotated(annotation: str) -> str:
    return f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a, annotations: {{{annotation}}}}}\nspec: {{containers: [{{name: a}}]}}\n"


def filtered(apply_to: str, operation: str, more: str = "") -> str:
    match = f"match: {{context: ANY{more}}}"
    return istio("EnvoyFilter", "a", f"configPatches: [{{applyTo: {apply_to}, {match}, patch: {{operation: {operation}, value: {{name: x}}}}}}]")


ANSWER = "http: [{directResponse: {status: 200}}]"
WEB = service("web", "{name: http, port: 80}")
HTTP = "number: 80, name: http, protocol: HTTP"
TCP = "number: 81, name: tcp, protocol: TCP"
TELEMETRY = {"group": "telemetry.istio.io/v1"}
SELECTOR = "selector: {matchLabels: {app: web}}"
INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: edge}
spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
---
"""
SUBSET = istio("DestinationRule", "web", "host: web, subsets: [{name: v1}]")

WORLDS = {
    "IST0002": istio("DestinationRule", "a", "host: web, trafficPolicy: {loadBalancer: {simple: LEAST_CONN}}") + WEB,
    "IST0101": istio("VirtualService", "a", f"hosts: [a.b], gateways: [none], {ANSWER}"),
    "IST0106": istio("VirtualService", "a", "hosts: [a.b]"),
    "IST0107": annotated("networking.istio.io/exportTo: ."),
    "IST0108": annotated("sidecar.istio.io/nothing: x"),
    "IST0109": istio("VirtualService", "a", f"hosts: [a.b], {ANSWER}") + istio("VirtualService", "b", f"hosts: [a.b], {ANSWER}"),
    "IST0110": pod("app: web")
    + "".join(istio("Sidecar", name, "workloadSelector: {labels: {app: web}}, egress: [{hosts: ['./*']}]") for name in ("a", "b")),
    "IST0111": "".join(istio("Sidecar", name, "egress: [{hosts: ['./*']}]") for name in ("a", "b")),
    "IST0112": service("web", "{name: http, port: 80}, {name: http-b, port: 81}")
    + istio("VirtualService", "a", "hosts: [a.b], http: [{route: [{destination: {host: web}}]}]"),
    "IST0118": service("web", "{name: web, port: 80}"),
    "IST0125": annotated("status.sidecar.istio.io/port: x"),
    "IST0127": pod("app: shop") + secured("AuthorizationPolicy", "a", f"{SELECTOR}, rules: [{{}}]"),
    "IST0128": WEB + istio("DestinationRule", "a", "host: web, trafficPolicy: {tls: {mode: SIMPLE}}"),
    "IST0129": WEB + istio("DestinationRule", "a", "host: web, trafficPolicy: {portLevelSettings: [{port: {number: 80}, tls: {mode: SIMPLE}}]}"),
    "IST0130": istio("VirtualService", "a", "hosts: [a.b], http: [{directResponse: {status: 200}}, {directResponse: {status: 201}}]"),
    "IST0131": istio(
        "VirtualService",
        "a",
        "hosts: [a.b], http: [{match: [{uri: {prefix: /a}}], directResponse: {status: 200}}, "
        "{match: [{uri: {prefix: /ab}}, {uri: {prefix: /c}}], directResponse: {status: 201}}]",
    ),
    "IST0132": edge("edge", "number: 80, protocol: HTTP") + istio("VirtualService", "a", f"hosts: [c.d], gateways: [edge], {ANSWER}"),
    "IST0133": istio("Sidecar", "a", "egress: [{hosts: [n/a.b, n/a.b]}]"),
    "IST0134": istio("ServiceEntry", "a", f"hosts: [a.b], resolution: NONE, ports: [{{{TCP}}}]"),
    "IST0135": annotated("sidecar.istio.io/inject: 'true'"),
    "IST0136": annotated("sidecar.istio.io/logLevel: debug"),
    "IST0137": pod("app: web") + service("a", "{name: http, port: 80, targetPort: 9}") + service("b", "{name: tcp, port: 80, targetPort: 9}"),
    "IST0138": "".join(edge(name, "number: 443, protocol: HTTPS", ", tls: {mode: SIMPLE, credentialName: c}", f"[{name}.b]") for name in ("a", "b")),
    "IST0140": WEB + SUBSET + INGRESS + istio("VirtualService", "a", "hosts: [web], http: [{route: [{destination: {host: web, subset: v1}}]}]"),
    "IST0145": edge("a", "number: 80, protocol: HTTP") + edge("b", "number: 80, protocol: TCP"),
    "IST0149": edge("edge", "number: 80, protocol: HTTP")
    + istio(
        "VirtualService",
        "a",
        "hosts: [a.b], gateways: [edge], http: [{match: [{headers: {'@request.auth.claims.a': {exact: b}}}], directResponse: {status: 200}}]",
    ),
    "IST0150": "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: ExternalName, externalName: a.b, ports: [{name: db, port: 80}]}\n",
    "IST0151": filtered("HTTP_FILTER", "INSERT_BEFORE"),
    "IST0152": filtered("CLUSTER", "REPLACE"),
    "IST0153": filtered("HTTP_ROUTE", "ADD"),
    "IST0154": filtered("HTTP_ROUTE", "REMOVE"),
    "IST0155": filtered("HTTP_FILTER", "INSERT_BEFORE", ", proxy: {proxyVersion: '1.*'}"),
    "IST0157": istio("Telemetry", "a", "tracing: [{randomSamplingPercentage: 1}]", **TELEMETRY),
    "IST0159": pod("app: web") + "".join(istio("Telemetry", name, SELECTOR, **TELEMETRY) for name in ("a", "b")),
    "IST0160": "".join(istio("Telemetry", name, "metrics: [{}]", **TELEMETRY) for name in ("a", "b")),
    "IST0161": edge("edge", "number: 443, protocol: HTTPS", ", tls: {mode: SIMPLE, credentialName: c}")
    + "apiVersion: v1\nkind: Secret\nmetadata: {name: c}\ndata: {}\n",
    "IST0162": pod("app: edge")
    + service("edge", "{name: http, port: 80}").replace("app: web", "app: edge")
    + edge("edge", "number: 81, protocol: HTTP"),
    "IST0165": istio("VirtualService", "a", f"hosts: [a.b], gateways: [web-istio-autogenerated-k8s-gateway-http], {ANSWER}"),
    "IST0166": pod("app: web, gateway.networking.k8s.io/gateway-name: edge") + secured("AuthorizationPolicy", "a", f"{SELECTOR}, rules: [{{}}]"),
    "IST0173": WEB + istio("DestinationRule", "a", "host: web, subsets: [{name: v1, labels: {version: v1}}]"),
    "IST0174": istio("DestinationRule", "a", "host: nowhere"),
    "IST0177": entry("a", "a.b", HTTP) + entry("b", "a.b", HTTP.replace("HTTP", "GRPC")),
    "LAT0001": entry("a", "a.b", TCP) + entry("b", "c.d", TCP),
    "LAT0002": entry("a", "a.b", HTTP) + entry("b", "a.b", HTTP),
    "LAT0003": WEB + "".join(istio("DestinationRule", name, "host: web, trafficPolicy: {loadBalancer: {simple: RANDOM}}") for name in ("a", "b")),
    "LAT0004": "".join(secured("PeerAuthentication", name, "mtls: {mode: STRICT}") for name in ("a", "b")),
    "LAT0006": WEB + istio("VirtualService", "a", f"hosts: [web.default], {ANSWER}"),
    "LAT0009": service("web", "{name: tcp, port: 80}") + istio("VirtualService", "a", f"hosts: [web], {ANSWER}"),
    "LAT0008": WEB + istio("DestinationRule", "a", "host: web, trafficPolicy: {loadBalancer: {zoneAwareLbSetting: {enabled: true}}}"),
    "LAT0007": "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: ExternalName, externalName: a.default.svc.cluster.local}\n",
}


def test_every_code_has_a_world() -> None:
    assert set(WORLDS) == set(CODES) - ELSEWHERE


@pytest.mark.rule("VA-1")
@pytest.mark.parametrize("code", sorted(WORLDS))
def test_a_code_is_told_with_object_place_and_remedy(code: str) -> None:
    found = of_files([("mesh.yaml", WORLDS[code])]).findings
    assert code in {each.code for each in found}, [str(each) for each in found]
    for each in found:
        assert faults(each) == [], str(each)


@pytest.mark.parametrize("code", sorted(WORLDS))
def test_a_code_can_be_passed_over(code: str) -> None:
    world = WORLDS[code]
    suppressed = world.replace("metadata: {", f"metadata: {{annotations: {{galley.istio.io/analyze-suppress: {code}}}, ")
    if "annotations: {" not in world:
        assert code not in {each.code for each in of_files([("mesh.yaml", suppressed)]).findings}
