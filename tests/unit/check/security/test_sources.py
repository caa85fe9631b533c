"""What is said of security sources: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "rules:\n- from: [{source: {principals: ['']}}]",
            ['error IST0106 spec.rules[0].from[0].source.principals[0]: the value is empty. Write "*" for any.'],
            id="an empty principal",
            marks=pytest.mark.rule("AZ-5"),
        ),
        pytest.param(
            "rules:\n- from: [{source: {ipBlocks: [10.0.0.0/40]}}]",
            [
                (
                    'error IST0106 spec.rules[0].from[0].source.ipBlocks[0]: found "10.0.0.0/40", expected an IP address or a range '
                    "such as 10.0.0.0/8."
                ),
            ],
            id="an address that is none",
            marks=pytest.mark.rule("AZ-6"),
        ),
        pytest.param(
            "rules:\n- from: [{source: {serviceAccounts: [a], namespaces: [b]}}]",
            [
                (
                    "error IST0106 spec.rules[0].from[0].source: serviceAccounts and namespaces are given, expected only one way of "
                    "naming callers. Keep serviceAccounts."
                ),
            ],
            id="service accounts and namespaces",
            marks=pytest.mark.rule("AZ-6"),
        ),
        pytest.param(
            "rules:\n- from: [{source: {serviceAccounts: [a/b/c]}}]",
            [
                'error IST0106 spec.rules[0].from[0].source.serviceAccounts[0]: found "a/b/c", expected name or namespace/name.',
            ],
            id="a service account with two slashes",
            marks=pytest.mark.rule("AZ-6"),
        ),
        pytest.param(
            "action: CUSTOM\nprovider: {name: a}\nrules:\n- from: [{source: {notNamespaces: [a]}}]",
            [
                (
                    "error IST0106 spec.rules[0].from[0].source.notNamespaces: notNamespaces is not known yet when action CUSTOM is "
                    "decided. Leave it out, and add a DENY policy."
                ),
            ],
            id="a namespace with CUSTOM",
            marks=pytest.mark.rule("AZ-10"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("security.istio.io/v1", "AuthorizationPolicy", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "rules:\n- from: [{source: {serviceAccounts: [a, b/c]}}]",
            id="service accounts with and without namespace",
            marks=pytest.mark.rule("AZ-6"),
        ),
        pytest.param(
            "rules:\n- from: [{source: {ipBlocks: [10.0.0.0/8, 10.1.1.1], notRemoteIpBlocks: ['2001:db8::/32']}}]",
            id="addresses and ranges",
            marks=pytest.mark.rule("AZ-6"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("security.istio.io/v1", "AuthorizationPolicy", spec) == []
