"""What is said of networking destination rule: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "host: ''",
            ["error IST0106 spec.host: the host is empty, expected a DNS name."],
            id="no host",
            marks=pytest.mark.rule("DR-1"),
        ),
        pytest.param(
            "host: a\nsubsets: [{name: v1}, {name: v1}]",
            ['error IST0106 spec.subsets[1].name: the subset "v1" is given twice. Name one of them differently.'],
            id="a subset twice",
            marks=pytest.mark.rule("DR-11"),
        ),
        pytest.param(
            "host: a\nsubsets: [{name: ''}]",
            [
                'error IST0106 spec.subsets[0].name: found the name "", expected letters and digits with "-" only inside.',
            ],
            id="a subset without name",
            marks=pytest.mark.rule("DR-1"),
        ),
        pytest.param(
            "host: a\nsubsets: [{name: v1, labels: {version@: v1}}]",
            [
                (
                    'error IST0106 spec.subsets[0].labels["version@"]: found the label "version@", expected at most 63 letters, '
                    'digits, "-", "_" and ".", behind a DNS name and "/" or not.'
                ),
            ],
            id="a subset with a bad label",
            marks=pytest.mark.rule("DR-14"),
        ),
        pytest.param(
            "host: a\nsubsets: [{name: v1, trafficPolicy: {}}]",
            [
                ("error IST0106 spec.subsets[0].trafficPolicy: the policy is empty. Give for instance loadBalancer, or leave the policy out."),
            ],
            id="a subset with an empty policy",
            marks=pytest.mark.rule("DR-13"),
        ),
        pytest.param(
            "host: a\nworkloadSelector: {matchLabels: {app: '*'}}",
            [
                'error IST0106 spec.workloadSelector.matchLabels.app: found "app: *", expected labels without wildcard.',
            ],
            id="a selector with wildcard",
            marks=pytest.mark.rule("DR-12"),
        ),
        pytest.param(
            "host: a\nworkloadSelector: {}",
            [
                (
                    "warning IST0133 spec.workloadSelector.matchLabels: the selector has no labels, so it selects all workloads. "
                    "Leave it out if that is meant."
                ),
            ],
            id="a selector without labels",
            marks=pytest.mark.rule("DR-12"),
        ),
        pytest.param(
            "host: a\nworkloadSelector: {matchLabels: {app: a}}\nexportTo: ['*']",
            [
                (
                    'error IST0106 spec.exportTo[0]: found "*", but a rule with workloadSelector applies to its own namespace only. '
                    'Write exportTo: ["."], or leave it out.'
                ),
            ],
            id="a selector and exportTo *",
            marks=pytest.mark.rule("DR-12"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("networking.istio.io/v1", "DestinationRule", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "host: '*.example.com'",
            id="a wildcard host",
            marks=pytest.mark.rule("DR-1"),
        ),
        pytest.param(
            "host: a\nworkloadSelector: {matchLabels: {app: a}}\nexportTo: ['.']",
            id="a selector and exportTo .",
            marks=pytest.mark.rule("DR-12"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("networking.istio.io/v1", "DestinationRule", spec) == []
