"""What is refused, warned of and taken, rule by rule: a bad spec with the place of its mistake, and its good neighbour, of which nothing is said.

The rules are Istio's own, beyond the schema of its kinds (https://istio.io/latest/docs/reference/config/).
"""

from __future__ import annotations

import pytest

from lateen.check import check_text
from lateen.values.finding import Severity
from tests.conformance.validation import gateway_api
from tests.conformance.validation.destinations import DESTINATION_RULE, SERVICE_ENTRY
from tests.conformance.validation.gateways import GATEWAY, SIDECAR
from tests.conformance.validation.policies import AUTHORIZATION_POLICY, PEER_AUTHENTICATION, REQUEST_AUTHENTICATION, TELEMETRY, WASM_PLUGIN
from tests.conformance.validation.rows import Row
from tests.conformance.validation.shape import faults
from tests.conformance.validation.virtual_services import VIRTUAL_SERVICE
from tests.conformance.validation.workloads import ENVOY_FILTER, PROXY_CONFIG, TRAFFIC_EXTENSION, WORKLOAD_ENTRY, WORKLOAD_GROUP

API = {
    **dict.fromkeys(("AuthorizationPolicy", "PeerAuthentication", "RequestAuthentication"), "security.istio.io/v1"),
    "Telemetry": "telemetry.istio.io/v1",
    **dict.fromkeys(("WasmPlugin", "TrafficExtension"), "extensions.istio.io/v1alpha1"),
    "EnvoyFilter": "networking.istio.io/v1alpha3",
    "ProxyConfig": "networking.istio.io/v1beta1",
}


GATEWAY_API = {
    "GatewayClass": gateway_api.GATEWAY_CLASS,
    "KubernetesGateway": gateway_api.KUBERNETES_GATEWAY,
    "ListenerSet": gateway_api.LISTENER_SET,
    "HTTPRoute": gateway_api.HTTP_ROUTE,
    "GRPCRoute": gateway_api.GRPC_ROUTE,
    "TCPRoute": gateway_api.TCP_ROUTE,
    "TLSRoute": gateway_api.TLS_ROUTE,
    "ReferenceGrant": gateway_api.REFERENCE_GRANT,
    "BackendTLSPolicy": gateway_api.BACKEND_TLS_POLICY,
}


def document(kind: str, spec: str, name: str = "it") -> str:
    group = "gateway.networking.k8s.io/v1" if kind in GATEWAY_API else API.get(kind, "networking.istio.io/v1")
    return f"apiVersion: {group}\nkind: {kind.removeprefix('Kubernetes')}\nmetadata: {{name: {name}}}\nspec: {{{spec}}}\n"


TABLES = {
    "VirtualService": VIRTUAL_SERVICE,
    "DestinationRule": DESTINATION_RULE,
    "Gateway": GATEWAY,
    "ServiceEntry": SERVICE_ENTRY,
    "Sidecar": SIDECAR,
    "PeerAuthentication": PEER_AUTHENTICATION,
    "RequestAuthentication": REQUEST_AUTHENTICATION,
    "AuthorizationPolicy": AUTHORIZATION_POLICY,
    "Telemetry": TELEMETRY,
    "WasmPlugin": WASM_PLUGIN,
    "TrafficExtension": TRAFFIC_EXTENSION,
    "WorkloadEntry": WORKLOAD_ENTRY,
    "WorkloadGroup": WORKLOAD_GROUP,
    "EnvoyFilter": ENVOY_FILTER,
    "ProxyConfig": PROXY_CONFIG,
    **GATEWAY_API,
}
ROWS = [pytest.param(kind, row, id=f"{kind}: {row.rule}") for kind, rows in TABLES.items() for row in rows]


@pytest.mark.rule("VA-1")
@pytest.mark.parametrize(("kind", "row"), ROWS)
def test_a_rule_is_held_at_its_place_and_its_good_neighbour_is_left_in_peace(kind: str, row: Row) -> None:
    found = check_text(document(kind, row.bad), "mesh.yaml")
    assert (row.path, row.severity) in {(each.path, each.severity) for each in found}, [str(each) for each in found]
    assert max(each.severity == Severity.ERROR for each in found) == (row.severity is Severity.ERROR), [str(each) for each in found]
    assert [str(each) for each in check_text(document(kind, row.good))] == []


@pytest.mark.rule("VA-1")
@pytest.mark.parametrize(("kind", "row"), ROWS)
def test_a_finding_is_one_sentence_with_object_place_and_remedy(kind: str, row: Row) -> None:
    for found in check_text(document(kind, row.bad), "mesh.yaml"):
        assert faults(found) == [], str(found)
