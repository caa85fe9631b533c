"""What is said of networking connection pool: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "host: reviews\ntrafficPolicy: {connectionPool: {}}",
            ["error IST0106 spec.trafficPolicy.connectionPool: the connection pool is empty. Give tcp or http."],
            id="an empty pool",
            marks=pytest.mark.rule("DR-5"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {connectionPool: {tcp: {maxConnections: -1}}}",
            [
                "error IST0106 spec.trafficPolicy.connectionPool.tcp.maxConnections: found -1, expected 0 (no bound) or more.",
            ],
            id="fewer than no connections",
            marks=pytest.mark.rule("DR-5"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {connectionPool: {tcp: {connectTimeout: 0.0001s}}}",
            [
                "error IST0106 spec.trafficPolicy.connectionPool.tcp.connectTimeout: found 0.0001s, expected at least 1ms.",
            ],
            id="a connect timeout below 1 ms",
            marks=pytest.mark.rule("DR-5"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {connectionPool: {tcp: {tcpKeepalive: {time: 0s}}}}",
            [
                "error IST0106 spec.trafficPolicy.connectionPool.tcp.tcpKeepalive.time: found 0s, expected at least 1ms.",
            ],
            id="keepalive below 1 ms",
            marks=pytest.mark.rule("DR-5"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {connectionPool: {http: {http2MaxRequests: -1}}}",
            [
                ("error IST0106 spec.trafficPolicy.connectionPool.http.http2MaxRequests: found -1, expected 0 (no bound) or more."),
            ],
            id="fewer than no requests",
            marks=pytest.mark.rule("DR-5"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {connectionPool: {http: {idleTimeout: 1us}}}",
            ["error IST0106 spec.trafficPolicy.connectionPool.http.idleTimeout: found 1us, expected at least 1ms."],
            id="an idle timeout below 1 ms",
            marks=pytest.mark.rule("DR-5"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {connectionPool: {http: {h2UpgradePolicy: UPGRADE, useClientProtocol: true}}}",
            [
                (
                    "error IST0106 spec.trafficPolicy.connectionPool.http.useClientProtocol: h2UpgradePolicy: UPGRADE and "
                    "useClientProtocol: true exclude each other. Keep one of them."
                ),
            ],
            id="UPGRADE and the client's protocol",
            marks=pytest.mark.rule("DR-16"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("networking.istio.io/v1", "DestinationRule", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "host: reviews\ntrafficPolicy: {connectionPool: {tcp: {idleTimeout: 0s}}}",
            id="an idle timeout of 0, which is none, over TCP",
            marks=pytest.mark.rule("DR-5"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("networking.istio.io/v1", "DestinationRule", spec) == []
