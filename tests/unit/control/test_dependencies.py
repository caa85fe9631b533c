"""What groups of workloads have asked for."""

from __future__ import annotations

import pytest

from lateen.control import dependencies
from lateen.control.dependencies import Dependencies
from lateen.xds.node import Proxy


def proxy(name: str, *, namespace: str = "default", on_demand: bool = True, **labels: str) -> Proxy:
    return Proxy(
        f"sidecar~1.1.1.1~{name}.{namespace}~{namespace}.svc.cluster.local",
        "sidecar",
        ("1.1.1.1",),
        name,
        namespace,
        "cluster.local",
        labels=tuple(sorted(labels.items())),
        capabilities=(("onDemand", on_demand),),
    )


def test_a_replica_starts_with_what_its_group_has_asked_for() -> None:
    known = Dependencies()
    assert known.add(proxy("web-1", app="web"), ["b.com", "a.com"])
    assert known.of(proxy("web-2", app="web", **{"pod-template-hash": "x"})) == ("a.com", "b.com")
    assert known.of(proxy("api-1", app="api")) == ()


def test_what_was_asked_for_before_is_no_news() -> None:
    known = Dependencies()
    known.add(proxy("web-1"), ["a.com"])
    assert not known.add(proxy("web-1"), ["a.com"])


def test_a_proxy_whose_agent_cannot_ask_is_told_of_everything() -> None:
    assert Dependencies().of(proxy("web-1", on_demand=False)) is None


def test_groups_that_are_gone_are_forgotten_the_oldest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependencies, "REMEMBERED", 2)
    known = Dependencies()
    for number in range(4):
        known.add(proxy("run", app=f"job-{number}"), ["a.com"])
    known.forget([proxy("run", app="job-0")])
    assert [known.of(proxy("run", app=f"job-{number}")) for number in range(4)] == [("a.com",), (), ("a.com",), ("a.com",)]


def test_the_runs_of_a_job_are_one_group() -> None:
    known = Dependencies()
    known.add(proxy("report-1", app="report", **{"job-name": "report-1", "batch.kubernetes.io/controller-uid": "u1"}), ["a.com"])
    assert known.of(proxy("report-2", app="report", **{"job-name": "report-2", "batch.kubernetes.io/controller-uid": "u2"})) == ("a.com",)
