"""Operations of EnvoyFilters that have no effect."""

import pytest

from lateen.api import decode, inputs
from lateen.check.analyses.envoy_filters import ineffective
from lateen.flow import Graph
from lateen.values.ref import Ref


def said(patch: str, priority: int = 0) -> list[str]:
    g = Graph()
    head = "{apiVersion: networking.istio.io/v1alpha3, kind: EnvoyFilter, metadata: {name: it}"
    found, findings = decode.resources(f"{head}, spec: {{priority: {priority}, configPatches: [{patch}]}}}}")
    assert not findings
    with g.batch() as batch:
        inputs.write(g, batch, [(each.ref, each) for each in found])
    return [f"{each.severity} {each.code} {each.message}" for each in ineffective(g, Ref("EnvoyFilter", "default", "it"))]


@pytest.mark.rule("EX-2")
def test_routes_are_neither_added_nor_removed() -> None:
    assert said("{applyTo: HTTP_ROUTE, patch: {operation: ADD, value: {}}}") == ["error IST0153 ADD has no effect on HTTP_ROUTE."]
    assert said("{applyTo: ROUTE_CONFIGURATION, patch: {operation: REMOVE}}") == ["error IST0154 REMOVE has no effect on ROUTE_CONFIGURATION."]
    assert said("{applyTo: VIRTUAL_HOST, patch: {operation: ADD, value: {}}}") == []


@pytest.mark.rule("EX-2")
def test_only_filters_are_replaced() -> None:
    assert said("{applyTo: HTTP_FILTER, patch: {operation: REPLACE, value: {}}}") == []
    assert said("{applyTo: CLUSTER, patch: {operation: REPLACE, value: {}}}") == [
        "error IST0152 REPLACE has no effect on CLUSTER, only on HTTP_FILTER and NETWORK_FILTER."
    ]


@pytest.mark.rule("EX-2")
def test_a_place_beside_another_filter_wants_a_priority() -> None:
    patch = "{applyTo: HTTP_FILTER, patch: {operation: INSERT_BEFORE, value: {}}}"
    assert said(patch) == ["warning IST0151 INSERT_BEFORE is lost when what it stands beside is added by an EnvoyFilter that comes later."]
    assert said(patch, priority=10) == []
