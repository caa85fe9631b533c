"""What is said of labels: each mistake with its sentence, and what is not one."""

import pytest

from lateen.check import check_text
from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "address: 10.0.0.1\nlabels: {kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk: a}",
            [
                (
                    "error IST0106 spec.labels.kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk: found the label "
                    '"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", expected at most 63 letters, digits, "-", '
                    '"_" and ".", behind a DNS name and "/" or not.'
                ),
            ],
            id="a key that is too long",
        ),
        pytest.param(
            "address: 10.0.0.1\nlabels: {A_b/c: a}",
            [
                (
                    'error IST0106 spec.labels["A_b/c"]: found the label "A_b/c", expected at most 63 letters, digits, "-", "_" and '
                    '".", behind a DNS name and "/" or not.'
                ),
            ],
            id="a prefix that is no name",
        ),
        pytest.param(
            "address: 10.0.0.1\nlabels: {a: b c}",
            [
                ('error IST0106 spec.labels.a: found the label value "b c", expected at most 63 letters, digits, "-", "_" and ".".'),
            ],
            id="a value with spaces",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("networking.istio.io/v1", "WorkloadEntry", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "address: 10.0.0.1\nlabels: {example.com/a: ''}",
            id="a prefix and an empty value",
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("networking.istio.io/v1", "WorkloadEntry", spec) == []


def test_labels_and_annotations_of_every_object_have_keys_that_kubernetes_takes() -> None:
    text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {b c: d}, annotations: {Ok.io/X: anything at all, a/b/c: d}}\n"
    assert [finding.path for finding in check_text(text)] == ['metadata.labels["b c"]', 'metadata.annotations["a/b/c"]']
