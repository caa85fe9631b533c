"""What is said of networking connection routes: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "hosts: [a.b]\ntls: [{match: [], route: [{destination: {host: a}}]}]",
            [
                "error IST0106 spec.tls[0]: the tls rule has no match, expected at least one. Write match: [{sniHosts: […]}].",
            ],
            id="tls without match",
            marks=pytest.mark.rule("VS-6"),
        ),
        pytest.param(
            "hosts: [a.b]\ntls: [{match: [{sniHosts: [a.b]}]}]",
            ["error IST0106 spec.tls[0]: the tls rule has no route. Write route: [{destination: {host: …}}]."],
            id="tls without route",
            marks=pytest.mark.rule("VS-6"),
        ),
        pytest.param(
            "hosts: [a.b]\ntls: [{match: [{sniHosts: []}], route: [{destination: {host: a}}]}]",
            ["error IST0106 spec.tls[0].match[0].sniHosts: there are no sniHosts, expected at least one."],
            id="no sniHosts",
            marks=pytest.mark.rule("VS-6"),
        ),
        pytest.param(
            "hosts: [a.b]\ntcp: [{match: [{sourceSubnet: 10.0.0.0/8}], route: [{destination: {host: a}}]}]",
            [
                (
                    "warning IST0133 spec.tcp[0].match[0].sourceSubnet: sourceSubnet has no effect, so that the match is for clients at any address. "
                    "Tell clients apart by sourceLabels or sourceNamespace."
                ),
            ],
            id="subnets of clients",
            marks=pytest.mark.rule("VS-6"),
        ),
        pytest.param(
            "hosts: [a.b]\ntls: [{match: [{sniHosts: [c.d]}], route: [{destination: {host: a}}]}]",
            [
                'error IST0106 spec.tls[0].match[0].sniHosts[0]: "c.d" is none of the hosts, which are a.b. Add it to hosts.',
            ],
            id="a foreign SNI",
            marks=pytest.mark.rule("VS-52"),
        ),
        pytest.param(
            "hosts: [a.b]\ntls: [{match: [{sniHosts: [a_.b]}], route: [{destination: {host: a}}]}]",
            [
                (
                    'error IST0106 spec.tls[0].match[0].sniHosts[0]: found the host "a_.b", expected a DNS name; its label "a_" is '
                    'not letters and digits with "-" only inside.'
                ),
            ],
            id="an SNI that is no name",
            marks=pytest.mark.rule("VS-52"),
        ),
        pytest.param(
            "hosts: [10.0.0.1]\ntls: [{match: [{sniHosts: [10.0.0.1]}], route: [{destination: {host: a}}]}]",
            [
                ('warning IST0133 spec.tls[0].match[0].sniHosts[0]: found the address "10.0.0.1"; clients do not ask for addresses by SNI.'),
            ],
            id="an address as SNI",
            marks=pytest.mark.rule("VS-52"),
        ),
        pytest.param(
            "hosts: [db]\ntcp: [{match: [{port: 3306}]}]",
            ["error IST0106 spec.tcp[0]: the tcp rule has no route. Write route: [{destination: {host: …}}]."],
            id="tcp without route",
            marks=pytest.mark.rule("VS-6"),
        ),
        pytest.param(
            "hosts: [db]\ntcp: [{match: [{destinationSubnets: [10.0.0.0/40]}], route: [{destination: {host: db}}]}]",
            [
                (
                    'error IST0106 spec.tcp[0].match[0].destinationSubnets[0]: found "10.0.0.0/40", expected an IP address or a '
                    "range such as 10.0.0.0/8."
                ),
            ],
            id="a subnet that is none",
            marks=pytest.mark.rule("VS-6"),
        ),
        pytest.param(
            "hosts: [db]\ntcp: [{match: [{port: 70000}], route: [{destination: {host: db}}]}]",
            ["error IST0106 spec.tcp[0].match[0].port: found the port 70000, expected 1 to 65535."],
            id="a port beyond 65535",
            marks=pytest.mark.rule("VS-6"),
        ),
        pytest.param(
            "hosts: [db]\ntcp: [{match: [{sourceLabels: {a!: b}}], route: [{destination: {host: db}}]}]",
            [
                (
                    'error IST0106 spec.tcp[0].match[0].sourceLabels["a!"]: found the label "a!", expected at most 63 letters, '
                    'digits, "-", "_" and ".", behind a DNS name and "/" or not.'
                ),
            ],
            id="labels that are none",
            marks=pytest.mark.rule("VS-6"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("networking.istio.io/v1", "VirtualService", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "hosts: ['*.b']\ntls: [{match: [{sniHosts: ['*.a.b', a.b]}], route: [{destination: {host: a}}]}]",
            id="a wildcard SNI within a wildcard host",
            marks=pytest.mark.rule("VS-52"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("networking.istio.io/v1", "VirtualService", spec) == []
