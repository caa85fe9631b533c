"""What becomes of one kind of connection."""

from __future__ import annotations

import pytest

from lateen.ir.chain import FileLog, Observation


@pytest.mark.rule("LI-9")
def test_refused_connections_are_in_the_logs_of_the_others_unless_they_are_to_be_left_out() -> None:
    log = FileLog("/a")
    assert Observation((log,)).of_listeners == (log,)
    assert Observation((log,), refused=False).of_listeners == ()
