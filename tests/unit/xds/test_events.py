from __future__ import annotations

from lateen.xds.events import Send


def test_a_response_of_one_part_is_that_part_and_not_a_copy() -> None:
    shared = b"shared"
    assert Send("T", "1", (shared,)).body() is shared


def test_a_response_of_many_parts_is_put_together_in_order() -> None:
    assert Send("T", "1", (b"head", memoryview(b"xentries")[1:], b"")).body() == b"headentries"
