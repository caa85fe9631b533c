"""What is said of gateway gateway: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "gatewayClassName: istio\nlisteners: [{name: a, port: 80, protocol: HTTP}, {name: a, port: 81, protocol: HTTP}]",
            [
                'error IST0106 spec.listeners[1].name: the listener "a" is given twice. Name one of them differently.',
            ],
            id="a listener twice",
            marks=pytest.mark.rule("GA-1"),
        ),
        pytest.param(
            "gatewayClassName: istio\nlisteners: [{name: a, port: 80, protocol: HTTP}, {name: b, port: 80, protocol: HTTP}]",
            ["error IST0106 spec.listeners[1]: port 80 of protocol HTTP is given twice."],
            id="a port twice",
            marks=pytest.mark.rule("GA-1"),
        ),
        pytest.param(
            "gatewayClassName: istio\nlisteners: [{name: a, port: 80, protocol: HTTP, tls: {certificateRefs: [{name: a}]}}]",
            [
                ("error IST0106 spec.listeners[0].tls: tls is given, but protocol HTTP is in the clear. Use protocol HTTPS or TLS."),
            ],
            id="tls on HTTP",
            marks=pytest.mark.rule("GA-1"),
        ),
        pytest.param(
            "gatewayClassName: istio\nlisteners: [{name: a, port: 443, protocol: HTTPS, tls: {mode: Passthrough}}]",
            [
                ("error IST0106 spec.listeners[0].tls.mode: found Passthrough with protocol HTTPS, expected Terminate. Use protocol TLS."),
            ],
            id="HTTPS that is passed through",
            marks=pytest.mark.rule("GA-1"),
        ),
        pytest.param(
            "gatewayClassName: istio\nlisteners: [{name: a, port: 443, protocol: HTTPS, tls: {}}]",
            ["error IST0106 spec.listeners[0].tls: mode Terminate needs certificateRefs."],
            id="no certificate",
            marks=pytest.mark.rule("GA-1"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("gateway.networking.k8s.io/v1", "Gateway", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            (
                "gatewayClassName: istio\n"
                "listeners: [{name: a, port: 80, protocol: HTTP, hostname: a.b}, {name: b, port: 80, protocol: HTTP, hostname: "
                "c.d}]"
            ),
            id="two hosts on one port",
            marks=pytest.mark.rule("GA-1"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("gateway.networking.k8s.io/v1", "Gateway", spec) == []
