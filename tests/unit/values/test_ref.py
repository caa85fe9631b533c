"""References to objects."""

from __future__ import annotations

from lateen.values.ref import Ref


def test_a_reference_reads_as_in_a_sentence():
    assert str(Ref("VirtualService", "default", "reviews")) == "VirtualService default/reviews"
    assert str(Ref("Namespace", "", "default")) == "Namespace default"


def test_references_sort_by_kind_namespace_and_name():
    assert sorted([Ref("B", "a", "a"), Ref("A", "b", "a"), Ref("A", "a", "b")]) == [Ref("A", "a", "b"), Ref("A", "b", "a"), Ref("B", "a", "a")]
