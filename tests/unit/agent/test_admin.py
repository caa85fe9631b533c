"""What Envoy's statistics say about its readiness."""

import pytest

from lateen.agent.admin import numbers, obstacle

READY = {"cluster_manager.cds.update_success": 1, "listener_manager.lds.update_rejected": 1, "server.state": 0, "listener_manager.workers_started": 1}


@pytest.mark.rule("AG-7")
def test_ready_is_who_received_both_kinds_taken_or_refused_and_is_live() -> None:
    assert obstacle(READY) == ""


@pytest.mark.rule("AG-7")
@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("cluster_manager.cds.update_success", 0, "it has received no clusters from the control plane yet"),
        ("listener_manager.lds.update_rejected", 0, "it has received no listeners from the control plane yet"),
        ("server.state", 2, "it is still initialising"),
        ("listener_manager.workers_started", 0, "its workers have not started yet"),
    ],
)
def test_each_lack_is_named(name: str, value: int, reason: str) -> None:
    assert obstacle(READY | {name: value}) == reason


def test_numbers_are_read_and_other_lines_are_not() -> None:
    assert numbers("server.state: 0\na.b: 12\nhistogram: P0(nan,1)\n") == {"server.state": 0, "a.b": 12}
