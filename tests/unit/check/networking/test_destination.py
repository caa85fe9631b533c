"""What is said of networking destination: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: a}}, {destination: {host: b}}]",
            [
                ("error IST0106 spec.http[0].route: all 2 destinations have weight 0, so none gets any call. Give them weights, such as 50 and 50."),
            ],
            id="all weights 0",
            marks=pytest.mark.rule("VS-40"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: a}, weight: -1}, {destination: {host: b}, weight: 2}]",
            ["error IST0106 spec.http[0].route[0].weight: found the weight -1, expected 0 or more."],
            id="a negative weight",
            marks=pytest.mark.rule("VS-40"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: '*'}}]",
            [
                'error IST0106 spec.http[0].route[0].destination.host: found the host "*", expected the one service to send to.',
            ],
            id="the host *",
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: ''}}]",
            ["error IST0106 spec.http[0].route[0].destination.host: the host is empty, expected a DNS name."],
            id="an empty host",
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: a, port: {number: 70000}}}]",
            [
                "error IST0106 spec.http[0].route[0].destination.port.number: found the port 70000, expected 1 to 65535.",
            ],
            id="a port beyond 65535",
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: a, subset: v_1}}]",
            [
                ('error IST0106 spec.http[0].route[0].destination.subset: found the subset "v_1", expected letters and digits with "-" only inside.'),
            ],
            id="a subset that is no label",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("networking.istio.io/v1", "VirtualService", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: a}, weight: 0}]",
            id="one destination of weight 0",
            marks=pytest.mark.rule("VS-40"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("networking.istio.io/v1", "VirtualService", spec) == []
