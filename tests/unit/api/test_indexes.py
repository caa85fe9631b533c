"""Under which keys an object can be found."""

from __future__ import annotations

from lateen.api import decode, indexes
from lateen.api.indexes import ROUTED_PARTS, part


def keys(text: str) -> set[tuple[str, str]]:
    (resource,), findings = decode.resources(text)
    assert not findings
    return set(indexes.keys(resource, "cluster.local"))


def test_a_service_is_found_by_host_by_address_and_by_those_it_is_exported_to():
    found = keys("""
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, annotations: {networking.istio.io/exportTo: "., infra"}}
spec: {clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1, "2001:db8::1"], ports: [{port: 80}]}
""")
    assert found == {
        ("service host", "web.shop.svc.cluster.local"),
        ("virtual address", "10.0.0.1"),
        ("virtual address", "2001:db8::1"),
        ("exported to", "infra"),
    }


def test_a_headless_service_has_no_virtual_address():
    found = keys("""
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {clusterIP: None, ports: [{port: 80}]}
""")
    assert found == {("service host", "db.shop.svc.cluster.local")}


def test_a_rule_is_found_by_its_hosts_where_it_routes_to_and_whom_it_is_for():
    found = keys("""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec:
  hosts: [web, "*.example.com"]
  exportTo: [infra]
  http:
  - match: [{sourceNamespace: office}]
    route: [{destination: {host: new}}]
    mirrors: [{destination: {host: shadow.lab}}]
  - delegate: {name: rest}
""")
    assert found == {
        ("rule host", "VirtualService web.shop.svc.cluster.local"),
        ("rule host", "VirtualService *.example.com"),
        ("exported to", "infra"),
        ("client namespace", "office"),
        ("routed host", "new.shop.svc.cluster.local"),
        ("routed host", "shadow.lab"),
        ("delegate", "shop/rest"),
        ("mesh part", str(part("web.shop.svc.cluster.local"))),
        ("mesh part", str(part("*.example.com"))),
    }


def test_what_may_be_taken_for_another_name_of_a_service_is_found_by_its_form():
    found = keys("""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec:
  hosts: [web.default, A.example., 10.0.0.1, "*-b.example"]
  tls: [{match: [{sniHosts: [web.default]}], route: [{destination: {host: new}}]}]
""")
    assert {pair for pair in found if pair[0] not in ("rule host", "routed host")} == {
        ("short host", "default"),
        ("short host", "example"),
        ("short host", "/."),
        ("short host", "/address"),
        ("capital host", "a.example."),
        ("partial wildcard", ""),
        *(("tls below", wildcard) for wildcard in ("*.default", "*.example.", "*.", "*.0.0.1", "*.0.1", "*.1", "*.example", "*")),
    }


def test_an_alias_is_found_by_what_it_stands_for():
    found = keys("""
apiVersion: v1
kind: Service
metadata: {name: alias, namespace: shop}
spec: {type: ExternalName, externalName: web.example.}
""")
    assert found == {("service host", "alias.shop.svc.cluster.local"), ("alias", "web.example")}


def test_a_rule_at_a_gateway_is_found_there():
    found = keys("""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec:
  hosts: [Shop.Example.Com]
  gateways: [infra/edge]
  http: [{route: [{destination: {host: web}}]}]
""")
    assert {key for key in found if key[0].startswith(("gateway", "mesh"))} == {
        ("gateway host", "infra/edge shop.example.com"),
        ("gateway part", f"infra/edge {part('shop.example.com')}"),
        ("gateway routed", f"infra/edge {part('web.shop.svc.cluster.local', ROUTED_PARTS)}"),
    }


def test_a_workload_is_found_by_its_address():
    assert keys("""
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: web-1, namespace: shop}
spec: {address: 10.0.0.7}
""") == {("address", "10.0.0.7")}


def test_a_kind_without_a_row_is_found_by_reference_only():
    assert keys("{apiVersion: v1, kind: Namespace, metadata: {name: shop}}") == set()


def test_the_wildcards_over_a_host_end_with_the_one_over_all():
    assert list(indexes.wildcards_over("a.b.c")) == ["*.b.c", "*.c", "*"]
    assert list(indexes.wildcards_over("*.b.c")) == ["*.b.c", "*.c", "*"]
