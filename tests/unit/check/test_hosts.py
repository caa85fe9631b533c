"""What is said of hosts: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            (
                "hosts: "
                "[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                "aaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                "aaaaaaaaaaaaaaaaaaaa.a.example.com]\n"
                "http: [{route: [{destination: {host: reviews}}]}]"
            ),
            [
                ('error IST0106 spec.hosts[0]: found a host of 257 characters, expected at most 255: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…".'),
            ],
            id="a name that is too long",
        ),
        pytest.param(
            ("hosts: [aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.com]\nhttp: [{route: [{destination: {host: reviews}}]}]"),
            [
                (
                    "error IST0106 spec.hosts[0]: found the host "
                    '"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.com", expected a DNS name; its label '
                    '"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" is longer than 63 characters.'
                ),
            ],
            id="a label that is too long",
        ),
        pytest.param(
            "hosts: ['']\nhttp: [{route: [{destination: {host: reviews}}]}]",
            ["error IST0106 spec.hosts[0]: the host is empty, expected a DNS name."],
            id="an empty name",
        ),
        pytest.param(
            "hosts: [a..b]\nhttp: [{route: [{destination: {host: reviews}}]}]",
            ['error IST0106 spec.hosts[0]: found the host "a..b", expected a DNS name, without an empty label.'],
            id="an empty label",
        ),
        pytest.param(
            "hosts: [10.0.0.300]\nhttp: [{route: [{destination: {host: reviews}}]}]",
            [
                ('error IST0106 spec.hosts[0]: found the host "10.0.0.300", expected a DNS name; its last label "300" is a number.'),
            ],
            id="a number at the end",
        ),
        pytest.param(
            "hosts: [a-.b]\nhttp: [{route: [{destination: {host: reviews}}]}]",
            [
                (
                    'error IST0106 spec.hosts[0]: found the host "a-.b", expected a DNS name; its label "a-" is not letters and '
                    'digits with "-" only inside.'
                ),
            ],
            id="a hyphen at the end",
        ),
        pytest.param(
            "hosts: [a.*.b]\nhttp: [{route: [{destination: {host: reviews}}]}]",
            ['error IST0106 spec.hosts[0]: found the host "a.*.b", expected "*" only as its first label.'],
            id="an inner wildcard",
            marks=pytest.mark.rule("N-3"),
        ),
        pytest.param(
            "hosts: [a*.b]\nhttp: [{route: [{destination: {host: reviews}}]}]",
            ['error IST0106 spec.hosts[0]: found the host "a*.b", expected "*" only as its first label.'],
            id="a wildcard in the middle of a label",
            marks=pytest.mark.rule("N-3"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("networking.istio.io/v1", "VirtualService", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "hosts: [a.b.]\nhttp: [{route: [{destination: {host: reviews}}]}]",
            id="a dot at the end",
        ),
        pytest.param(
            "hosts: ['*.b']\nhttp: [{route: [{destination: {host: reviews}}]}]",
            id="a wildcard",
            marks=pytest.mark.rule("N-3"),
        ),
        pytest.param(
            "hosts: [A.b]\nhttp: [{route: [{destination: {host: reviews}}]}]",
            id="upper case",
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("networking.istio.io/v1", "VirtualService", spec) == []
