"""What is said of networking virtual service: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "hosts: [a.example.com, a.example.com]\nhttp: [{route: [{destination: {host: reviews}}]}]",
            ['error IST0106 spec.hosts[1]: the host "a.example.com" is given twice. Keep one of them.'],
            id="a host twice",
        ),
        pytest.param(
            "hosts: ['*.example.com', a.example.com]\nhttp: [{route: [{destination: {host: reviews}}]}]",
            [
                'error IST0106 spec.hosts[1]: the host "a.example.com" overlaps with "*.example.com". Keep one of them.',
            ],
            id="hosts that overlap",
        ),
        pytest.param(
            "hosts: ['*']\nhttp: [{route: [{destination: {host: reviews}}]}]",
            [
                (
                    'error IST0106 spec.hosts[0]: found the host "*", which would take all calls of all sidecars. Name the hosts, or '
                    "bind it to gateways only."
                ),
            ],
            id="the host * at sidecars",
        ),
        pytest.param(
            "hosts: [rev_iews.example.com]\nhttp: [{route: [{destination: {host: reviews}}]}]",
            [
                (
                    'error IST0106 spec.hosts[0]: found the host "rev_iews.example.com", expected a DNS name; its label "rev_iews" '
                    'is not letters and digits with "-" only inside.'
                ),
            ],
            id="a host that is no name",
        ),
        pytest.param(
            "gateways: [edge]\nhttp: [{route: [{destination: {host: reviews}}]}]",
            [
                ("error IST0106 spec.gateways: gateways is given, but without hosts this is a delegate, which has HTTP routes only. Give hosts."),
            ],
            id="a delegate with gateways",
            marks=pytest.mark.rule("VS-53"),
        ),
        pytest.param(
            "tcp: [{route: [{destination: {host: reviews}}]}]",
            [
                ("error IST0106 spec.tcp: tcp is given, but without hosts this is a delegate, which has HTTP routes only. Give hosts."),
            ],
            id="a delegate with tcp",
            marks=pytest.mark.rule("VS-53"),
        ),
        pytest.param(
            "http: [{delegate: {name: other}}]",
            [
                (
                    "error IST0106 spec.http[0].delegate: a VirtualService without hosts is a delegate itself, and cannot delegate "
                    "again. Give hosts, or a route."
                ),
            ],
            id="a delegate that delegates",
            marks=pytest.mark.rule("VS-53"),
        ),
        pytest.param(
            "hosts: [reviews]",
            ["error IST0106 spec: there are no routes. Give http, tls or tcp."],
            id="no routes",
        ),
        pytest.param(
            "hosts: [reviews]\nexportTo: [a, a]\nhttp: [{route: [{destination: {host: reviews}}]}]",
            ['error IST0106 spec.exportTo[1]: the namespace "a" is given twice. Keep one of them.'],
            id="exportTo twice",
            marks=pytest.mark.rule("N-4"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("networking.istio.io/v1", "VirtualService", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "hosts: ['*']\ngateways: [edge]\nhttp: [{route: [{destination: {host: reviews}}]}]",
            id="the host * at a gateway",
        ),
        pytest.param(
            "hosts: [10.0.0.1]\nhttp: [{route: [{destination: {host: reviews}}]}]",
            id="an address",
        ),
        pytest.param(
            "http: [{route: [{destination: {host: reviews}}]}]",
            id="a delegate",
            marks=pytest.mark.rule("VS-53"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("networking.istio.io/v1", "VirtualService", spec) == []
