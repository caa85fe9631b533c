"""Which patches there are for a proxy, and in which order."""

from __future__ import annotations

import pytest

from lateen.assembly import offline
from lateen.flow import Graph
from lateen.ir.patch import ClusterMatch, ListenerMatch, Operation, Patch, Place, Reach, TableMatch, Target
from lateen.translate.envoy_filters import bootstrap_patches, patches
from lateen.values.ref import Ref


def world(*documents: str) -> Graph:
    objects, findings = offline.read("\n---\n".join(documents))
    assert not [each for each in findings if each.severity == "error"], findings
    return offline.graph(objects)


def envoy_filter(name: str, spec: str = "", namespace: str = "default", created: str = "2024-01-01T00:00:00Z") -> str:
    metadata = f'{{name: {name}, namespace: {namespace}, creationTimestamp: "{created}"}}'
    patch = "configPatches: [{applyTo: CLUSTER, patch: {operation: REMOVE}}]"
    body = ", ".join(part for part in (spec, "" if "configPatches" in spec else patch) if part)
    return f"apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: {metadata}\nspec: {{{body}}}"


def names(g: Graph, namespace: str = "default", labels: dict[str, str] | None = None, **metadata: str) -> list[str]:
    found = patches(g, namespace, tuple(sorted((labels or {}).items())), tuple(sorted(metadata.items())))
    return [f"{each.origin.namespace}/{each.origin.name}" for each in found]


@pytest.mark.rule("EX-2")
def test_the_lowest_priority_comes_first_over_both_namespaces() -> None:
    g = world(
        envoy_filter("late", "priority: 10", "istio-system"),
        envoy_filter("early", "priority: -10"),
        envoy_filter("middle"),
        envoy_filter("last", "priority: 11"),
    )
    assert names(g) == ["default/early", "default/middle", "istio-system/late", "default/last"]


@pytest.mark.rule("EX-2")
def test_of_equal_priority_the_root_namespace_comes_first_then_the_oldest_then_the_name() -> None:
    g = world(
        envoy_filter("old", created="2020-01-01T00:00:00Z"),
        envoy_filter("b", created="2021-01-01T00:00:00Z"),
        envoy_filter("a", created="2021-01-01T00:00:00Z"),
        envoy_filter("root", namespace="istio-system", created="2023-01-01T00:00:00Z"),
    )
    assert names(g) == ["istio-system/root", "default/old", "default/a", "default/b"]


@pytest.mark.rule("EX-1")
def test_a_selector_chooses_workloads_in_the_root_namespace_those_of_all() -> None:
    g = world(
        envoy_filter("own", "workloadSelector: {labels: {app: a}}"),
        envoy_filter("root", "workloadSelector: {labels: {app: a, version: v1}}", "istio-system"),
        envoy_filter("other", namespace="other"),
    )
    assert names(g, "default", {"app": "a", "version": "v1"}) == ["istio-system/root", "default/own"]
    assert names(g, "default", {"app": "a"}) == ["default/own"]
    assert names(g, "other", {"app": "a", "version": "v1"}) == ["istio-system/root", "other/other"]


@pytest.mark.rule("EX-1")
def test_target_references_mean_the_workloads_of_a_gateway() -> None:
    g = world(envoy_filter("it", "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: web}]"))
    assert names(g, "default", {"gateway.networking.k8s.io/gateway-name": "web"}) == ["default/it"]
    assert names(g, "default", {"gateway.networking.k8s.io/gateway-name": "other"}) == []


@pytest.mark.rule("EX-2")
def test_a_version_is_searched_for_in_what_the_proxy_says_of_its_own() -> None:
    patch = "configPatches: [{applyTo: CLUSTER, match: {proxy: {proxyVersion: '^1\\.2[67]'}}, patch: {operation: REMOVE}}]"
    g = world(envoy_filter("it", patch))
    assert names(g, ISTIO_VERSION="1.27.0") == ["default/it"]
    assert names(g, ISTIO_VERSION="1.28.0") == []
    assert names(g) == []


