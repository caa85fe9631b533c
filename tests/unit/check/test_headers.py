"""What is said of headers: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  headers: {request: {set: {':path': /x}}}",
            [
                (
                    'error IST0106 spec.http[0].headers.request.set[":path"]: found the header ":path", which cannot be changed '
                    "here. Use rewrite, or set Host in the request."
                ),
            ],
            id="a pseudo header",
            marks=pytest.mark.rule("VS-47"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  headers: {response: {set: {host: x}}}",
            [
                (
                    'error IST0106 spec.http[0].headers.response.set.host: found the header "host", which cannot be changed here. '
                    "Use rewrite, or set Host in the request."
                ),
            ],
            id="Host in a response",
            marks=pytest.mark.rule("VS-47"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  headers: {request: {remove: [Host]}}",
            [
                (
                    'error IST0106 spec.http[0].headers.request.remove[0]: found the header "Host", which cannot be changed here. '
                    "Use rewrite, or set Host in the request."
                ),
            ],
            id="Host taken away",
            marks=pytest.mark.rule("VS-47"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  headers: {request: {add: {'': x}}}",
            ['error IST0106 spec.http[0].headers.request.add[""]: the name of the header is empty.'],
            id="an empty name",
            marks=pytest.mark.rule("VS-48"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  headers: {request: {add: {x a: b}}}",
            [
                (
                    'error IST0106 spec.http[0].headers.request.add["x a"]: found the header name "x a", expected letters, digits '
                    "and some of !#$%&'*+-.^_`|~."
                ),
            ],
            id="a name with spaces",
            marks=pytest.mark.rule("VS-48"),
        ),
        pytest.param(
            ("hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  headers: {request: {add: {x-share: 100%}}}"),
            [
                ('error IST0106 spec.http[0].headers.request.add.x-share: found "100%", in which a "%" stands alone. Write "%%" for a percent sign.'),
            ],
            id="a lone percent sign",
            marks=pytest.mark.rule("VS-48"),
        ),
        pytest.param(
            ("hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  headers: {request: {add: {x-share: '%START_TIME%%'}}}"),
            [
                (
                    'error IST0106 spec.http[0].headers.request.add.x-share: found "%START_TIME%%", in which a "%" stands alone. '
                    'Write "%%" for a percent sign.'
                ),
            ],
            id="a percent sign behind an operator",
            marks=pytest.mark.rule("VS-48"),
        ),
        pytest.param(
            ('hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  headers: {request: {add: {x-a: "a\\nb"}}}'),
            [
                ("error IST0106 spec.http[0].headers.request.add.x-a: found 'a\\nb', expected a header value without control characters."),
            ],
            id="a control character",
            marks=pytest.mark.rule("VS-48"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: a}, headers: {response: {remove: [':status']}}}]",
            [
                (
                    'error IST0106 spec.http[0].route[0].headers.response.remove[0]: found the header ":status", which cannot be '
                    "changed here. Use rewrite, or set Host in the request."
                ),
            ],
            id="headers of one destination",
            marks=pytest.mark.rule("VS-48"),
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
                "  headers: {request: {set: {x-a: '100%%', x-b: '%START_TIME(%Y/%m)% %REQ(:path):5%', Host: b}}}"
            ),
            id="operators and percent signs",
            marks=pytest.mark.rule("VS-48"),
        ),
        pytest.param(
            ('hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  headers: {request: {set: {"a!#$&\'*+-.^_`|~z": b}}}'),
            id="any token",
            marks=pytest.mark.rule("VS-48"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("networking.istio.io/v1", "VirtualService", spec) == []
