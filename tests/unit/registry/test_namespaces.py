"""What namespaces say of all that is in them."""

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


@pytest.mark.rule("SD-15")
@pytest.mark.parametrize("kind", ["Service", "ServiceEntry"])
def test_a_namespace_says_how_near_its_services_are_called_unless_they_say_it_themselves(kind: str) -> None:
    wish = "annotations: {networking.istio.io/traffic-distribution: %s}"

    def told(namespace: str, own: str) -> str:
        above = f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: default, {wish % namespace}}}\n" if namespace else ""
        spec = {
            "Service": "apiVersion: v1\nkind: Service\nspec: {clusterIP: 10.96.0.1, ports: [{port: 80}]}",
            "ServiceEntry": "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nspec: {hosts: [a.default.svc.cluster.local], resolution: DNS, "
            "ports: [{number: 80, name: http}]}",
        }[kind]
        named = f"metadata: {{name: a, namespace: default{f', {wish % own}' if own else ''}}}\n"
        found = services.service(world(f"{above}---\n{spec}\n{named}"), "default", "a.default.svc.cluster.local")
        assert found is not None
        return found.distribution

    assert (told("", ""), told("PreferClose", ""), told("preferclose", "PreferSameNode")) == ("", "PreferClose", "PreferSameNode")
    assert told("PreferClose", "Nonsense") == "PreferClose"