@pytest.mark.rule("EX-1")
def test_metadata_must_be_what_the_match_says() -> None:
    g = world(envoy_filter("it", "configPatches: [{applyTo: CLUSTER, match: {proxy: {metadata: {CLUSTER_ID: east}}}, patch: {operation: REMOVE}}]"))
    assert names(g, CLUSTER_ID="east", NAME="a-1") == ["default/it"]
    assert names(g, CLUSTER_ID="west") == []


@pytest.mark.rule("EX-1")
def test_all_that_is_written_of_a_patch_is_kept() -> None:
    written = """configPatches:
    - applyTo: HTTP_FILTER
      match:
        context: SIDECAR_INBOUND
        listener:
          name: virtualInbound
          portNumber: 8080
          filterChain:
            {name: c, sni: s, transportProtocol: tls, applicationProtocols: 'h2, istio', destinationPort: 1, filter: {name: f, subFilter: {name: g}}}
      patch: {operation: ADD, filterClass: AUTHZ, value: {name: x}}
    - applyTo: HTTP_ROUTE
      match:
        context: GATEWAY
        routeConfiguration:
          {portNumber: 443, portName: web, gateway: a/b, name: t, vhost: {name: h, domainName: d, route: {name: r, action: ROUTE}}}
      patch: {operation: MERGE, value: {name: y}}
    - applyTo: CLUSTER
      match: {cluster: {portNumber: 80, service: s, subset: v1, name: n}}
      patch: {operation: REMOVE}"""
    spec = "\n".join(f"  {line}" for line in written.splitlines())
    g = world(f"apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: {{name: it}}\nspec:\n{spec}")
    origin = Ref("EnvoyFilter", "default", "it")
    inside = ListenerMatch("virtualInbound", 8080, "", "c", "s", "tls", ("h2", "istio"), 1, "f", "g")
    table = TableMatch("t", 443, "web", "a/b", "h", "d", "r", "ROUTE")
    assert patches(g, "default", (), ()) == (
        Patch(Target.HTTP_FILTER, Operation.ADD, origin, 0, Reach.INBOUND, inside, '{"name":"x"}', Place.AUTHZ),
        Patch(Target.HTTP_ROUTE, Operation.MERGE, origin, 1, Reach.GATEWAY, table, '{"name":"y"}'),
        Patch(Target.CLUSTER, Operation.REMOVE, origin, 2, Reach.ANY, ClusterMatch("n", 80, "s", "v1")),
    )


@pytest.mark.rule("EX-1")
def test_patches_of_waypoints_are_for_nobody() -> None:
    g = world(envoy_filter("other", "configPatches: [{applyTo: HTTP_FILTER, match: {context: WAYPOINT}, patch: {operation: REMOVE}}]"))
    assert names(g) == []


@pytest.mark.rule("EX-1")
def test_patches_of_a_bootstrap_are_for_whoever_starts_the_proxy() -> None:
    selected = "workloadSelector: {labels: {app: a}}, configPatches: [{applyTo: BOOTSTRAP, patch: {operation: MERGE, value: {}}}]"
    g = world(envoy_filter("it", selected))
    assert names(g, "default", {"app": "a"}) == []
    assert [each.target for each in bootstrap_patches(g, "default", (("app", "a"),), ())] == [Target.BOOTSTRAP]
    assert bootstrap_patches(g, "default", (("app", "b"),), ()) == ()


def test_proxies_that_differ_in_what_nobody_looks_at_share_the_answer() -> None:
    g = world(envoy_filter("it", "workloadSelector: {labels: {app: a}}"))
    g.ran.clear()
    for number in range(3):
        names(g, "default", {"app": "a", "pod": str(number)}, NAME=f"a-{number}")
    assert g.ran["envoy_filters._patches"] == 1


def test_where_there_is_no_envoy_filter_nothing_but_that_is_asked() -> None:
    g = world(envoy_filter("it", namespace="other"))
    g.ran.clear()
    assert names(g, "default", {"app": "a"}) == []
    assert {name for name in g.ran if name.startswith("envoy_filters")} == {"envoy_filters.looked_at"}
