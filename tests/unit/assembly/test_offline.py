"""Graphs of given objects."""

from __future__ import annotations

from lateen.api import inputs
from lateen.assembly import offline
from tests.given.objects import service


def test_an_edit_is_one_revision() -> None:
    resources, findings = offline.read(service("reviews", "default"))
    assert not findings
    g = offline.graph(resources)
    revision = g.revision
    offline.edit(g, offline.read(service("ratings", "default") + service("details", "default"))[0])
    assert g.revision == revision + 1
    assert inputs.names(g, "Service", "default") == ("details", "ratings", "reviews")


def test_what_cannot_be_read_is_said() -> None:
    resources, findings = offline.read("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: 7\n", "a.yaml")
    assert not resources
    assert findings[0].position.file == "a.yaml"
