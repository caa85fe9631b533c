"""What is said of networking sidecar: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "workloadSelector: {labels: {a: b}}",
            [
                ("error IST0106 spec: the Sidecar says nothing. Give ingress, egress, outboundTrafficPolicy or inboundConnectionPool."),
            ],
            id="nothing said",
            marks=pytest.mark.rule("SC-1"),
        ),
        pytest.param(
            "egress:\n- hosts: ['./*']\nworkloadSelector: {}",
            [
                (
                    "warning IST0133 spec.workloadSelector.labels: the selector has no labels, so it selects all workloads. Leave it "
                    "out if that is meant."
                ),
            ],
            id="a selector without labels",
            marks=pytest.mark.rule("SC-2"),
        ),
        pytest.param(
            "egress:\n- hosts: []",
            [
                ('error IST0106 spec.egress[0].hosts: there are no hosts, expected at least one. Write hosts: ["./*"] for the own namespace.'),
            ],
            id="egress without hosts",
            marks=pytest.mark.rule("SC-1"),
        ),
        pytest.param(
            "egress:\n- hosts: ['./*']\n- hosts: ['a/*']",
            [
                (
                    "error IST0106 spec.egress[0]: a listener without port takes all other ports, so it must be the last and the "
                    "only one. Give it a port, or move it."
                ),
            ],
            id="two egress listeners without port",
            marks=pytest.mark.rule("SC-3"),
        ),
        pytest.param(
            "egress:\n- hosts: [a.b]",
            [
                (
                    'error IST0106 spec.egress[0].hosts[0]: found "a.b", expected namespace/host. Write "*/a.b" for any namespace, '
                    '"./a.b" for this one.'
                ),
            ],
            id="a host without namespace",
            marks=pytest.mark.rule("SC-1"),
        ),
        pytest.param(
            "egress:\n- hosts: [./a.b, default/a.b]",
            ['warning IST0133 spec.egress[0].hosts[1]: the host "default/a.b" is named already.'],
            id="a host twice",
            marks=pytest.mark.rule("SC-3"),
        ),
        pytest.param(
            "egress:\n- hosts: ['*/*', a/b.c]",
            [
                ('warning IST0133 spec.egress[0].hosts: "*/*" means every host, so the others have no effect. Leave out "*/*" or the others.'),
            ],
            id="*/* and more",
            marks=pytest.mark.rule("SC-3"),
        ),
        pytest.param(
            "egress:\n- {port: {number: 80}, hosts: ['./*']}\n- {port: {number: 80}, hosts: ['a/*']}",
            ["error IST0106 spec.egress[1].port: the port 80 is given twice."],
            id="a port twice",
            marks=pytest.mark.rule("SC-3"),
        ),
        pytest.param(
            "egress:\n- {port: {number: 80}, bind: localhost, hosts: ['./*']}",
            ['error IST0106 spec.egress[0].bind: found "localhost", expected an IP address such as 10.0.0.1.'],
            id="bind to a name",
            marks=pytest.mark.rule("SC-7"),
        ),
        pytest.param(
            "egress:\n- {port: {number: 0}, hosts: ['./*']}",
            [
                "error IST0106 spec.egress[0].port.number: the port is 0, expected 1 to 65535, or a Unix socket in bind.",
            ],
            id="port 0 without socket",
            marks=pytest.mark.rule("SC-7"),
        ),
        pytest.param(
            "egress:\n- {port: {number: 0}, bind: 'unix:///a', captureMode: IPTABLES, hosts: ['./*']}",
            [
                ("error IST0106 spec.egress[0].captureMode: found IPTABLES, expected DEFAULT or NONE: what goes to a socket is never captured."),
            ],
            id="a captured socket",
            marks=pytest.mark.rule("SC-7"),
        ),
        pytest.param(
            "egress:\n- {port: {number: 80, targetPort: 81}, hosts: ['./*']}",
            ["error IST0106 spec.egress[0].port.targetPort: targetPort has no effect on a Sidecar. Leave it out."],
            id="targetPort",
            marks=pytest.mark.rule("SC-1"),
        ),
        pytest.param(
            "ingress:\n- {port: {}}",
            ["error IST0106 spec.ingress[0].port.number: found the port 0, expected 1 to 65535."],
            id="ingress without port",
            marks=pytest.mark.rule("SC-5"),
        ),
        pytest.param(
            "ingress:\n- {port: {number: 80}}\n- {port: {number: 80}}",
            ["error IST0106 spec.ingress[1].port.number: the port 80 is given twice."],
            id="an ingress port twice",
            marks=pytest.mark.rule("SC-5"),
        ),
        pytest.param(
            "ingress:\n- {port: {number: 80}, defaultEndpoint: '10.1.1.1:80'}",
            [
                (
                    'error IST0106 spec.ingress[0].defaultEndpoint: found "10.1.1.1:80", expected 127.0.0.1:port, 0.0.0.0:port, '
                    "[::1]:port, [::]:port or unix:///path."
                ),
            ],
            id="an endpoint elsewhere",
            marks=pytest.mark.rule("CL-2"),
        ),
        pytest.param(
            "ingress:\n- {port: {number: 80}, defaultEndpoint: '127.0.0.1'}",
            [
                (
                    'error IST0106 spec.ingress[0].defaultEndpoint: found "127.0.0.1", expected 127.0.0.1:port, 0.0.0.0:port, '
                    "[::1]:port, [::]:port or unix:///path."
                ),
            ],
            id="an endpoint without port",
            marks=pytest.mark.rule("CL-2"),
        ),
        pytest.param(
            "ingress:\n- {port: {number: 443, protocol: HTTPS}, tls: {mode: SIMPLE, credentialName: a}}",
            [
                "error IST0106 spec.ingress[0].tls.credentialName: credentialName does not work at a sidecar. Give files.",
            ],
            id="ingress tls by credential",
            marks=pytest.mark.rule("SC-5"),
        ),
        pytest.param(
            "ingress:\n- {port: {number: 80, protocol: HTTP}, tls: {mode: SIMPLE, serverCertificate: /c, privateKey: /k}}",
            [
                ("error IST0106 spec.ingress[0].tls: tls is given, but protocol HTTP is in the clear. Use protocol HTTPS or TLS, or leave tls out."),
            ],
            id="ingress tls on HTTP",
            marks=pytest.mark.rule("SC-5"),
        ),
        pytest.param(
            "ingress:\n- {port: {number: 443, protocol: HTTPS}, tls: {mode: ISTIO_MUTUAL}}",
            [
                ("error IST0106 spec.ingress[0].tls.mode: found ISTIO_MUTUAL, expected SIMPLE, MUTUAL or OPTIONAL_MUTUAL at a sidecar."),
            ],
            id="ingress tls ISTIO_MUTUAL",
            marks=pytest.mark.rule("SC-5"),
        ),
        pytest.param(
            "ingress:\n- {port: {number: 80, protocol: TCP}, connectionPool: {http: {}}}",
            ["warning IST0133 spec.ingress[0].connectionPool.http: http has no effect on a port of protocol TCP."],
            id="HTTP bounds on a TCP port",
            marks=pytest.mark.rule("LI-22"),
        ),
        pytest.param(
            "inboundConnectionPool: {}",
            ["error IST0106 spec.inboundConnectionPool: the connection pool is empty. Give tcp or http."],
            id="an empty inbound pool",
            marks=pytest.mark.rule("LI-22"),
        ),
        pytest.param(
            "outboundTrafficPolicy: {mode: ALLOW_ANY_DYNAMIC_DNS}",
            [
                (
                    "error IST0106 spec.outboundTrafficPolicy.mode: found ALLOW_ANY_DYNAMIC_DNS, expected REGISTRY_ONLY or ALLOW_ANY. Say it for the "
                    "mesh, in MeshConfig."
                ),
            ],
            id="a mode of the mesh alone",
            marks=pytest.mark.rule("SC-6"),
        ),
        pytest.param(
            "outboundTrafficPolicy: {egressProxy: {host: a.b, port: {number: 80}}}",
            [
                ("error IST0106 spec.outboundTrafficPolicy.egressProxy: egressProxy is given with mode REGISTRY_ONLY, expected ALLOW_ANY."),
            ],
            id="an egress proxy with REGISTRY_ONLY",
            marks=pytest.mark.rule("SC-6"),
        ),
        pytest.param(
            "outboundTrafficPolicy: {mode: ALLOW_ANY, egressProxy: {host: a.b}}",
            [
                'error IST0106 spec.outboundTrafficPolicy.egressProxy: the field "port" is missing. Write port: {number: 80}.',
            ],
            id="an egress proxy without port",
            marks=pytest.mark.rule("SC-6"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("networking.istio.io/v1", "Sidecar", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "egress:\n- {port: {number: 80}, hosts: ['./*']}\n- hosts: ['a/*']",
            id="a port, and then all others",
            marks=pytest.mark.rule("SC-3"),
        ),
        pytest.param(
            "egress:\n- hosts: ['~/*']",
            id="nothing",
            marks=pytest.mark.rule("SC-1"),
        ),
        pytest.param(
            "egress:\n- hosts: ['./*', '~./a.b']",
            id="a host that is taken away",
            marks=pytest.mark.rule("SC-1"),
        ),
        pytest.param(
            (
                "ingress:\n"
                "- {port: {number: 80}, defaultEndpoint: 'unix:///a'}\n"
                "- {port: {number: 81}, defaultEndpoint: '[::1]:81'}\n"
                "- {port: {number: 82}, defaultEndpoint: ':82'}"
            ),
            id="endpoints of every form",
            marks=pytest.mark.rule("CL-2"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("networking.istio.io/v1", "Sidecar", spec) == []
