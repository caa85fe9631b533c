"""Configuration dumps as tables."""

from __future__ import annotations

from typing import Any

from lateen.cli.dumps import SECTIONS, field, resources


def rows(type_: str, resource: dict[str, Any]) -> list[tuple[str, ...]]:
    return list(SECTIONS[type_].rows(resource))


def test_resources_are_found_in_dynamic_and_static_parts_in_either_spelling() -> None:
    dump = {
        "configs": [
            {
                "@type": "type.googleapis.com/envoy.admin.v3.ListenersConfigDump",
                "static_listeners": [{"listener": {"name": "a"}}],
                "dynamic_listeners": [{"name": "b", "active_state": {"listener": {"name": "b"}}}],
            },
            {"@type": "type.googleapis.com/envoy.admin.v3.RoutesConfigDump", "dynamicRouteConfigs": [{"routeConfig": {"name": "80"}}]},
        ]
    }
    assert [each["name"] for each in resources(dump, SECTIONS["listener"])] == ["a", "b"]
    assert [each["name"] for each in resources(dump, SECTIONS["route"])] == ["80"]


def test_a_clusters_name_is_taken_apart() -> None:
    cluster = {"name": "outbound|80|v1|reviews.default.svc.cluster.local", "type": "EDS"}
    assert rows("cluster", cluster) == [("reviews.default.svc.cluster.local", "80", "v1", "outbound", "EDS", "")]
    assert rows("cluster", {"name": "PassthroughCluster", "type": "ORIGINAL_DST"})[0][:4] == ("PassthroughCluster", "-", "-", "-")


def test_a_route_says_where_it_goes_and_what_it_came_from() -> None:
    config = "/apis/networking.istio.io/v1/namespaces/default/virtual-service/reviews"
    route = {"match": {"prefix": "/"}, "route": {"cluster": "c"}, "metadata": {"filter_metadata": {"istio": {"config": config}}}}
    table = {"name": "80", "virtual_hosts": [{"name": "h", "domains": ["a", "b", "c"], "routes": [route]}]}
    assert rows("route", table) == [("80", "h", "a, b + 1 more", "/*", "c", "reviews.default")]


def test_an_endpoint_says_its_address_and_state() -> None:
    endpoint = {"endpoint": {"address": {"socket_address": {"address": "1.1.1.1", "port_value": 80}}}, "health_status": "UNHEALTHY"}
    assignment = {"cluster_name": "c", "endpoints": [{"lb_endpoints": [endpoint]}]}
    assert rows("endpoint", assignment) == [("1.1.1.1:80", "UNHEALTHY", "1", "c")]


def test_a_listener_has_a_row_for_each_filter_chain() -> None:
    address = {"socket_address": {"address": "0.0.0.0", "port_value": 15001}}
    chain = {"filters": [{"typed_config": {"rds": {"route_config_name": "80"}}}]}
    default = {"filters": [{"typed_config": {"cluster": "PassthroughCluster"}}]}
    listener = {"name": "l", "address": address, "filter_chains": [chain], "default_filter_chain": default}
    assert [row[2:] for row in rows("listener", listener)] == [("ALL", "Route: 80"), ("ALL", "Cluster: PassthroughCluster")]


def test_a_field_that_is_missing_is_empty() -> None:
    assert field({"a": {"bC": 1}}, "a", "b_c") == 1
    assert field({}, "a", "b") == {}
