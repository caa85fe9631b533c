"""What is said of gateway http route: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "rules: [{matches: [{path: {value: a}}]}]",
            [
                'error IST0106 spec.rules[0].matches[0].path.value: found the path "a", expected one that begins with "/".',
            ],
            id="a path that begins with no slash",
            marks=pytest.mark.rule("GA-3"),
        ),
        pytest.param(
            "rules: [{matches: [{path: {type: RegularExpression, value: '('}}]}]",
            [
                ('error IST0106 spec.rules[0].matches[0].path.value: found "(", expected a regular expression in RE2\'s syntax: missing ): (.'),
            ],
            id="a bad regex",
            marks=pytest.mark.rule("GA-3"),
        ),
        pytest.param(
            "rules: [{matches: [{headers: [{name: a, value: b, type: Prefix}]}]}]",
            [
                ('error IST0106 spec.rules[0].matches[0].headers[0].type: found the type "Prefix", expected Exact or RegularExpression.'),
            ],
            id="a type that there is not",
            marks=pytest.mark.rule("GA-3"),
        ),
        pytest.param(
            "rules: [{filters: [{type: Sing}]}]",
            [
                (
                    'error IST0106 spec.rules[0].filters[0].type: there is no filter "Sing". There are RequestHeaderModifier, '
                    "ResponseHeaderModifier, RequestMirror, RequestRedirect, URLRewrite, CORS, ExternalAuth, ExtensionRef."
                ),
            ],
            id="a filter that there is not",
            marks=pytest.mark.rule("GA-5"),
        ),
        pytest.param(
            "rules: [{filters: [{type: CORS}]}]",
            ["error IST0106 spec.rules[0].filters[0]: the filter CORS lacks its own field. Give cors."],
            id="a filter without its field",
            marks=pytest.mark.rule("GA-5"),
        ),
        pytest.param(
            "rules: [{filters: [{type: RequestRedirect, requestRedirect: {statusCode: 200}}]}]",
            [
                ("error IST0106 spec.rules[0].filters[0].requestRedirect.statusCode: found the status 200, expected 301, 302, 303, 307 or 308."),
            ],
            id="a redirect with 200",
            marks=pytest.mark.rule("GA-5"),
        ),
        pytest.param(
            ("rules: [{filters: [{type: RequestRedirect, requestRedirect: {port: 443}}], backendRefs: [{name: a, port: 80}]}]"),
            [
                (
                    "error IST0106 spec.rules[0].backendRefs: backendRefs are given with RequestRedirect, which sends nothing on. "
                    "Leave one of them out."
                ),
            ],
            id="a redirect with backends",
            marks=pytest.mark.rule("GA-5"),
        ),
        pytest.param(
            "rules: [{timeouts: {request: 1s, backendRequest: 2s}}]",
            [
                ("error IST0106 spec.rules[0].timeouts.backendRequest: found 2s, expected at most the timeout of the whole request, 1s."),
            ],
            id="a try longer than the request",
            marks=pytest.mark.rule("GA-5"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("gateway.networking.k8s.io/v1", "HTTPRoute", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "rules: [{}]",
            id="everything",
            marks=pytest.mark.rule("GA-5"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("gateway.networking.k8s.io/v1", "HTTPRoute", spec) == []
