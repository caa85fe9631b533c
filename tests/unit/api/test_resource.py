import pytest

from lateen.api.core.namespace import Namespace
from lateen.api.resource import UNDATED, Resource, as_written, normalised
from lateen.values.ref import Ref


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("2024-05-01T12:00:00Z", "2024-05-01T12:00:00.000000Z"),
        ("2024-05-01T14:00:00+02:00", "2024-05-01T12:00:00.000000Z"),
        ("2024-05-01T12:00:00.5Z", "2024-05-01T12:00:00.500000Z"),
        ("", UNDATED),
        (None, UNDATED),
    ],
)
def test_creation_times_have_one_form(written: str | None, normal: str) -> None:
    assert normalised(written) == normal


@pytest.mark.parametrize("written", ["yesterday", "2024-05-01T12:00:00", "2024-13-01T00:00:00Z"])
def test_what_is_no_time_with_a_zone_is_refused(written: str) -> None:
    with pytest.raises(ValueError):
        normalised(written)


def test_a_time_is_written_back_as_kubernetes_does() -> None:
    assert as_written("2024-05-01T12:00:00.000000Z") == "2024-05-01T12:00:00Z"
    assert as_written("2024-05-01T12:00:00.500000Z") == "2024-05-01T12:00:00.500000Z"
    assert as_written(UNDATED) is None


@pytest.mark.rule("N-5")
def test_the_oldest_wins_then_the_name_then_the_namespace_and_the_undated_loses() -> None:
    def namespace(name: str, created: str | None) -> Resource[Namespace]:
        return Resource(Ref("Namespace", "", name), Namespace(), created=normalised(created))

    later, earlier, undated, same = (
        namespace("a", "2024-05-01T12:00:00.5Z"),
        namespace("b", "2024-05-01T12:00:00Z"),
        namespace("0", None),
        namespace("c", "2024-05-01T12:00:00Z"),
    )
    assert sorted([undated, later, same, earlier], key=lambda each: each.age_order) == [earlier, same, later, undated]
