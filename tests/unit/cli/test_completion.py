"""What the shell is offered."""

from __future__ import annotations

from lateen.cli.completion import kinds


def test_kinds_are_completed_also_behind_a_comma() -> None:
    assert kinds("virtual") == ["virtualservices"]
    assert kinds("services,vir") == ["services,virtualservices"]
    assert kinds("nothing") == []
