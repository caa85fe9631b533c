"""Graphs of given objects."""

from __future__ import annotations

from lateen.api import inputs
from lateen.assembly import offline
from lateen.flow import Graph


def world(text: str) -> Graph:
    resources, findings = offline.read(text)
    assert not findings
    return offline.graph(resources)

def service(name: str, namespace: str, spec: str = "", annotations: str = "{}") -> str:
    return f"""---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {namespace}, annotations: {annotations}}}
spec: {{clusterIP: 10.0.0.1, ports: [{{name: http, port: 80}}]{spec}}}
"""


def test_an_edit_is_one_revision() -> None:
    g = world(service("reviews", "default"))
    revision = g.revision
    offline.edit(g, offline.read(service("ratings", "default") + service("details", "default"))[0])
    assert g.revision == revision + 1
    assert inputs.names(g, "Service", "default") == ("details", "ratings", "reviews")


def test_what_cannot_be_read_is_said() -> None:
    resources, findings = offline.read("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: 7\n", "a.yaml")
    assert not resources
    assert findings[0].position.file == "a.yaml"
