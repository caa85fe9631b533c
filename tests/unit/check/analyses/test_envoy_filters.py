"""Operations of EnvoyFilters that have no effect."""

import pytest

from lateen.check.analyses.envoy_filters import ineffective
from lateen.values.ref import Ref
from tests.given.worlds import world


def said(patch: str, priority: int = 0) -> list[str]:
    head = "{apiVersion: networking.istio.io/v1alpha3, kind: EnvoyFilter, metadata: {name: it}"
    g = world(f"{head}, spec: {{priority: {priority}, configPatches: [{patch}]}}}}")
    return [f"{each.severity} {each.code} {each.message}" for each in ineffective(g, Ref("EnvoyFilter", "default", "it"))]


@pytest.mark.rule("EX-2")
def test_routes_are_neither_added_nor_removed() -> None:
    assert said("{applyTo: HTTP_ROUTE, patch: {operation: ADD, value: {}}}") == ["error IST0153 ADD has no effect on HTTP_ROUTE."]
    assert said("{applyTo: ROUTE_CONFIGURATION, patch: {operation: REMOVE}}") == ["error IST0154 REMOVE has no effect on ROUTE_CONFIGURATION."]
    assert said("{applyTo: VIRTUAL_HOST, patch: {operation: ADD, value: {}}}") == []


@pytest.mark.rule("EX-2")
def test_only_filters_are_replaced() -> None:
    assert said("{applyTo: HTTP_FILTER, patch: {operation: REPLACE, value: {}}}", priority=1) == []
    assert said("{applyTo: CLUSTER, patch: {operation: REPLACE, value: {}}}") == [
        "error IST0152 REPLACE has no effect on CLUSTER, only on HTTP_FILTER, LISTENER_FILTER and NETWORK_FILTER."
    ]


@pytest.mark.rule("EX-2")
@pytest.mark.parametrize("operation", ["INSERT_BEFORE", "INSERT_AFTER", "MERGE", "MERGE_AND_REPLACE_LIST", "REMOVE", "REPLACE"])
def test_what_depends_on_other_patches_wants_a_priority(operation: str) -> None:
    patch = f"{{applyTo: HTTP_FILTER, patch: {{operation: {operation}, value: {{}}}}}}"
    assert said(patch) == [f"warning IST0151 {operation} is lost when what it is about is added by an EnvoyFilter that comes later."]
    assert said(patch, priority=10) == []


@pytest.mark.rule("EX-2")
@pytest.mark.parametrize("operation", ["ADD", "INSERT_FIRST"])
def test_what_depends_on_nothing_wants_none(operation: str) -> None:
    assert said(f"{{applyTo: HTTP_FILTER, patch: {{operation: {operation}, value: {{}}}}}}") == []


@pytest.mark.rule("EX-2")
def test_what_depends_on_the_version_too_is_told_of_by_another_code() -> None:
    patch = "{applyTo: HTTP_FILTER, match: {proxy: {proxyVersion: '^1'}}, patch: {operation: REPLACE, value: {}}}"
    assert said(patch) == [
        "warning IST0155 REPLACE depends on what other EnvoyFilters left, and on proxyVersion, so an upgrade may lose it or change the order."
    ]
    assert said(patch, priority=-1) == []


@pytest.mark.rule("EX-2")
@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            "{applyTo: HTTP_FILTER, patch: {operation: ADD, value: {name: mine}}}",
            "{applyTo: HTTP_FILTER, match: {listener: {filterChain: {filter: {name: h, subFilter: {name: mine}}}}}, patch: {operation: REMOVE}}",
        ),
        (
            "{applyTo: NETWORK_FILTER, patch: {operation: INSERT_FIRST, value: {name: mine}}}",
            "{applyTo: NETWORK_FILTER, match: {listener: {filterChain: {filter: {name: mine}}}}, patch: {operation: REMOVE}}",
        ),
        (
            "{applyTo: LISTENER_FILTER, patch: {operation: ADD, value: {name: mine}}}",
            "{applyTo: LISTENER_FILTER, match: {listener: {listenerFilter: mine}}, patch: {operation: REMOVE}}",
        ),
        (
            "{applyTo: CLUSTER, patch: {operation: ADD, value: {name: mine}}}",
            "{applyTo: CLUSTER, match: {cluster: {name: mine}}, patch: {operation: MERGE, value: {}}}",
        ),
        (
            "{applyTo: HTTP_ROUTE, patch: {operation: INSERT_FIRST, value: {name: mine}}}",
            "{applyTo: HTTP_ROUTE, match: {routeConfiguration: {vhost: {route: {name: mine}}}}, patch: {operation: MERGE, value: {}}}",
        ),
    ],
)
def test_what_an_earlier_patch_of_the_object_put_there_is_there_for_sure(first: str, second: str) -> None:
    assert said(f"{first}, {second}") == []
    assert [each.split(" ")[1] for each in said(f"{second}, {first}")] == ["IST0151"]
