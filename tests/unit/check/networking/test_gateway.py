"""What is said of networking gateway: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*'], defaultEndpoint: '127.0.0.1:80'}]",
            [
                (
                    "warning IST0133 spec.servers[0].defaultEndpoint: defaultEndpoint has no effect on a Gateway. Leave it out; VirtualServices say "
                    "where calls go."
                ),
            ],
            id="an endpoint",
        ),
        pytest.param(
            "servers: [{port: {number: 15021, name: http, protocol: HTTP}, hosts: ['*']}]",
            [
                (
                    "warning IST0133 spec.servers[0].port.number: every proxy listens on the port 15021 itself, so this server is left out unless a "
                    "Service leads the port elsewhere. Use another port."
                ),
            ],
            id="a port of the proxy's own",
        ),
        pytest.param(
            "selector: {a: b}",
            ["error IST0106 spec: there are no servers, expected at least one."],
            id="no servers",
            marks=pytest.mark.rule("GW-1"),
        ),
        pytest.param(
            "servers:\n- {port: {number: 80, name: http, protocol: HTTP}, hosts: []}",
            [
                ('error IST0106 spec.servers[0].hosts: there are no hosts, expected at least one. Write hosts: ["*"] for any host.'),
            ],
            id="no hosts",
            marks=pytest.mark.rule("GW-1"),
        ),
        pytest.param(
            (
                "servers:\n"
                "- {port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}\n"
                "- {port: {number: 81, name: http, protocol: HTTP}, hosts: ['*']}"
            ),
            [
                'error IST0106 spec.servers[1].port.name: the port name "http" is given twice. Name one of them differently.',
            ],
            id="a port name twice",
            marks=pytest.mark.rule("GW-1"),
        ),
        pytest.param(
            "servers:\n- {port: {number: 80, name: '', protocol: HTTP}, hosts: ['*']}",
            ["error IST0106 spec.servers[0].port.name: the name of the port is empty. Name it, for instance http."],
            id="a port without name",
            marks=pytest.mark.rule("GW-1"),
        ),
        pytest.param(
            "servers:\n- {port: {number: 0, name: http, protocol: HTTP}, hosts: ['*']}",
            ["error IST0106 spec.servers[0].port.number: found the port 0, expected 1 to 65535."],
            id="a port of number 0",
            marks=pytest.mark.rule("GW-1"),
        ),
        pytest.param(
            "servers:\n- {port: {number: 80, name: http, protocol: HTTQ}, hosts: ['*']}",
            [
                (
                    'error IST0106 spec.servers[0].port.protocol: found the protocol "HTTQ", expected one of HTTP, HTTPS, HTTP2, '
                    "GRPC, GRPC-WEB, TCP, TLS, MONGO, MYSQL, REDIS, UDP and HBONE."
                ),
            ],
            id="a protocol that there is not",
            marks=pytest.mark.rule("GW-2"),
        ),
        pytest.param(
            "servers:\n- {port: {number: 80, name: http, protocol: HTTP, targetPort: 8080}, hosts: ['*']}",
            [
                (
                    "error IST0106 spec.servers[0].port.targetPort: targetPort has no effect on a Gateway. Leave it out; the Service "
                    "says where the port leads."
                ),
            ],
            id="targetPort",
            marks=pytest.mark.rule("GW-6"),
        ),
        pytest.param(
            "servers:\n- {port: {number: 80, name: http, protocol: HTTP}, bind: web, hosts: ['*']}",
            ['error IST0106 spec.servers[0].bind: found "web", expected an IP address such as 10.0.0.1.'],
            id="bind to a name",
            marks=pytest.mark.rule("GW-1"),
        ),
        pytest.param(
            "servers:\n- {port: {number: 80, name: http, protocol: HTTP}, bind: 'unix:///a', hosts: ['*']}",
            ["error IST0106 spec.servers[0].port.number: found the port 80, expected 0 for a Unix socket."],
            id="a socket with a port",
            marks=pytest.mark.rule("GW-1"),
        ),
        pytest.param(
            "servers:\n- {port: {number: 443, name: tls, protocol: HTTPS}, hosts: ['*']}",
            [
                ("error IST0106 spec.servers[0]: protocol HTTPS needs tls. Write for instance tls: {mode: SIMPLE, credentialName: …}."),
            ],
            id="HTTPS without tls",
            marks=pytest.mark.rule("GW-2"),
        ),
        pytest.param(
            ("servers:\n- {port: {number: 443, name: tls, protocol: HTTP}, hosts: [a.example.com], tls: {mode: SIMPLE, credentialName: a}}"),
            [
                ("error IST0106 spec.servers[0].tls: tls is given, but protocol HTTP is in the clear. Use protocol HTTPS or TLS, or leave tls out."),
            ],
            id="tls on HTTP",
            marks=pytest.mark.rule("GW-2"),
        ),
        pytest.param(
            ("servers:\n- {port: {number: 443, name: tls, protocol: TCP}, hosts: [a.example.com], tls: {mode: SIMPLE, credentialName: a}}"),
            [
                ("error IST0106 spec.servers[0].tls: tls is given, but protocol TCP is in the clear. Use protocol HTTPS or TLS, or leave tls out."),
            ],
            id="tls on TCP",
            marks=pytest.mark.rule("GW-2"),
        ),
        pytest.param(
            ("servers:\n- {port: {number: 443, name: tls, protocol: TLS}, hosts: [a.example.com], tls: {mode: PASSTHROUGH, httpsRedirect: true}}"),
            [
                ("warning IST0133 spec.servers[0].tls.httpsRedirect: httpsRedirect has no effect with protocol TLS, only with plain HTTP."),
            ],
            id="httpsRedirect on TLS",
            marks=pytest.mark.rule("GW-8"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("networking.istio.io/v1", "Gateway", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            ("servers:\n- {port: {number: 443, name: tls, protocol: HTTP}, hosts: [a.example.com], tls: {httpsRedirect: true}}"),
            id="httpsRedirect on HTTP",
            marks=pytest.mark.rule("GW-8"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("networking.istio.io/v1", "Gateway", spec) == []
