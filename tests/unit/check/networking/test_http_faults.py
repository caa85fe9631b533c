"""What is said of networking http faults: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  fault: {}",
            ["error IST0106 spec.http[0].fault: the fault is empty. Give delay or abort."],
            id="an empty fault",
            marks=pytest.mark.rule("VS-51"),
        ),
        pytest.param(
            ("hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  fault: {abort: {httpStatus: 500, percentage: {value: 0.00001}}}"),
            [
                "error IST0106 spec.http[0].fault.abort.percentage.value: found 1e-05 %, expected 0, or 0.0001 to 100.",
            ],
            id="too little to count",
            marks=pytest.mark.rule("VS-51"),
        ),
        pytest.param(
            ("hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  fault: {delay: {fixedDelay: 1s, percentage: {value: 101}}}"),
            ["error IST0106 spec.http[0].fault.delay.percentage.value: found 101 %, expected 0, or 0.0001 to 100."],
            id="more than all",
            marks=pytest.mark.rule("VS-51"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  fault: {delay: {fixedDelay: 1us}}",
            ["error IST0106 spec.http[0].fault.delay.fixedDelay: found 1us, expected at least 1ms."],
            id="a delay below 1 ms",
            marks=pytest.mark.rule("VS-51"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  fault: {delay: {percentage: {value: 1}}}",
            ["warning IST0133 spec.http[0].fault.delay: the delay has no length. Give fixedDelay."],
            id="a delay without length",
            marks=pytest.mark.rule("VS-51"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  fault: {delay: {exponentialDelay: 1s}}",
            [
                "error IST0106 spec.http[0].fault.delay.exponentialDelay: exponentialDelay does not work. Write fixedDelay.",
            ],
            id="an exponential delay",
            marks=pytest.mark.rule("VS-51"),
        ),
        pytest.param(
            ("hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  fault: {delay: {fixedDelay: 1s, percent: 10}}"),
            [
                "warning IST0002 spec.http[0].fault.delay.percent: percent is deprecated. Write percentage: {value: 10}.",
            ],
            id="percent",
            marks=pytest.mark.rule("VS-51"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  fault: {abort: {httpStatus: 199}}",
            ["error IST0106 spec.http[0].fault.abort.httpStatus: found the status 199, expected 200 to 599."],
            id="an abort of 199",
            marks=pytest.mark.rule("VS-51"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  fault: {abort: {percentage: {value: 1}}}",
            [
                "warning IST0133 spec.http[0].fault.abort: the abort says nothing of the answer. Give httpStatus or grpcStatus.",
            ],
            id="an abort without status",
            marks=pytest.mark.rule("VS-51"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  fault: {abort: {http2Error: INTERNAL}}",
            [
                "error IST0106 spec.http[0].fault.abort.http2Error: http2Error does not work. Write httpStatus or grpcStatus.",
            ],
            id="an abort of HTTP/2",
            marks=pytest.mark.rule("VS-51"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  fault: {abort: {grpcStatus: BUSY}}",
            [
                ('error IST0106 spec.http[0].fault.abort.grpcStatus: found "BUSY", expected the name of a gRPC status such as UNAVAILABLE.'),
            ],
            id="a gRPC status that there is not",
            marks=pytest.mark.rule("VS-51"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("networking.istio.io/v1", "VirtualService", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            (
                "hosts: [reviews]\n"
                "http:\n"
                "- route: [{destination: {host: reviews}}]\n"
                "  fault: {abort: {grpcStatus: UNAVAILABLE, percentage: {value: 1}}}"
            ),
            id="a gRPC status",
            marks=pytest.mark.rule("VS-51"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("networking.istio.io/v1", "VirtualService", spec) == []
