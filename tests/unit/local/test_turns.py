"""Whose turn it is."""

from __future__ import annotations

from lateen.agent.workload import Workload
from lateen.local.turns import Turns


def workload(name: str, app: str) -> Workload:
    return Workload(name, "", labels=(("app", app),))


def due(turns: Turns) -> list[str]:
    return [each.name for each in turns.due()]


def test_workloads_of_one_service_go_one_after_the_other_and_others_meanwhile() -> None:
    turns = Turns()
    for each in (workload("web-0", "web"), workload("web-1", "web"), workload("api", "api")):
        turns.add(each)
    assert due(turns) == ["web-0", "api"]
    assert due(turns) == []
    turns.arrived("api.default")
    assert due(turns) == []
    turns.arrived("web-0.default")
    assert due(turns) == ["web-1"]


def test_one_that_is_not_to_run_any_more_holds_up_no_other() -> None:
    turns = Turns()
    for each in (workload("web-0", "web"), workload("web-1", "web"), workload("web-2", "web")):
        turns.add(each)
    assert due(turns) == ["web-0"]
    turns.drop("web-0.default")
    turns.drop("web-1.default")
    assert due(turns) == ["web-2"]


def test_one_that_is_edited_while_it_waits_is_run_as_it_is_then() -> None:
    turns = Turns()
    turns.add(workload("web-0", "web"))
    later = Workload("web-0", "", labels=(("app", "web"),), cwd="/new")
    turns.add(later)
    assert turns.due() == [later]


def test_a_new_agent_runs_all_anew() -> None:
    turns = Turns()
    turns.add(workload("web-0", "web"))
    turns.due()
    turns.add(workload("web-1", "web"))
    turns.clear()
    assert due(turns) == []
    turns.add(workload("web-0", "web"))
    assert due(turns) == ["web-0"]
