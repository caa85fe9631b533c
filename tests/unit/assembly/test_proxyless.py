"""What a program is told that is its own proxy."""

from __future__ import annotations

import pytest

from tests.given.objects import REVIEWS, entry, service
from tests.given.sidecars import told, view
from tests.given.worlds import world


@pytest.mark.rule("XD-14")
def test_a_host_can_be_named_in_full_and_short_and_without_namespace_in_its_own() -> None:
    g = world(service("reviews", "default"))
    full = {f"{REVIEWS}:80", "reviews.default:80", "reviews.default.svc:80"}
    assert told(g, "Listener", view("other", GENERATOR="grpc")).keys() == full
    assert told(g, "Listener", view(GENERATOR="grpc")).keys() == {*full, "reviews:80"}


@pytest.mark.rule("XD-14")
def test_each_port_has_a_table_named_like_its_cluster() -> None:
    g = world(service("reviews", "default") + entry("a", "default", "a.example"))
    found = view(GENERATOR="grpc")
    assert told(g, "RouteConfiguration", found).keys() == {f"outbound|80||{REVIEWS}", "outbound|80||a.example"}
    assert told(g, "Cluster", found).keys() == told(g, "ClusterLoadAssignment", found).keys() == {f"outbound|80||{REVIEWS}"}
