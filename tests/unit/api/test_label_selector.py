import pytest

from lateen.api.label_selector import LabelSelector, LabelSelectorRequirement


@pytest.mark.parametrize(
    ("operator", "values", "labels", "selected"),
    [
        ("In", ("a", "b"), {"k": "a"}, True),
        ("In", ("a", "b"), {"k": "c"}, False),
        ("In", ("a", "b"), {}, False),
        ("NotIn", ("a",), {"k": "a"}, False),
        ("NotIn", ("a",), {}, True),
        ("Exists", (), {"k": ""}, True),
        ("Exists", (), {}, False),
        ("DoesNotExist", (), {}, True),
        ("DoesNotExist", (), {"k": "a"}, False),
        ("Gt", ("1",), {"k": "2"}, False),
    ],
)
def test_a_requirement_selects_by_its_operator(operator: str, values: tuple[str, ...], labels: dict[str, str], selected: bool) -> None:
    assert LabelSelectorRequirement("k", operator, values).selects(labels) is selected


def test_all_of_a_selector_must_hold_and_an_empty_one_selects_everything() -> None:
    selector = LabelSelector({"app": "a"}, (LabelSelectorRequirement("env", "Exists"),))
    assert selector.selects({"app": "a", "env": "x"})
    assert not selector.selects({"app": "a"})
    assert not selector.selects({"env": "x"})
    assert LabelSelector().selects({})
