"""What is said of security operations: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "rules:\n- to: [{operation: {methods: ['']}}]",
            ['error IST0106 spec.rules[0].to[0].operation.methods[0]: the value is empty. Write "*" for any.'],
            id="an empty method",
            marks=pytest.mark.rule("AZ-5"),
        ),
        pytest.param(
            "rules:\n- to: [{operation: {ports: ['70000']}}]",
            ["error IST0106 spec.rules[0].to[0].operation.ports[0]: found the port 70000, expected 1 to 65535."],
            id="a port beyond 65535",
            marks=pytest.mark.rule("AZ-5"),
        ),
        pytest.param(
            "rules:\n- to: [{operation: {notPorts: [http]}}]",
            [
                ('error IST0106 spec.rules[0].to[0].operation.notPorts[0]: found the port "http", expected a number from 1 to 65535.'),
            ],
            id="a port by name",
            marks=pytest.mark.rule("AZ-5"),
        ),
        pytest.param(
            "rules:\n- to: [{operation: {paths: ['/a/x{*}']}}]",
            [
                ('error IST0106 spec.rules[0].to[0].operation.paths[0]: found the path "/a/x{*}", expected "{*}" or "{**}" as a whole segment.'),
            ],
            id="a template in a segment",
            marks=pytest.mark.rule("AZ-5"),
        ),
        pytest.param(
            "rules:\n- to: [{operation: {paths: ['/a/{*}/b*']}}]",
            [
                (
                    'error IST0106 spec.rules[0].to[0].operation.paths[0]: found the path "/a/{*}/b*", expected "*" not to be mixed '
                    'with "{*}" and "{**}".'
                ),
            ],
            id="a template and a wildcard",
            marks=pytest.mark.rule("AZ-5"),
        ),
        pytest.param(
            "rules:\n- to: [{operation: {paths: ['/{**}/a/{*}']}}]",
            [
                ('error IST0106 spec.rules[0].to[0].operation.paths[0]: found the path "/{**}/a/{*}", expected "{**}" as the last of its templates.'),
            ],
            id="{**} before another template",
            marks=pytest.mark.rule("AZ-5"),
        ),
        pytest.param(
            "rules:\n- to: [{operation: {notPaths: ['/{*}/a b']}}]",
            [
                (
                    'error IST0106 spec.rules[0].to[0].operation.notPaths[0]: found the path "/{*}/a b", whose segment "a b" has '
                    "characters that a path has not."
                ),
            ],
            id="a space in a template",
            marks=pytest.mark.rule("AZ-5"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("security.istio.io/v1", "AuthorizationPolicy", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "rules:\n- to: [{operation: {paths: ['/a/{*}/b/{**}', '/c*', '*/d']}}]",
            id="templates",
            marks=pytest.mark.rule("AZ-5"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("security.istio.io/v1", "AuthorizationPolicy", spec) == []
