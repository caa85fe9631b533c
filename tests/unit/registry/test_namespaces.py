"""Which namespaces belong to the mesh."""

from __future__ import annotations

import pytest

from lateen.registry import services
from lateen.registry.namespaces import is_member
from tests.given.worlds import world

MESH = """
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: "discoverySelectors: [{matchLabels: {in: mesh}}, {matchExpressions: [{key: too, operator: Exists}]}]"}
"""
SPACES = """
---
apiVersion: v1
kind: Namespace
metadata: {name: one, labels: {in: mesh}}
---
apiVersion: v1
kind: Namespace
metadata: {name: two, labels: {too: "yes"}}
---
apiVersion: v1
kind: Service
metadata: {name: a, namespace: three}
spec: {clusterIP: 10.0.0.1, ports: [{name: http, port: 80}]}
"""


@pytest.mark.rule("SD-16")
def test_any_of_the_selectors_picks_a_namespace() -> None:
    g = world(MESH + SPACES)
    assert [is_member(g, name) for name in ("one", "two", "three")] == [True, True, False]


@pytest.mark.rule("SD-16")
def test_services_of_other_namespaces_are_not_known() -> None:
    assert services.namespaces(world(MESH + SPACES)) == ()
    assert services.declaring(world(MESH + SPACES), "a.three.svc.cluster.local") == ()
    assert services.namespaces(world(SPACES)) == ("three",)
