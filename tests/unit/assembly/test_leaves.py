"""The leaves: equal answers share bytes."""

from __future__ import annotations

import pytest

from lateen.assembly import leaves
from lateen.flow import Graph
from lateen.ir.view import PUBLIC, Perspective
from lateen.render import endpoint as rendering_endpoint
from tests.given.objects import REVIEWS, service
from tests.given.worlds import world

SLICE = """---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: a, namespace: default, labels: {kubernetes.io/service-name: reviews}}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints: [{addresses: [10.1.0.1]}, {addresses: [10.1.0.2]}]
"""
CLUSTER = ("default", REVIEWS, 80, "")


def test_perspectives_that_see_a_destination_alike_have_one_rendering_of_it() -> None:
    g = world(service("reviews", "default"))
    first, second = leaves.cluster(g, Perspective("one"), *CLUSTER), leaves.cluster(g, Perspective("other"), *CLUSTER)
    assert first is second
    assert g.ran["leaves.rendered_cluster"] == 1


def test_what_is_not_there_has_no_resource() -> None:
    assert leaves.cluster(Graph(), PUBLIC, *CLUSTER) is None
    assert leaves.virtual_host(Graph(), PUBLIC, False, "default", REVIEWS, 80) is None


def test_the_members_of_a_large_assignment_are_leaves_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering_endpoint, "LARGE", 1)
    g = world(service("reviews", "default") + SLICE)
    found = leaves.members(g, PUBLIC, None, *CLUSTER)
    assert [name.rpartition("/")[2] for name, _ in found] == ["10.1.0.1_8080", "10.1.0.2_8080"]
    assert leaves.collected_assignment(g, PUBLIC, None, *CLUSTER) != leaves.assignment(g, PUBLIC, None, *CLUSTER)
