"""What is said of security conditions: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "rules:\n- when: [{key: 'request.headers[a]'}]",
            ["error IST0106 spec.rules[0].when[0]: neither values nor notValues is given."],
            id="neither values nor notValues",
            marks=pytest.mark.rule("AZ-7"),
        ),
        pytest.param(
            "rules:\n- when: [{key: '', values: [a]}]",
            ["error IST0106 spec.rules[0].when[0].key: the key is empty. Write for instance source.ip."],
            id="an empty key",
            marks=pytest.mark.rule("AZ-7"),
        ),
        pytest.param(
            "rules:\n- when: [{key: request.colour, values: [a]}]",
            [
                (
                    'error IST0106 spec.rules[0].when[0].key: there is no attribute "request.colour". There are source.ip, '
                    "remote.ip, source.namespace, source.principal, source.serviceAccount, source.trustDomain, "
                    "request.auth.principal, request.auth.audiences, request.auth.presenter, destination.ip, destination.port, "
                    "connection.sni, request.headers[name], request.auth.claims[name], experimental.envoy.filters.<filter>[name]."
                ),
            ],
            id="an attribute that there is not",
            marks=pytest.mark.rule("AZ-7"),
        ),
        pytest.param(
            "rules:\n- when: [{key: 'request.headers', values: [a]}]",
            ['error IST0106 spec.rules[0].when[0].key: found "request.headers", expected request.headers[name].'],
            id="a header without name",
            marks=pytest.mark.rule("AZ-7"),
        ),
        pytest.param(
            "rules:\n- when: [{key: experimental.envoy.filters.a, values: [a]}]",
            [
                (
                    'error IST0106 spec.rules[0].when[0].key: found "experimental.envoy.filters.a", expected '
                    "experimental.envoy.filters.<filter>[name]."
                ),
            ],
            id="a filter without key",
            marks=pytest.mark.rule("AZ-7"),
        ),
        pytest.param(
            "rules:\n- when: [{key: source.ip, values: [10.0.0.300]}]",
            [
                ('error IST0106 spec.rules[0].when[0].values[0]: found "10.0.0.300", expected an IP address or a range such as 10.0.0.0/8.'),
            ],
            id="an address that is none",
            marks=pytest.mark.rule("AZ-7"),
        ),
        pytest.param(
            "rules:\n- when: [{key: destination.port, notValues: ['0']}]",
            ["error IST0106 spec.rules[0].when[0].notValues[0]: found the port 0, expected 1 to 65535."],
            id="a port that is none",
            marks=pytest.mark.rule("AZ-7"),
        ),
        pytest.param(
            "action: CUSTOM\nprovider: {name: a}\nrules:\n- when: [{key: 'request.auth.claims[a]', values: [b]}]",
            [
                (
                    "error IST0106 spec.rules[0].when[0].key: request.auth.claims[a] is not known yet when action CUSTOM is decided. "
                    "Leave it out, and add a DENY policy."
                ),
            ],
            id="a claim with CUSTOM",
            marks=pytest.mark.rule("AZ-10"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("security.istio.io/v1", "AuthorizationPolicy", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "rules:\n- when: [{key: 'request.auth.claims[a][b]', values: [c]}]",
            id="nested claims",
            marks=pytest.mark.rule("AZ-7"),
        ),
        pytest.param(
            "rules:\n- when: [{key: 'experimental.envoy.filters.a.b[c]', values: [d]}]",
            id="Envoy's metadata",
            marks=pytest.mark.rule("AZ-7"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("security.istio.io/v1", "AuthorizationPolicy", spec) == []
