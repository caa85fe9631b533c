"""What is said of security authorization policy: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "action: CUSTOM\nprovider: {name: a}",
            [
                ("error IST0106 spec: action CUSTOM without rules never asks the provider. Write rules: [{}] to match every call."),
            ],
            id="CUSTOM without rules",
            marks=pytest.mark.rule("AZ-4"),
        ),
        pytest.param(
            "action: CUSTOM\nrules: [{}]",
            [
                ("error IST0106 spec: action CUSTOM needs provider.name. Name a provider of the mesh config's extensionProviders."),
            ],
            id="CUSTOM without provider",
            marks=pytest.mark.rule("AZ-10"),
        ),
        pytest.param(
            "provider: {name: a}\nrules: [{}]",
            ["error IST0106 spec.provider: provider is given with action ALLOW, expected CUSTOM."],
            id="provider without CUSTOM",
            marks=pytest.mark.rule("AZ-10"),
        ),
        pytest.param(
            "action: DENY",
            [
                "error IST0106 spec: action DENY without rules denies nothing. Write rules: [{}] to match every call.",
            ],
            id="DENY without rules",
            marks=pytest.mark.rule("AZ-4"),
        ),
        pytest.param(
            "rules:\n- from: [{}]",
            [
                ("error IST0106 spec.rules[0].from[0]: the source is empty. Give for instance principals, or leave from out to mean every caller."),
            ],
            id="from without source",
            marks=pytest.mark.rule("AZ-4"),
        ),
        pytest.param(
            "rules:\n- from: [{source: {}}]",
            [
                ("error IST0106 spec.rules[0].from[0]: the source is empty. Give for instance principals, or leave from out to mean every caller."),
            ],
            id="an empty source",
            marks=pytest.mark.rule("AZ-4"),
        ),
        pytest.param(
            "rules:\n- to: [{operation: {}}]",
            [
                ("error IST0106 spec.rules[0].to[0]: the operation is empty. Give for instance paths, or leave to out to mean every operation."),
            ],
            id="an empty operation",
            marks=pytest.mark.rule("AZ-4"),
        ),
        pytest.param(
            "action: DENY\nrules:\n- to: [{operation: {paths: [/a]}}]",
            [
                (
                    "warning IST0133 spec.rules[0]: this rule has conditions on HTTP only, so on TCP ports it denies every call that "
                    "the rest of it matches. Name the ports in to.operation.ports."
                ),
            ],
            id="DENY by path alone",
            marks=pytest.mark.rule("AZ-8"),
        ),
        pytest.param(
            "action: DENY\nrules:\n- from: [{source: {requestPrincipals: ['*']}}]",
            [
                (
                    "warning IST0133 spec.rules[0]: this rule has conditions on HTTP only, so on TCP ports it denies every call that "
                    "the rest of it matches. Name the ports in to.operation.ports."
                ),
            ],
            id="DENY by token alone",
            marks=pytest.mark.rule("AZ-8"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("security.istio.io/v1", "AuthorizationPolicy", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "rules: [{}]",
            id="everything",
            marks=pytest.mark.rule("AZ-4"),
        ),
        pytest.param(
            "{}",
            id="nothing",
            marks=pytest.mark.rule("AZ-4"),
        ),
        pytest.param(
            "rules:\n- to: []",
            id="an empty to",
            marks=pytest.mark.rule("AZ-4"),
        ),
        pytest.param(
            "action: DENY\nrules:\n- to: [{operation: {paths: [/a], ports: ['80']}}]",
            id="DENY by path on a port",
            marks=pytest.mark.rule("AZ-8"),
        ),
        pytest.param(
            "action: DENY\nrules:\n- from: [{source: {namespaces: [a]}}]",
            id="DENY by namespace",
            marks=pytest.mark.rule("AZ-8"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("security.istio.io/v1", "AuthorizationPolicy", spec) == []
