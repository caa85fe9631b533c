"""What is said of networking traffic policy: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "host: reviews\ntrafficPolicy: {}",
            [
                ("error IST0106 spec.trafficPolicy: the policy is empty. Give for instance loadBalancer, or leave the policy out."),
            ],
            id="an empty policy",
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {tunnel: {targetHost: a.b, targetPort: 1}, proxyProtocol: {}}",
            ["error IST0106 spec.trafficPolicy: tunnel and proxyProtocol are given, expected only one of them."],
            id="tunnel and proxyProtocol",
            marks=pytest.mark.rule("DR-9"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {tunnel: {targetHost: a.b, targetPort: 1, protocol: GET}}",
            [
                'error IST0106 spec.trafficPolicy.tunnel.protocol: found the protocol "GET", expected CONNECT or POST.',
            ],
            id="a tunnel of another protocol",
            marks=pytest.mark.rule("DR-9"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {tunnel: {targetHost: a.b, targetPort: 0}}",
            ["error IST0106 spec.trafficPolicy.tunnel.targetPort: found the port 0, expected 1 to 65535."],
            id="a tunnel to port 0",
            marks=pytest.mark.rule("DR-9"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {tunnel: {targetHost: '*.b', targetPort: 1}}",
            [
                ('error IST0106 spec.trafficPolicy.tunnel.targetHost: found the host "*.b", expected a DNS name without wildcard.'),
            ],
            id="a tunnel to nowhere",
            marks=pytest.mark.rule("DR-9"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {portLevelSettings: [{loadBalancer: {simple: RANDOM}}]}",
            [
                'error IST0106 spec.trafficPolicy.portLevelSettings[0]: the field "port" is missing. Write port: {number: 80}.',
            ],
            id="a port policy without port",
            marks=pytest.mark.rule("DR-13"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {portLevelSettings: [{port: {number: 80}}]}",
            [
                ("error IST0106 spec.trafficPolicy.portLevelSettings[0]: the policy of the port is empty. Give for instance loadBalancer."),
            ],
            id="an empty port policy",
            marks=pytest.mark.rule("DR-13"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {portLevelSettings: [{port: {number: 0}, loadBalancer: {simple: RANDOM}}]}",
            [
                "error IST0106 spec.trafficPolicy.portLevelSettings[0].port.number: found the port 0, expected 1 to 65535.",
            ],
            id="a port policy for port 0",
            marks=pytest.mark.rule("DR-13"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {outlierDetection: {maxEjectionPercent: 105}}",
            [
                "error IST0106 spec.trafficPolicy.outlierDetection.maxEjectionPercent: found 105 %, expected 0 to 100.",
            ],
            id="more ejections than endpoints",
            marks=pytest.mark.rule("DR-7"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {outlierDetection: {interval: 0.0001s}}",
            ["error IST0106 spec.trafficPolicy.outlierDetection.interval: found 0.0001s, expected at least 1ms."],
            id="an interval below 1 ms",
            marks=pytest.mark.rule("DR-7"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {outlierDetection: {consecutiveErrors: 5}}",
            [
                (
                    "warning IST0002 spec.trafficPolicy.outlierDetection.consecutiveErrors: consecutiveErrors is deprecated. Write "
                    "consecutiveGatewayErrors or consecutive5xxErrors."
                ),
            ],
            id="consecutiveErrors",
            marks=pytest.mark.rule("DR-7"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {outlierDetection: {consecutiveLocalOriginFailures: 5}}",
            [
                (
                    "error IST0106 spec.trafficPolicy.outlierDetection.consecutiveLocalOriginFailures: "
                    "consecutiveLocalOriginFailures counts only with splitExternalLocalOriginErrors: true. Set "
                    "splitExternalLocalOriginErrors: true."
                ),
            ],
            id="local-origin failures that are not split",
            marks=pytest.mark.rule("DR-7"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {retryBudget: {percent: 101}}",
            [
                "error IST0106 spec.trafficPolicy.retryBudget.percent: found 101 %, expected 0, or 0.0001 to 100.",
            ],
            id="a retry budget of more than all",
            marks=pytest.mark.rule("DR-9"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("networking.istio.io/v1", "DestinationRule", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "host: reviews\ntrafficPolicy: {tunnel: {protocol: CONNECT, targetHost: a.b, targetPort: 443}}",
            id="a tunnel",
            marks=pytest.mark.rule("DR-9"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("networking.istio.io/v1", "DestinationRule", spec) == []
