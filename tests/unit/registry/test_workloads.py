"""Workloads by reference, namespace and address."""

from __future__ import annotations

from lateen.registry import workloads
from lateen.values.ref import Ref
from tests.given.worlds import world

WORLD = """
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: default, labels: {app: a, tier: x}}
spec: {containers: []}
status: {podIP: 10.1.0.1}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: w, namespace: default, labels: {app: a}}
spec: {address: 10.1.0.1}
"""


def test_an_address_may_be_that_of_several_workloads() -> None:
    assert {each.origin.kind for each in workloads.at(world(WORLD), "10.1.0.1")} == {"Pod", "WorkloadEntry"}


def test_a_selector_wants_all_its_labels_and_an_empty_one_selects_nothing() -> None:
    g = world(WORLD)
    assert [each.name for each in workloads.selected(g, "Pod", "default", (("app", "a"), ("tier", "x")))] == ["p"]
    assert workloads.selected(g, "WorkloadEntry", "default", (("app", "a"), ("tier", "x"))) == ()
    assert workloads.selected(g, "Pod", "default", ()) == ()


def test_a_workload_is_found_by_its_reference() -> None:
    found = workloads.workload(world(WORLD), Ref("WorkloadEntry", "default", "w"))
    assert found is not None
    assert found.addresses == ("10.1.0.1",)
