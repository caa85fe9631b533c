"""What is said of networking http match: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  match: [{uri: {regex: '(?!a)b'}}]",
            [
                (
                    'error IST0106 spec.http[0].match[0].uri.regex: found "(?!a)b", expected a regular expression in RE2\'s syntax: '
                    "bad perl operator: (?!. RE2 has no look-ahead and no look-behind."
                ),
            ],
            id="look-ahead",
            marks=pytest.mark.rule("VS-22"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  match: [{uri: {regex: ''}}]",
            [
                'error IST0106 spec.http[0].match[0].uri.regex: the regular expression is empty. Write ".*" for any text.',
            ],
            id="an empty regex",
            marks=pytest.mark.rule("VS-22"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  match: [{method: {prefix: ''}}]",
            [
                (
                    "error IST0106 spec.http[0].match[0].method.prefix: the prefix is empty, which Envoy refuses. Leave the match "
                    "out to match any text."
                ),
            ],
            id="an empty prefix of a method",
        ),
        pytest.param(
            ("hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  match: [{headers: {x-user: {prefix: ''}}}]"),
            [
                (
                    "error IST0106 spec.http[0].match[0].headers.x-user.prefix: the prefix is empty, which Envoy refuses. Leave the "
                    "match out to match any text."
                ),
            ],
            id="an empty prefix of a header",
            marks=pytest.mark.rule("VS-23"),
        ),
        pytest.param(
            ("hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  match: [{headers: {':status': {exact: '200'}}}]"),
            [
                (
                    'error IST0106 spec.http[0].match[0].headers[":status"]: found the header name ":status", expected one of '
                    ":authority, :method, :path, :scheme."
                ),
            ],
            id="a pseudo header that there is not",
            marks=pytest.mark.rule("VS-23"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  match: [{headers: {x a: {exact: b}}}]",
            [
                (
                    'error IST0106 spec.http[0].match[0].headers["x a"]: found the header name "x a", expected letters, digits and '
                    "some of !#$%&'*+-.^_`|~."
                ),
            ],
            id="a header name with spaces",
            marks=pytest.mark.rule("VS-23"),
        ),
        pytest.param(
            ("hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  match: [{withoutHeaders: {a: {regex: '('}}}]"),
            [
                (
                    'error IST0106 spec.http[0].match[0].withoutHeaders.a.regex: found "(", expected a regular expression in RE2\'s '
                    "syntax: missing ): (."
                ),
            ],
            id="a bad regex of an absent header",
            marks=pytest.mark.rule("VS-23"),
        ),
        pytest.param(
            ("hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  match: [{headers: {'@request.auth.claims.sub': {exact: a}}}]"),
            [
                (
                    'error IST0106 spec.http[0].match[0].headers["@request.auth.claims.sub"]: found "@request.auth.claims.sub", but '
                    'claims are only matched at gateways. Name a gateway in gateways, and not "mesh".'
                ),
            ],
            id="a claim at sidecars",
            marks=pytest.mark.rule("VS-27"),
        ),
        pytest.param(
            ("hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  match: [{queryParams: {page: {regex: ''}}}]"),
            [
                ('error IST0106 spec.http[0].match[0].queryParams.page.regex: the regular expression is empty. Write ".*" for any text.'),
            ],
            id="an empty regex of a parameter",
            marks=pytest.mark.rule("VS-24"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  match: [{port: 70000}]",
            ["error IST0106 spec.http[0].match[0].port: found the port 70000, expected 1 to 65535."],
            id="a port beyond 65535",
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  match: [{sourceLabels: {app!: x}}]",
            [
                (
                    'error IST0106 spec.http[0].match[0].sourceLabels["app!"]: found the label "app!", expected at most 63 letters, '
                    'digits, "-", "_" and ".", behind a DNS name and "/" or not.'
                ),
            ],
            id="labels that are none",
            marks=pytest.mark.rule("VS-25"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  match: [{sourceNamespace: a_b}]",
            ['error IST0106 spec.http[0].match[0].sourceNamespace: found "a_b", expected the name of a namespace.'],
            id="a namespace that is none",
            marks=pytest.mark.rule("VS-25"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  match: [{gateways: ['']}]",
            [
                ('error IST0106 spec.http[0].match[0].gateways[0]: the name of the gateway is empty. Write "mesh" for the sidecars.'),
            ],
            id="a gateway name",
            marks=pytest.mark.rule("VS-26"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("networking.istio.io/v1", "VirtualService", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            ("hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  match: [{headers: {x-user: {}, x-other: {regex: '*'}}}]"),
            id="presence",
            marks=pytest.mark.rule("VS-23"),
        ),
        pytest.param(
            ("hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  match: [{headers: {':method': {exact: GET}}}]"),
            id="pseudo headers",
            marks=pytest.mark.rule("VS-23"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  match: [{uri: {prefix: ''}}]",
            id="an empty prefix of a path",
            marks=pytest.mark.rule("VS-21"),
        ),
        pytest.param(
            (
                "hosts: [reviews]\n"
                "http:\n"
                "- route: [{destination: {host: reviews}}]\n"
                "  match: [{headers: {'@request.auth.claims[a][b]': {exact: a}}}]\n"
                "gateways: [edge]"
            ),
            id="a claim at a gateway",
            marks=pytest.mark.rule("VS-27"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("networking.istio.io/v1", "VirtualService", spec) == []
