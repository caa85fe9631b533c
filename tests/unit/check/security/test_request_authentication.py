"""What is said of security request authentication: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "jwtRules:\n- audiences: [a]",
            [
                'error IST0106 spec.jwtRules[0]: the field "issuer" is missing. Give issuer, as the tokens name it, or jwksUri.',
            ],
            id="neither issuer nor address",
            marks=pytest.mark.rule("JW-1"),
        ),
        pytest.param(
            "jwtRules:\n- {issuer: i, jwksUri: 'ftp://a/k'}",
            [
                ('error IST0106 spec.jwtRules[0].jwksUri: found "ftp://a/k", expected an address such as "https://issuer.example.com/keys".'),
            ],
            id="an address of another scheme",
            marks=pytest.mark.rule("JW-1"),
        ),
        pytest.param(
            "jwtRules:\n- {issuer: i, jwksUri: 'https://a/k', jwks: '{\"keys\": []}'}",
            ["error IST0106 spec.jwtRules[0]: jwksUri and jwks are given, expected only one of them."],
            id="address and keys",
            marks=pytest.mark.rule("JW-1"),
        ),
        pytest.param(
            "jwtRules:\n- {issuer: i, jwks: no keys}",
            [
                ('error IST0106 spec.jwtRules[0].jwks: found text that is no JSON, expected a key set such as {"keys": [{"kty": "RSA", …}]}.'),
            ],
            id="keys that are no JSON",
            marks=pytest.mark.rule("JW-1"),
        ),
        pytest.param(
            "jwtRules:\n- {issuer: i, jwks: '[]'}",
            [
                ('error IST0106 spec.jwtRules[0].jwks: found JSON without keys, expected a key set such as {"keys": [{"kty": "RSA", …}]}.'),
            ],
            id="keys that are a list",
            marks=pytest.mark.rule("JW-1"),
        ),
        pytest.param(
            "jwtRules:\n- {issuer: i, jwks: '{\"keys\": [{}]}'}",
            [
                ('error IST0106 spec.jwtRules[0].jwks: key 0 has no "kty", expected a key set such as {"keys": [{"kty": "RSA", …}]}.'),
            ],
            id="a key without type",
            marks=pytest.mark.rule("JW-1"),
        ),
        pytest.param(
            "jwtRules:\n- {issuer: i, audiences: ['']}",
            ["error IST0106 spec.jwtRules[0].audiences[0]: the name is empty."],
            id="an empty audience",
            marks=pytest.mark.rule("JW-1"),
        ),
        pytest.param(
            "jwtRules:\n- {issuer: i, fromCookies: ['']}",
            ["error IST0106 spec.jwtRules[0].fromCookies[0]: the name is empty."],
            id="an empty cookie",
            marks=pytest.mark.rule("JW-1"),
        ),
        pytest.param(
            "jwtRules:\n- {issuer: i, fromHeaders: [{name: ''}]}",
            ["error IST0106 spec.jwtRules[0].fromHeaders[0].name: the name of the header is empty."],
            id="a header without name",
            marks=pytest.mark.rule("JW-1"),
        ),
        pytest.param(
            "jwtRules:\n- {issuer: i, outputClaimToHeaders: [{header: x-a, claim: ''}]}",
            ["error IST0106 spec.jwtRules[0].outputClaimToHeaders[0].claim: the name of the claim is empty."],
            id="a claim without name",
            marks=pytest.mark.rule("JW-5"),
        ),
        pytest.param(
            "jwtRules:\n- {issuer: i, outputClaimToHeaders: [{header: x a, claim: a}]}",
            [
                (
                    'error IST0106 spec.jwtRules[0].outputClaimToHeaders[0].header: found the header name "x a", expected letters, '
                    'digits, "-" and "_".'
                ),
            ],
            id="a claim to a bad header",
            marks=pytest.mark.rule("JW-5"),
        ),
        pytest.param(
            "jwtRules:\n- {issuer: i, timeout: 0.0001s}",
            ["error IST0106 spec.jwtRules[0].timeout: found 0.0001s, expected at least 1ms."],
            id="a timeout below 1 ms",
            marks=pytest.mark.rule("JW-1"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("security.istio.io/v1", "RequestAuthentication", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            'jwtRules:\n- {issuer: i, jwks: \'{"keys": [{"kty": "RSA", "n": "a", "e": "AQAB"}]}\'}',
            id="keys inline",
            marks=pytest.mark.rule("JW-1"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("security.istio.io/v1", "RequestAuthentication", spec) == []
