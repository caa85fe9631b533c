"""What is said of networking localities: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            (
                "host: reviews\n"
                "trafficPolicy: {loadBalancer: {localityLbSetting: {distribute: [{from: a, to: {a: 100}}], failoverPriority: "
                "[x]}}, outlierDetection: {}}"
            ),
            [
                (
                    "error IST0106 spec.trafficPolicy.loadBalancer.localityLbSetting: distribute and failoverPriority are given, "
                    "expected only one of distribute, failover and failoverPriority."
                ),
            ],
            id="two ways of preference",
            marks=pytest.mark.rule("LB-1"),
        ),
        pytest.param(
            (
                "host: reviews\n"
                "trafficPolicy: {loadBalancer: {localityLbSetting: {distribute: [{from: a/*, to: {a/b: 100, a/c: 0}}]}}, "
                "outlierDetection: {}}"
            ),
            [
                ('error IST0106 spec.trafficPolicy.loadBalancer.localityLbSetting.distribute[0].to["a/c"]: found a share of 0, expected 1 to 100.'),
            ],
            id="a share of 0",
            marks=pytest.mark.rule("LB-1"),
        ),
        pytest.param(
            (
                "host: reviews\n"
                "trafficPolicy: {loadBalancer: {localityLbSetting: {distribute: [{from: a/*, to: {a/b: 80, a/c: 10}}]}}, "
                "outlierDetection: {}}"
            ),
            [
                ("error IST0106 spec.trafficPolicy.loadBalancer.localityLbSetting.distribute[0].to: the shares sum to 90, expected 100."),
            ],
            id="shares that sum to 90",
            marks=pytest.mark.rule("LB-1"),
        ),
        pytest.param(
            (
                "host: reviews\n"
                "trafficPolicy: {loadBalancer: {localityLbSetting: {distribute: [{from: a/*, to: {a: 50, a/b: 50}}]}}, "
                "outlierDetection: {}}"
            ),
            [
                (
                    'error IST0106 spec.trafficPolicy.loadBalancer.localityLbSetting.distribute[0].to["a/b"]: the localities "a" and "a/b" overlap. '
                    "Let each name endpoints of its own."
                ),
            ],
            id="localities that overlap",
            marks=pytest.mark.rule("LB-1"),
        ),
        pytest.param(
            (
                "host: reviews\n"
                "trafficPolicy: {loadBalancer: {localityLbSetting: {distribute: [{from: a/*, to: {b: 100}}, {from: a/b, to: {b: "
                "100}}]}}, outlierDetection: {}}"
            ),
            [
                (
                    'error IST0106 spec.trafficPolicy.loadBalancer.localityLbSetting.distribute[1].from: the localities "a/*" and "a/b" overlap. '
                    "Let each name endpoints of its own."
                ),
            ],
            id="origins that overlap",
            marks=pytest.mark.rule("LB-1"),
        ),
        pytest.param(
            (
                "host: reviews\n"
                "trafficPolicy: {loadBalancer: {localityLbSetting: {distribute: [{from: us/*/a, to: {us-west/b: 100}}]}}, "
                "outlierDetection: {}}"
            ),
            [
                (
                    "error IST0106 spec.trafficPolicy.loadBalancer.localityLbSetting.distribute[0].from: found the locality "
                    '"us/*/a", expected "*" only at its end.'
                ),
            ],
            id="an inner wildcard",
            marks=pytest.mark.rule("LB-1"),
        ),
        pytest.param(
            ("host: reviews\ntrafficPolicy: {loadBalancer: {localityLbSetting: {failover: [{from: us, to: us}]}}, outlierDetection: {}}"),
            [
                (
                    'error IST0106 spec.trafficPolicy.loadBalancer.localityLbSetting.failover[0]: found the region "us" as from and '
                    "to, expected two regions."
                ),
            ],
            id="failover to itself",
            marks=pytest.mark.rule("LB-1"),
        ),
        pytest.param(
            ("host: reviews\ntrafficPolicy: {loadBalancer: {localityLbSetting: {failover: [{from: us/zone, to: eu}]}}, outlierDetection: {}}"),
            [
                (
                    'error IST0106 spec.trafficPolicy.loadBalancer.localityLbSetting.failover[0].from: found "us/zone", expected a '
                    'region alone, such as "us".'
                ),
            ],
            id="failover of a zone",
            marks=pytest.mark.rule("LB-1"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {loadBalancer: {localityLbSetting: {failover: [{from: us, to: eu}]}}}",
            [
                (
                    "warning IST0133 spec.trafficPolicy.loadBalancer.localityLbSetting: calls never fail over without "
                    "outlierDetection. Give outlierDetection in the same policy."
                ),
            ],
            id="failover without outlier detection",
            marks=pytest.mark.rule("LB-1"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("networking.istio.io/v1", "DestinationRule", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            (
                "host: reviews\n"
                "trafficPolicy: {loadBalancer: {localityLbSetting: {distribute: [{from: us-west/*, to: {us-west/a: 80, "
                "us-west/b: 20}}]}}, outlierDetection: {}}"
            ),
            id="shares that sum to 100",
            marks=pytest.mark.rule("LB-1"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("networking.istio.io/v1", "DestinationRule", spec) == []
