"""What is said of networking load balancer: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "host: reviews\ntrafficPolicy: {loadBalancer: {simple: LEAST_CONN}}",
            [
                ("warning IST0002 spec.trafficPolicy.loadBalancer.simple: LEAST_CONN is deprecated. Write LEAST_REQUEST, which means the same."),
            ],
            id="LEAST_CONN",
            marks=pytest.mark.rule("DR-2"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {loadBalancer: {consistentHash: {httpCookie: {name: ''}}}}",
            [
                "error IST0106 spec.trafficPolicy.loadBalancer.consistentHash.httpCookie.name: the name of the cookie is empty.",
            ],
            id="a cookie without name",
            marks=pytest.mark.rule("DR-3"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {loadBalancer: {consistentHash: {httpHeaderName: ''}}}",
            ["error IST0106 spec.trafficPolicy.loadBalancer.consistentHash.httpHeaderName: the name is empty."],
            id="a header without name",
            marks=pytest.mark.rule("DR-3"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {loadBalancer: {consistentHash: {useSourceIp: true, minimumRingSize: 10}}}",
            [
                (
                    "warning IST0002 spec.trafficPolicy.loadBalancer.consistentHash.minimumRingSize: minimumRingSize is deprecated. "
                    "Write ringHash: {minimumRingSize: …}."
                ),
            ],
            id="minimumRingSize",
            marks=pytest.mark.rule("DR-3"),
        ),
        pytest.param(
            ("host: reviews\ntrafficPolicy: {loadBalancer: {consistentHash: {useSourceIp: true, maglev: {tableSize: 5000011}}}}"),
            [
                ("error IST0106 spec.trafficPolicy.loadBalancer.consistentHash.maglev.tableSize: found 5000011, expected less than 5000011."),
            ],
            id="a table that is too large",
            marks=pytest.mark.rule("DR-3"),
        ),
        pytest.param(
            ("host: reviews\ntrafficPolicy: {loadBalancer: {consistentHash: {useSourceIp: true, maglev: {tableSize: 65536}}}}"),
            [
                (
                    "error IST0106 spec.trafficPolicy.loadBalancer.consistentHash.maglev.tableSize: found 65536, expected a prime "
                    "number such as 65537."
                ),
            ],
            id="a table of no prime size",
            marks=pytest.mark.rule("DR-3"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {loadBalancer: {warmup: {duration: 30s, minimumPercent: 101}}}",
            [
                "error IST0106 spec.trafficPolicy.loadBalancer.warmup.minimumPercent: found 101 %, expected 0 to 100.",
            ],
            id="warm-up beyond 100 %",
            marks=pytest.mark.rule("DR-2"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {loadBalancer: {zoneAwareLbSetting: {failoverPriority: [topology.istio.io/subzone]}}}",
            [
                (
                    "warning IST0133 spec.trafficPolicy.loadBalancer.zoneAwareLbSetting: calls never fail over without outlierDetection. "
                    "Give outlierDetection in the same policy."
                ),
                (
                    "error IST0106 spec.trafficPolicy.loadBalancer.zoneAwareLbSetting.failoverPriority[0]: found the label "
                    '"topology.istio.io/subzone", which says where an endpoint is: zones are weighed by the proxy, and regions come in their order.'
                ),
            ],
            id="zones that are ranked by place",
            marks=pytest.mark.rule("DR-4"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {loadBalancer: {zoneAwareLbSetting: {enabled: true}, localityLbSetting: {enabled: true}}}",
            ["error IST0106 spec.trafficPolicy.loadBalancer: localityLbSetting and zoneAwareLbSetting are given, expected only one of them."],
            id="zones and localities",
            marks=pytest.mark.rule("DR-4"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {loadBalancer: {warmup: {duration: 30s, aggression: 0}}}",
            ["error IST0106 spec.trafficPolicy.loadBalancer.warmup.aggression: found 0, expected more than 0 (1 is a straight line)."],
            id="warm-up that slows down",
            marks=pytest.mark.rule("DR-2"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {loadBalancer: {warmup: {duration: 0s}}}",
            ["error IST0106 spec.trafficPolicy.loadBalancer.warmup.duration: found 0s, expected at least 1ms."],
            id="warm-up below 1 ms",
            marks=pytest.mark.rule("DR-2"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {loadBalancer: {warmup: {duration: 30s}, warmupDurationSecs: 30s}}",
            [
                ("error IST0106 spec.trafficPolicy.loadBalancer: warmup and warmupDurationSecs are given, expected only one of them. Keep warmup."),
            ],
            id="warm-up twice",
            marks=pytest.mark.rule("DR-2"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("networking.istio.io/v1", "DestinationRule", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            ("host: reviews\ntrafficPolicy: {loadBalancer: {consistentHash: {useSourceIp: true, maglev: {tableSize: 65537}}}}"),
            id="a table of prime size",
            marks=pytest.mark.rule("DR-3"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("networking.istio.io/v1", "DestinationRule", spec) == []
