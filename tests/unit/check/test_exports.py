"""What is said of exports: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "hosts: [a]\nexportTo: [b, b]\nhttp: [{route: [{destination: {host: reviews}}]}]",
            ['error IST0106 spec.exportTo[1]: the namespace "b" is given twice. Keep one of them.'],
            id="a namespace twice",
            marks=pytest.mark.rule("N-4"),
        ),
        pytest.param(
            "hosts: [a]\nexportTo: [., default]\nhttp: [{route: [{destination: {host: reviews}}]}]",
            [
                ('error IST0106 spec.exportTo[1]: the namespace "default" means the same as ".", as this is namespace default. Keep one of them.'),
            ],
            id=". and the own namespace",
            marks=pytest.mark.rule("N-4"),
        ),
        pytest.param(
            "hosts: [a]\nexportTo: ['*', b]\nhttp: [{route: [{destination: {host: reviews}}]}]",
            ['error IST0106 spec.exportTo: "*" means everybody, so nothing else may be given beside it. Leave the others out.'],
            id="* and more",
            marks=pytest.mark.rule("N-4"),
        ),
        pytest.param(
            "hosts: [a]\nexportTo: [not a name]\nhttp: [{route: [{destination: {host: reviews}}]}]",
            ['error IST0106 spec.exportTo[0]: found "not a name", expected the name of a namespace, "." or "*".'],
            id="no namespace",
            marks=pytest.mark.rule("N-4"),
        ),
        pytest.param(
            "hosts: [a]\nexportTo: ['~']\nhttp: [{route: [{destination: {host: reviews}}]}]",
            ['error IST0106 spec.exportTo[0]: found "~", expected the name of a namespace, "." or "*".'],
            id="~ of what is no service",
            marks=pytest.mark.rule("N-4"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("networking.istio.io/v1", "VirtualService", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "hosts: [a]\nexportTo: [., b]\nhttp: [{route: [{destination: {host: reviews}}]}]",
            id="two namespaces",
            marks=pytest.mark.rule("N-4"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("networking.istio.io/v1", "VirtualService", spec) == []
