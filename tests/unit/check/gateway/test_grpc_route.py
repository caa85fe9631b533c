"""What is said of gateway grpc route: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "rules: [{matches: [{method: {}}]}]",
            ["error IST0106 spec.rules[0].matches[0].method: neither service nor method is given."],
            id="a match of nothing",
            marks=pytest.mark.rule("GA-3"),
        ),
        pytest.param(
            "rules: [{matches: [{method: {type: RegularExpression, service: '('}}]}]",
            [
                ('error IST0106 spec.rules[0].matches[0].method.service: found "(", expected a regular expression in RE2\'s syntax: missing ): (.'),
            ],
            id="a bad regex",
            marks=pytest.mark.rule("GA-3"),
        ),
        pytest.param(
            "rules: [{matches: [{headers: [{name: a b, value: c}]}]}]",
            [
                (
                    'error IST0106 spec.rules[0].matches[0].headers[0].name: found the header name "a b", expected letters, digits '
                    "and some of !#$%&'*+-.^_`|~."
                ),
            ],
            id="a header name with spaces",
            marks=pytest.mark.rule("GA-3"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("gateway.networking.k8s.io/v1", "GRPCRoute", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "rules: [{matches: [{method: {service: a.B, method: C}}]}]",
            id="a method",
            marks=pytest.mark.rule("GA-3"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("gateway.networking.k8s.io/v1", "GRPCRoute", spec) == []
