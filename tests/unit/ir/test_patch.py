"""What operations there are on what Envoy is told."""

from lateen.ir.patch import Operation


def test_two_operations_merge() -> None:
    assert [each.value for each in Operation if each.merges] == ["MERGE", "MERGE_AND_REPLACE_LIST"]
