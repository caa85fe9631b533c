"""What is said of networking service entry: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "hosts: []\nports: [{number: 80, name: http, protocol: HTTP}]\nresolution: NONE",
            ["error IST0106 spec.hosts: there are no hosts, expected at least one."],
            id="no hosts",
            marks=pytest.mark.rule("SE-1"),
        ),
        pytest.param(
            "hosts: ['*']\nports: [{number: 80, name: http, protocol: HTTP}]\nresolution: NONE",
            [
                'error IST0106 spec.hosts[0]: found the host "*", expected a name. Write for instance "*.example.com".',
            ],
            id="the host *",
            marks=pytest.mark.rule("SE-7"),
        ),
        pytest.param(
            "hosts: ['*.example.com']\nports: [{number: 80, name: http, protocol: HTTP}]\nresolution: DNS",
            [
                (
                    'error IST0106 spec.hosts[0]: the wildcard host "*.example.com" cannot be resolved by DNS. Give endpoints, or '
                    "resolution NONE or DYNAMIC_DNS."
                ),
            ],
            id="a wildcard by DNS",
            marks=pytest.mark.rule("SE-3"),
        ),
        pytest.param(
            "hosts: ['*-a.example.com']\nports: [{number: 80, name: http, protocol: HTTP}]\nresolution: NONE",
            [
                (
                    'warning IST0133 spec.hosts[0]: found "*-a.example.com"; a wildcard for a part of a label is matched for HTTP '
                    'only. Write "*.example.com".'
                ),
            ],
            id="a wildcard for a part of a label",
            marks=pytest.mark.rule("SE-7"),
        ),
        pytest.param(
            ("hosts: [a.example.com]\nports: [{number: 80, name: a, protocol: HTTP}, {number: 81, name: a, protocol: HTTP}]\nresolution: DNS"),
            ['error IST0106 spec.ports[1].name: the port name "a" is given twice. Name one of them differently.'],
            id="a port name twice",
            marks=pytest.mark.rule("SE-1"),
        ),
        pytest.param(
            ("hosts: [a.example.com]\nports: [{number: 80, name: a, protocol: HTTP}, {number: 80, name: b, protocol: HTTP}]\nresolution: DNS"),
            ["error IST0106 spec.ports[1].number: the port 80 is given twice."],
            id="a port number twice",
            marks=pytest.mark.rule("SE-1"),
        ),
        pytest.param(
            "hosts: [a.example.com]\nports: [{number: 80, name: a, protocol: HTTQ}]\nresolution: DNS",
            [
                (
                    'error IST0106 spec.ports[0].protocol: found the protocol "HTTQ", expected one of HTTP, HTTPS, HTTP2, GRPC, '
                    "GRPC-WEB, TCP, TLS, MONGO, MYSQL, REDIS, UDP and HBONE."
                ),
            ],
            id="a protocol that there is not",
            marks=pytest.mark.rule("SE-1"),
        ),
        pytest.param(
            "hosts: [a.example.com]\nports: [{number: 80, name: a, protocol: HTTP, targetPort: 65536}]\nresolution: DNS",
            ["error IST0106 spec.ports[0].targetPort: found the number 65536, expected at most 65535."],
            id="a target port beyond 65535",
            marks=pytest.mark.rule("SE-4"),
        ),
        pytest.param(
            ("hosts: [a.example.com]\nports: [{number: 80, name: http, protocol: HTTP}]\nresolution: NONE\naddresses: [10.0.0.300]"),
            [
                'error IST0106 spec.addresses[0]: found "10.0.0.300", expected an IP address or a range such as 10.0.0.0/8.',
            ],
            id="an address that is none",
            marks=pytest.mark.rule("SE-1"),
        ),
        pytest.param(
            ("hosts: [a.example.com]\nports: [{number: 80, name: http, protocol: HTTP}]\nresolution: DNS\naddresses: [10.0.0.0/16]"),
            [
                ("error IST0106 spec.addresses[0]: found the range 10.0.0.0/16 with resolution DNS, expected NONE or STATIC, or single addresses."),
            ],
            id="a range with DNS",
            marks=pytest.mark.rule("SE-1"),
        ),
        pytest.param(
            ("hosts: [a.example.com]\nports: [{number: 80, name: http, protocol: HTTP}]\nresolution: NONE\nendpoints: [{address: 10.0.0.1}]"),
            [
                "error IST0106 spec.endpoints: endpoints are given with resolution NONE, which has none. Use STATIC or DNS.",
            ],
            id="endpoints with NONE",
            marks=pytest.mark.rule("SE-3"),
        ),
        pytest.param(
            ("hosts: [a.example.com]\nports: [{number: 80, name: http, protocol: HTTP}]\nresolution: STATIC\nendpoints: [{address: b.example.com}]"),
            [
                (
                    'error IST0106 spec.endpoints[0].address: found "b.example.com", expected an IP address or unix:///path with '
                    "resolution STATIC. Use resolution DNS for names."
                ),
            ],
            id="a name with STATIC",
            marks=pytest.mark.rule("SE-3"),
        ),
        pytest.param(
            ("hosts: [a.example.com]\nports: [{number: 80, name: http, protocol: HTTP}]\nresolution: DNS\nendpoints: [{address: 'unix:///a.sock'}]"),
            [
                (
                    'error IST0106 spec.endpoints[0].address: found "unix:///a.sock", expected a DNS name or an IP address with '
                    "resolution DNS. Use resolution STATIC for sockets."
                ),
            ],
            id="a socket with DNS",
            marks=pytest.mark.rule("SE-3"),
        ),
        pytest.param(
            (
                "hosts: [a.example.com]\n"
                "ports: [{number: 80, name: http, protocol: HTTP}]\n"
                "resolution: DNS_ROUND_ROBIN\n"
                "endpoints: [{address: b.c}, {address: d.e}]"
            ),
            [
                "error IST0106 spec.endpoints: found 2 endpoints, expected at most one with DNS_ROUND_ROBIN. Use DNS.",
            ],
            id="two endpoints with DNS_ROUND_ROBIN",
            marks=pytest.mark.rule("SE-3"),
        ),
        pytest.param(
            (
                "hosts: [a.example.com]\n"
                "ports: [{number: 80, name: http, protocol: HTTP}]\n"
                "resolution: STATIC\n"
                "endpoints: [{address: 10.0.0.1, ports: {tcp: 1}}]"
            ),
            ['error IST0106 spec.endpoints[0].ports.tcp: there is no port "tcp" in this entry, which has http.'],
            id="an endpoint's port that the entry has not",
            marks=pytest.mark.rule("SE-4"),
        ),
        pytest.param(
            (
                "hosts: [a.example.com]\n"
                "ports: [{number: 80, name: a, protocol: HTTP}, {number: 81, name: b, protocol: HTTP}]\n"
                "resolution: STATIC\n"
                "endpoints: [{address: 'unix:///a.sock'}]"
            ),
            ["error IST0106 spec.endpoints[0].address: a Unix socket serves one port, and this entry has 2."],
            id="a socket with two ports",
            marks=pytest.mark.rule("SE-4"),
        ),
        pytest.param(
            (
                "hosts: [a.example.com]\n"
                "ports: [{number: 80, name: http, protocol: HTTP}]\n"
                "resolution: STATIC\n"
                "workloadSelector: {labels: {a: b}}\n"
                "endpoints: [{address: 10.0.0.1}]"
            ),
            ["error IST0106 spec: workloadSelector and endpoints are given, expected only one of them."],
            id="selector and endpoints",
            marks=pytest.mark.rule("SE-1"),
        ),
        pytest.param(
            ("hosts: [a.example.com]\nports: [{number: 80, name: http, protocol: HTTP}]\nresolution: STATIC\nworkloadSelector: {}"),
            [
                (
                    "warning IST0133 spec.workloadSelector.labels: the selector has no labels, so it selects all workloads. Leave it "
                    "out if that is meant."
                ),
            ],
            id="a selector without labels",
            marks=pytest.mark.rule("SE-6"),
        ),
        pytest.param(
            ("hosts: [a.example.com]\nports: [{number: 80, name: http, protocol: HTTP}]\nresolution: DNS\nworkloadSelector: {labels: {a: b}}"),
            [
                "warning IST0133 spec.workloadSelector: workloadSelector has no effect with resolution DNS. Use STATIC.",
            ],
            id="a selector with DNS",
            marks=pytest.mark.rule("SE-6"),
        ),
        pytest.param(
            "hosts: [a.example.com]\nports: [{number: 5432, name: tcp, protocol: TCP}]\nresolution: NONE",
            [
                ("warning IST0134 spec.ports[0]: without addresses, all traffic to port 5432 counts as traffic to this entry. Give addresses."),
            ],
            id="TCP without address",
            marks=pytest.mark.rule("SE-2"),
        ),
        pytest.param(
            ("hosts: [a.b, c.d]\nports: [{number: 5432, name: tcp, protocol: TCP}]\nresolution: STATIC\naddresses: [10.0.0.1]"),
            [
                (
                    "error IST0106 spec.ports[0]: found 2 hosts, which cannot be told apart on port 5432 of protocol TCP. Make an "
                    "entry for each host, or use HTTP or TLS."
                ),
            ],
            id="several hosts over TCP",
            marks=pytest.mark.rule("SE-2"),
        ),
        pytest.param(
            "hosts: [a.example.com]\nports: [{number: 80, name: http, protocol: HTTP}]\nresolution: DYNAMIC_DNS",
            [
                ('error IST0106 spec.hosts[0]: found "a.example.com" with resolution DYNAMIC_DNS, expected a wildcard host. Use DNS.'),
            ],
            id="DYNAMIC_DNS without wildcard",
            marks=pytest.mark.rule("SE-3"),
        ),
        pytest.param(
            ("hosts: ['*.b']\nports: [{number: 80, name: http, protocol: HTTP}]\nresolution: DYNAMIC_DNS\nlocation: MESH_INTERNAL"),
            [
                "error IST0106 spec.location: found MESH_INTERNAL with resolution DYNAMIC_DNS, expected MESH_EXTERNAL.",
            ],
            id="DYNAMIC_DNS inside the mesh",
            marks=pytest.mark.rule("SE-3"),
        ),
        pytest.param(
            ("hosts: ['*.b']\nports: [{number: 80, name: http, protocol: HTTP}]\nresolution: DYNAMIC_DNS\naddresses: [10.0.0.1]"),
            ["error IST0106 spec.addresses: addresses are given with resolution DYNAMIC_DNS, expected none."],
            id="DYNAMIC_DNS with addresses",
            marks=pytest.mark.rule("SE-3"),
        ),
        pytest.param(
            "hosts: ['*.b']\nports: [{number: 6379, name: redis, protocol: REDIS}]\nresolution: DYNAMIC_DNS",
            [
                "error IST0106 spec.ports[0].protocol: found REDIS with resolution DYNAMIC_DNS, expected HTTP or TLS.",
            ],
            id="DYNAMIC_DNS over Redis",
            marks=pytest.mark.rule("SE-3"),
        ),
        pytest.param(
            ("hosts: [a.example.com]\nports: [{number: 80, name: http, protocol: HTTP}]\nresolution: DNS\nexportTo: ['~', other]"),
            ['error IST0106 spec.exportTo: "~" means nobody, so nothing else may be given beside it. Leave the others out.'],
            id="exportTo ~ and more",
            marks=pytest.mark.rule("N-4"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("networking.istio.io/v1", "ServiceEntry", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            (
                "hosts: [a.example.com]\n"
                "ports: [{number: 80, name: http, protocol: HTTP}]\n"
                "resolution: STATIC\n"
                "endpoints: [{address: 'unix:///a.sock'}]"
            ),
            id="a socket",
            marks=pytest.mark.rule("SE-4"),
        ),
        pytest.param(
            "hosts: [a.example.com]\nports: [{number: 5432, name: tcp, protocol: TCP}]\nresolution: DNS",
            id="TCP with an address that is allocated",
            marks=pytest.mark.rule("SE-9"),
        ),
        pytest.param(
            "hosts: [a.example.com]\nports: [{number: 80, name: http, protocol: HTTP}]\nresolution: DNS\nexportTo: ['~']",
            id="exportTo ~",
            marks=pytest.mark.rule("N-4"),
        ),
        pytest.param(
            "hosts: ['*.example.com']\nports: [{number: 443, name: tls, protocol: TLS}]\nresolution: DYNAMIC_DNS",
            id="a wildcard by SNI",
            marks=pytest.mark.rule("SE-7"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("networking.istio.io/v1", "ServiceEntry", spec) == []
