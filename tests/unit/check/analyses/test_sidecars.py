"""Sidecars of which only the oldest counts."""

from __future__ import annotations

import pytest

from lateen.check.analyses.sidecars import conflicts
from tests.given.objects import istio
from tests.given.worlds import world

EGRESS = "egress: [{hosts: ['./*']}]"


def said(*documents: str) -> list[str]:
    return [f"{found.code} {found.ref} {found.path}: {found.message}" for found in conflicts(world(*documents), "default")]


def selecting(label: str) -> str:
    return f"{{workloadSelector: {{labels: {{{label}}}}}, {EGRESS}}}"


@pytest.mark.rule("SC-2")
def test_a_second_sidecar_without_selector_has_no_effect() -> None:
    assert said(
        istio("Sidecar", "new", f"{{{EGRESS}}}", year=2021), istio("Sidecar", "old", f"{{{EGRESS}}}"), istio("Sidecar", "a", selecting("a: b"))
    ) == ["IST0111 Sidecar default/new spec: Sidecar default/old is older and selects all workloads too, so this one has no effect."]


@pytest.mark.rule("SC-2")
def test_two_sidecars_for_one_workload_are_told_with_the_workload() -> None:
    vm = istio("WorkloadEntry", "vm", "{address: 10.0.0.1, labels: {app: web, tier: front}}")
    assert said(vm, istio("Sidecar", "a", selecting("app: web")), istio("Sidecar", "b", selecting("tier: front"), year=2021)) == [
        (
            "IST0110 Sidecar default/b spec.workloadSelector: "
            "Sidecar default/a is older and selects WorkloadEntry default/vm too, so this one has no effect there."
        )
    ]


@pytest.mark.rule("SC-2")
def test_sidecars_for_different_workloads_and_namespaces_do_not_conflict() -> None:
    one = istio("WorkloadEntry", "one", "{address: 10.0.0.1, labels: {app: web}}")
    two = istio("WorkloadEntry", "two", "{address: 10.0.0.2, labels: {app: db}}")
    rules = (
        istio("Sidecar", "a", selecting("app: web")),
        istio("Sidecar", "b", selecting("app: db")),
        istio("Sidecar", "c", f"{{{EGRESS}}}", "other"),
    )
    assert said(one, two, *rules) == []
