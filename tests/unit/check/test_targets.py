"""What is said of targets: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "selector: {matchLabels: {a: b}}\ntargetRefs: [{kind: Service, name: a}]\nrules: [{}]",
            ["error IST0106 spec: selector and targetRefs are given, expected only one of them."],
            id="selector and targetRefs",
            marks=pytest.mark.rule("AZ-12"),
        ),
        pytest.param(
            "targetRefs: [{group: apps, kind: Deployment, name: a}]\nrules: [{}]",
            [
                (
                    "error IST0106 spec.targetRefs[0]: found a Deployment of apps, expected a Service, a ServiceEntry of "
                    "networking.istio.io, or a Gateway or GatewayClass of gateway.networking.k8s.io."
                ),
            ],
            id="a target of another kind",
            marks=pytest.mark.rule("AZ-12"),
        ),
        pytest.param(
            "targetRefs: [{kind: Service, name: ''}]\nrules: [{}]",
            ["error IST0106 spec.targetRefs[0].name: the name is empty."],
            id="a target without name",
            marks=pytest.mark.rule("AZ-12"),
        ),
        pytest.param(
            "targetRef: {kind: Service, name: a, namespace: b}\nrules: [{}]",
            [
                ('error IST0106 spec.targetRef.namespace: found the namespace "b", expected none: a policy applies to its own namespace.'),
            ],
            id="a target elsewhere",
            marks=pytest.mark.rule("AZ-12"),
        ),
        pytest.param(
            "selector: {matchLabels: {app: '*'}}\nrules: [{}]",
            ['error IST0106 spec.selector.matchLabels.app: found "app: *", expected labels without wildcard.'],
            id="a selector with wildcard",
            marks=pytest.mark.rule("AZ-12"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("security.istio.io/v1", "AuthorizationPolicy", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: a}]\nrules: [{}]",
            id="a gateway",
            marks=pytest.mark.rule("AZ-12"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("security.istio.io/v1", "AuthorizationPolicy", spec) == []
