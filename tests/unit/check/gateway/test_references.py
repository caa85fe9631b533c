"""What is said of hosts and references of routes: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "hostnames: [10.0.0.1]",
            ['error IST0106 spec.hostnames[0]: found the address "10.0.0.1", expected a host name.'],
            id="an address",
            marks=pytest.mark.rule("GA-4"),
        ),
        pytest.param(
            "hostnames: ['*']",
            [
                'error IST0106 spec.hostnames[0]: found the host "*", expected a name. Leave it out to mean every host.',
            ],
            id="every host",
            marks=pytest.mark.rule("GA-4"),
        ),
        pytest.param(
            "rules: [{backendRefs: [{name: a, port: 80, weight: -1}]}]",
            ["error IST0106 spec.rules[0].backendRefs[0].weight: found the weight -1, expected 0 to 1000000."],
            id="a negative weight",
            marks=pytest.mark.rule("GA-6"),
        ),
        pytest.param(
            "rules: [{backendRefs: [{name: a, port: 70000}]}]",
            ["error IST0106 spec.rules[0].backendRefs[0].port: found the port 70000, expected 1 to 65535."],
            id="a port beyond 65535",
            marks=pytest.mark.rule("GA-6"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("gateway.networking.k8s.io/v1", "HTTPRoute", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "hostnames: ['*.example.com']",
            id="a wildcard",
            marks=pytest.mark.rule("GA-4"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("gateway.networking.k8s.io/v1", "HTTPRoute", spec) == []
