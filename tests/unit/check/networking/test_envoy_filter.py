"""What is said of networking envoy filter: each mistake with its sentence, and what is not one."""

from collections.abc import Mapping
from typing import Any

import pytest

from lateen.check import check_text
from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "configPatches:\n- patch: {operation: MERGE, value: {}}",
            [
                'error IST0106 spec.configPatches[0]: the field "applyTo" is missing. Write for instance applyTo: HTTP_FILTER.',
            ],
            id="no applyTo",
            marks=pytest.mark.rule("EX-1"),
        ),
        pytest.param(
            "configPatches:\n- applyTo: CLUSTER",
            ['error IST0106 spec.configPatches[0]: the field "patch" is missing.'],
            id="no patch",
            marks=pytest.mark.rule("EX-1"),
        ),
        pytest.param(
            "configPatches:\n- {applyTo: CLUSTER, patch: {value: {}}}",
            [
                ('error IST0106 spec.configPatches[0].patch: the field "operation" is missing. Write for instance operation: MERGE.'),
            ],
            id="no operation",
            marks=pytest.mark.rule("EX-1"),
        ),
        pytest.param(
            "configPatches:\n- {applyTo: CLUSTER, patch: {operation: MERGE}}",
            ["error IST0106 spec.configPatches[0].patch: operation MERGE needs a value."],
            id="no value",
            marks=pytest.mark.rule("EX-1"),
        ),
        pytest.param(
            "configPatches:\n- {applyTo: CLUSTER, match: {listener: {portNumber: 80}}, patch: {operation: REMOVE}}",
            [
                "error IST0106 spec.configPatches[0].match.listener: listener is given with applyTo CLUSTER, expected cluster.",
            ],
            id="a listener match for a cluster",
            marks=pytest.mark.rule("EX-1"),
        ),
        pytest.param(
            "configPatches:\n- {applyTo: VIRTUAL_HOST, match: {cluster: {name: a}}, patch: {operation: REMOVE}}",
            [
                ("error IST0106 spec.configPatches[0].match.cluster: cluster is given with applyTo VIRTUAL_HOST, expected routeConfiguration."),
            ],
            id="a cluster match for a route",
            marks=pytest.mark.rule("EX-1"),
        ),
        pytest.param(
            "configPatches:\n- {applyTo: HTTP_FILTER, match: {waypoint: {}}, patch: {operation: REMOVE}}",
            [
                "error IST0106 spec.configPatches[0].match.waypoint: waypoint is given in context ANY, expected WAYPOINT.",
            ],
            id="a waypoint match elsewhere",
            marks=pytest.mark.rule("EX-1"),
        ),
        pytest.param(
            "configPatches:\n- {applyTo: CLUSTER, match: {proxy: {proxyVersion: '[1'}}, patch: {operation: REMOVE}}",
            [
                (
                    'error IST0106 spec.configPatches[0].match.proxy.proxyVersion: found "[1", expected a regular expression in '
                    "RE2's syntax: missing ]: [1."
                ),
            ],
            id="a version that is no regex",
            marks=pytest.mark.rule("EX-2"),
        ),
        pytest.param(
            ("configPatches:\n- {applyTo: HTTP_FILTER, match: {listener: {filterChain: {filter: {}}}}, patch: {operation: REMOVE}}"),
            ['error IST0106 spec.configPatches[0].match.listener.filterChain.filter: the field "name" is missing.'],
            id="a filter without name",
            marks=pytest.mark.rule("EX-1"),
        ),
        pytest.param(
            (
                "configPatches:\n"
                "- {applyTo: HTTP_FILTER, match: {listener: {filterChain: {filter: {name: a, subFilter: {name: b}}}}}, patch: "
                "{operation: REMOVE}}"
            ),
            [
                (
                    'error IST0106 spec.configPatches[0].match.listener.filterChain.filter.name: found "a", expected '
                    "envoy.filters.network.http_connection_manager before a subFilter."
                ),
            ],
            id="a sub-filter of another filter",
            marks=pytest.mark.rule("EX-1"),
        ),
        pytest.param(
            (
                "configPatches:\n"
                "- {applyTo: NETWORK_FILTER, match: {listener: {filterChain: {filter: {name: "
                "envoy.filters.network.http_connection_manager, subFilter: {name: b}}}}}, patch: {operation: REMOVE}}"
            ),
            [
                (
                    "error IST0106 spec.configPatches[0].match.listener.filterChain.filter.subFilter: subFilter is given with "
                    "applyTo NETWORK_FILTER, expected HTTP_FILTER."
                ),
            ],
            id="a sub-filter for a network filter",
            marks=pytest.mark.rule("EX-1"),
        ),
        pytest.param(
            ("configPatches:\n- {applyTo: LISTENER, match: {listener: {filterChain: {filter: {name: a}}}}, patch: {operation: REMOVE}}"),
            [
                (
                    "warning IST0133 spec.configPatches[0].match.listener.filterChain.filter: a filter has no effect in a match for "
                    "LISTENER. Leave it out."
                ),
            ],
            id="a filter in a match for a listener",
            marks=pytest.mark.rule("EX-1"),
        ),
        pytest.param(
            "configPatches:\n- {applyTo: HTTP_ROUTE, patch: {operation: ADD, value: {}}}",
            [
                ("warning IST0133 spec.configPatches[0].patch.operation: ADD has no effect on HTTP_ROUTE. Use MERGE or INSERT_FIRST."),
            ],
            id="ADD of a route",
            marks=pytest.mark.rule("EX-2"),
        ),
        pytest.param(
            "configPatches:\n- {applyTo: CLUSTER, patch: {operation: REPLACE, value: {}}}",
            ["warning IST0133 spec.configPatches[0].patch.operation: REPLACE has no effect on CLUSTER. Use MERGE."],
            id="REPLACE of a cluster",
            marks=pytest.mark.rule("EX-2"),
        ),
        pytest.param(
            "configPatches:\n- {applyTo: BOOTSTRAP, patch: {operation: ADD, value: {}}}",
            ["warning IST0133 spec.configPatches[0].patch.operation: ADD has no effect on BOOTSTRAP. Use MERGE."],
            id="ADD to a bootstrap",
            marks=pytest.mark.rule("EX-1"),
        ),
        pytest.param(
            "configPatches:\n- {applyTo: HTTP_FILTER, match: {context: WAYPOINT, waypoint: {}}, patch: {operation: REMOVE}}",
            [
                (
                    "warning IST0133 spec.configPatches[0].match.context: WAYPOINT has no effect: there are no waypoints in this mesh. "
                    "Use SIDECAR_INBOUND or GATEWAY."
                ),
            ],
            id="a waypoint",
            marks=pytest.mark.rule("EX-1"),
        ),
        pytest.param(
            "workloadSelector: {labels: {a: b}}\ntargetRefs: [{kind: Service, name: a}]",
            ["error IST0106 spec: workloadSelector and targetRefs are given, expected only one of them."],
            id="selector and targetRefs",
            marks=pytest.mark.rule("EX-1"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("networking.istio.io/v1", "EnvoyFilter", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "configPatches:\n- {applyTo: CLUSTER, patch: {operation: INSERT_FIRST, value: {name: x}}}",
            id="insertion before all clusters",
            marks=pytest.mark.rule("EX-2"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("networking.istio.io/v1", "EnvoyFilter", spec) == []


@pytest.mark.rule("EX-1")
def test_a_value_is_held_against_the_protobuf_by_whoever_has_it() -> None:
    """An error where it cannot be used, a warning where a part of it is not heeded; each at its place in the value."""

    def parses(target: str, value: Mapping[str, Any]) -> list[tuple[tuple[str | int, ...], str, str, bool]]:
        return [(("list", 0), f"{target} {value['name']} is wrong.", "", True), (("name",), "is not heeded.", "Drop it.", False)]

    head = "apiVersion: networking.istio.io/v1\nkind: EnvoyFilter\nmetadata: {name: it}\nspec:\n"
    found = check_text(f"{head}  configPatches:\n  - {{applyTo: CLUSTER, patch: {{operation: ADD, value: {{name: x}}}}}}", parses=parses)
    assert sorted(f"{each.severity} {each.path}: {each.message}" for each in found) == [
        "error spec.configPatches[0].patch.value.list[0]: CLUSTER x is wrong.",
        "warning spec.configPatches[0].patch.value.name: is not heeded.",
    ]
