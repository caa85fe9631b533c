"""What is said of networking http actions: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "hosts: [reviews]\nhttp:\n- redirect: {}",
            [
                ("error IST0106 spec.http[0].redirect: the redirect changes nothing. Give uri, prefixRewrite, authority, scheme or port."),
            ],
            id="a redirect that changes nothing",
            marks=pytest.mark.rule("VS-45"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- {match: [{uri: {prefix: /a}}], redirect: {uri: /x, prefixRewrite: /y}}",
            ["error IST0106 spec.http[0].redirect: uri and prefixRewrite are given, expected only one of them."],
            id="uri and prefixRewrite",
            marks=pytest.mark.rule("VS-45"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- {match: [{uri: {exact: /a}}], redirect: {prefixRewrite: /y}}",
            [
                (
                    "error IST0106 spec.http[0].redirect.prefixRewrite: prefixRewrite needs a uri with prefix in each match. Use "
                    "uri, or match by prefix."
                ),
            ],
            id="prefixRewrite without prefix",
            marks=pytest.mark.rule("VS-45"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- redirect: {prefixRewrite: /y}",
            [
                (
                    "error IST0106 spec.http[0].redirect.prefixRewrite: prefixRewrite needs a uri with prefix in each match. Use "
                    "uri, or match by prefix."
                ),
            ],
            id="prefixRewrite without match",
            marks=pytest.mark.rule("VS-45"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- redirect: {uri: /x, redirectCode: 200}",
            [
                "error IST0106 spec.http[0].redirect.redirectCode: found the status 200, expected 301, 302, 303, 307 or 308.",
            ],
            id="a redirect with 200",
            marks=pytest.mark.rule("VS-45"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- redirect: {uri: /x, redirectCode: 304}",
            [
                ("warning IST0133 spec.http[0].redirect.redirectCode: Envoy does not redirect with 304, only with 301, 302, 303, 307 or 308."),
            ],
            id="a redirect with 304",
            marks=pytest.mark.rule("VS-45"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- redirect: {scheme: ftp}",
            ['error IST0106 spec.http[0].redirect.scheme: found the scheme "ftp", expected http or https.'],
            id="a redirect to ftp",
            marks=pytest.mark.rule("VS-45"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- redirect: {port: 0}",
            ["error IST0106 spec.http[0].redirect.port: found the port 0, expected 1 to 65535."],
            id="a redirect to port 0",
            marks=pytest.mark.rule("VS-45"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- directResponse: {status: 99}",
            ["error IST0106 spec.http[0].directResponse.status: found the status 99, expected 200 to 599."],
            id="an answer of 99",
            marks=pytest.mark.rule("VS-4"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  rewrite: {}",
            [
                "error IST0106 spec.http[0].rewrite: the rewrite changes nothing. Give uri, uriRegexRewrite or authority.",
            ],
            id="a rewrite that changes nothing",
            marks=pytest.mark.rule("VS-46"),
        ),
        pytest.param(
            ("hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  rewrite: {uri: /a, uriRegexRewrite: {match: a, rewrite: b}}"),
            ["error IST0106 spec.http[0].rewrite: uri and uriRegexRewrite are given, expected only one of them."],
            id="two rewrites of the path",
            marks=pytest.mark.rule("VS-46"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  rewrite: {uriRegexRewrite: {match: a}}",
            ['error IST0106 spec.http[0].rewrite.uriRegexRewrite: the field "rewrite" is missing.'],
            id="half a regex rewrite",
            marks=pytest.mark.rule("VS-46"),
        ),
        pytest.param(
            ("hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  rewrite: {uriRegexRewrite: {match: '[', rewrite: b}}"),
            [
                (
                    'error IST0106 spec.http[0].rewrite.uriRegexRewrite.match: found "[", expected a regular expression in RE2\'s '
                    "syntax: missing ]: [."
                ),
            ],
            id="a bad regex rewrite",
            marks=pytest.mark.rule("VS-46"),
        ),
        pytest.param(
            ("hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  rewrite: {authority: a}\n  headers: {request: {set: {Host: b}}}"),
            [
                ("error IST0106 spec.http[0]: the authority is set by rewrite.authority and headers.request.set.Host, expected one of them."),
            ],
            id="the authority twice",
            marks=pytest.mark.rule("VS-47"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  retries: {attempts: -1}",
            ["error IST0106 spec.http[0].retries.attempts: found -1, expected 0 (no retries) or more."],
            id="negative attempts",
            marks=pytest.mark.rule("VS-43"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  retries: {attempts: 0, retryOn: 5xx}",
            [
                (
                    "error IST0106 spec.http[0].retries: attempts is 0, which switches retries off, so nothing else may be said of "
                    "them. Set attempts: 2, or leave the rest out."
                ),
            ],
            id="conditions without attempts",
            marks=pytest.mark.rule("VS-43"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  retries: {attempts: 2, retryOn: '600'}",
            [
                ('error IST0106 spec.http[0].retries.retryOn: found "600", expected a condition such as 5xx or connect-failure, or an HTTP status.'),
            ],
            id="a status that there is not",
            marks=pytest.mark.rule("VS-43"),
        ),
        pytest.param(
            ("hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  retries: {attempts: 2, retryOn: '5xx,sometimes'}"),
            [
                (
                    'error IST0106 spec.http[0].retries.retryOn: found "sometimes", expected a condition such as 5xx or '
                    "connect-failure, or an HTTP status."
                ),
            ],
            id="a condition that there is not",
            marks=pytest.mark.rule("VS-43"),
        ),
        pytest.param(
            ("hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  retries: {attempts: 2, retryOn: '5xx, reset'}"),
            [
                (
                    'error IST0106 spec.http[0].retries.retryOn: found " reset", expected a condition such as 5xx or '
                    "connect-failure, or an HTTP status. Leave out the spaces."
                ),
            ],
            id="spaces between conditions",
            marks=pytest.mark.rule("VS-43"),
        ),
        pytest.param(
            ("hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  retries: {attempts: 2, perTryTimeout: 1us}"),
            ["error IST0106 spec.http[0].retries.perTryTimeout: found 1us, expected at least 1ms."],
            id="a try below 1 ms",
            marks=pytest.mark.rule("VS-43"),
        ),
        pytest.param(
            ("hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  mirror: {host: a}\n  mirrors: [{destination: {host: b}}]"),
            ["error IST0106 spec.http[0]: mirror and mirrors are given, expected only one of them."],
            id="mirror and mirrors",
            marks=pytest.mark.rule("VS-49"),
        ),
        pytest.param(
            ("hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  mirror: {host: a}\n  mirrorPercentage: {value: -1}"),
            ["error IST0106 spec.http[0].mirrorPercentage.value: found -1 %, expected 0, or 0.0001 to 100."],
            id="a negative share of a mirror",
            marks=pytest.mark.rule("VS-49"),
        ),
        pytest.param(
            ("hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  mirrors: [{destination: {host: b}, percentage: {value: 101}}]"),
            ["error IST0106 spec.http[0].mirrors[0].percentage.value: found 101 %, expected 0, or 0.0001 to 100."],
            id="a mirror of more than all",
            marks=pytest.mark.rule("VS-49"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  mirror: {host: a}\n  mirrorPercent: 10",
            [
                "warning IST0002 spec.http[0].mirrorPercent: mirrorPercent is deprecated. Write mirrorPercentage: {value: 10}.",
            ],
            id="mirrorPercent",
            marks=pytest.mark.rule("VS-49"),
        ),
        pytest.param(
            ("hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  corsPolicy: {allowOrigins: [{exact: ''}]}"),
            [
                ('error IST0106 spec.http[0].corsPolicy.allowOrigins[0]: the origin is empty. Write for instance {exact: "https://example.com"}.'),
            ],
            id="an empty origin",
            marks=pytest.mark.rule("VS-50"),
        ),
        pytest.param(
            ("hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  corsPolicy: {allowOrigins: [{regex: '('}]}"),
            [
                (
                    'error IST0106 spec.http[0].corsPolicy.allowOrigins[0].regex: found "(", expected a regular expression in RE2\'s '
                    "syntax: missing ): (."
                ),
            ],
            id="a bad origin",
            marks=pytest.mark.rule("VS-50"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  corsPolicy: {allowOrigin: [a]}",
            [
                ("warning IST0002 spec.http[0].corsPolicy.allowOrigin: allowOrigin is deprecated. Write allowOrigins: [{exact: …}]."),
            ],
            id="allowOrigin",
            marks=pytest.mark.rule("VS-50"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  corsPolicy: {allowMethods: [FETCH]}",
            [
                (
                    'error IST0106 spec.http[0].corsPolicy.allowMethods[0]: found the method "FETCH", expected one of CONNECT, '
                    "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, TRACE."
                ),
            ],
            id="a method that there is not",
            marks=pytest.mark.rule("VS-50"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  corsPolicy: {exposeHeaders: [x a]}",
            [
                (
                    'error IST0106 spec.http[0].corsPolicy.exposeHeaders[0]: found the header name "x a", expected letters, digits '
                    "and some of !#$%&'*+-.^_`|~."
                ),
            ],
            id="a header name with spaces",
            marks=pytest.mark.rule("VS-50"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  corsPolicy: {maxAge: 1.5s}",
            ["error IST0106 spec.http[0].corsPolicy.maxAge: found 1.5s, expected whole seconds."],
            id="an age with a fraction",
            marks=pytest.mark.rule("VS-50"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("networking.istio.io/v1", "VirtualService", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "hosts: [reviews]\nhttp:\n- redirect: {port: 8443}",
            id="a redirect to a port",
            marks=pytest.mark.rule("VS-45"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- redirect: {derivePort: FROM_REQUEST_PORT}",
            id="a redirect to the port that was called",
            marks=pytest.mark.rule("VS-45"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- {match: [{uri: {prefix: /a}}], redirect: {prefixRewrite: /y}}",
            id="a redirect of a prefix",
            marks=pytest.mark.rule("VS-45"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  retries: {attempts: 0}",
            id="retries off",
            marks=pytest.mark.rule("VS-43"),
        ),
        pytest.param(
            ("hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  retries: {attempts: 2, retryOn: '5xx,503,unavailable'}"),
            id="conditions and statuses",
            marks=pytest.mark.rule("VS-43"),
        ),
        pytest.param(
            (
                "hosts: [reviews]\n"
                "http:\n"
                "- route: [{destination: {host: reviews}}]\n"
                "  corsPolicy: {allowOrigins: [{exact: 'https://a.example.com'}], allowMethods: [GET], allowHeaders: ['*'], "
                "maxAge: 24h}"
            ),
            id="CORS",
            marks=pytest.mark.rule("VS-50"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("networking.istio.io/v1", "VirtualService", spec) == []
