"""What is said of networking scoped hosts: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "servers:\n- {port: {number: 80, name: http, protocol: HTTP}, hosts: [reviews]}",
            [
                (
                    'error IST0106 spec.servers[0].hosts[0]: found the short name "reviews", expected a full name. Write for '
                    'instance "reviews.example.com" or "*".'
                ),
            ],
            id="a short name",
            marks=pytest.mark.rule("GW-4"),
        ),
        pytest.param(
            "servers:\n- {port: {number: 80, name: http, protocol: HTTP}, hosts: [/a.b]}",
            [
                ('error IST0106 spec.servers[0].hosts[0]: found "/a.b", whose namespace is empty. Write "./" for the own namespace, "*/" for any.'),
            ],
            id="an empty namespace",
            marks=pytest.mark.rule("GW-4"),
        ),
        pytest.param(
            "servers:\n- {port: {number: 80, name: http, protocol: HTTP}, hosts: [a_b/a.b]}",
            [
                ('error IST0106 spec.servers[0].hosts[0]: found the namespace "a_b", expected letters and digits with "-" only inside, "*" or ".".'),
            ],
            id="a namespace that is none",
            marks=pytest.mark.rule("GW-4"),
        ),
        pytest.param(
            "servers:\n- {port: {number: 80, name: http, protocol: HTTP}, hosts: [a.*.com]}",
            [
                'error IST0106 spec.servers[0].hosts[0]: found the host "a.*.com", expected "*" only as its first label.',
            ],
            id="an inner wildcard",
            marks=pytest.mark.rule("GW-4"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("networking.istio.io/v1", "Gateway", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            ("servers:\n- {port: {number: 80, name: http, protocol: HTTP}, hosts: ['*', '*.b', ./a.b, ns/*, '*/c.b', 10.0.0.1]}"),
            id="every form",
            marks=pytest.mark.rule("GW-4"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("networking.istio.io/v1", "Gateway", spec) == []
