"""Words about routes."""

from __future__ import annotations

import pytest

from lateen.ir.routes import UNCHANGED, HeaderChanges, outbound


@pytest.mark.rule("N-7")
def test_the_name_of_a_destination_is_the_one_users_know():
    assert outbound("reviews.default.svc.cluster.local", 80, "v1") == "outbound|80|v1|reviews.default.svc.cluster.local"


@pytest.mark.rule("VS-48")
def test_changes_add_up_in_order():
    first = HeaderChanges((("a", "1"),), (("b", "1"),), ("c",))
    second = HeaderChanges((("a", "2"),), (), ("d",))

    assert first.then(second) == HeaderChanges((("a", "1"), ("a", "2")), (("b", "1"),), ("c", "d"))
    assert UNCHANGED.then(first) == first == first.then(UNCHANGED)
