"""What is said of networking server tls: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            ("servers:\n- {port: {number: 443, name: tls, protocol: HTTPS}, hosts: [a.example.com], tls: {mode: SIMPLE, serverCertificate: /c.pem}}"),
            [
                ("error IST0106 spec.servers[0].tls: mode SIMPLE needs privateKey. Give serverCertificate and privateKey, or credentialName."),
            ],
            id="SIMPLE without key",
            marks=pytest.mark.rule("GW-3"),
        ),
        pytest.param(
            (
                "servers:\n"
                "- {port: {number: 443, name: tls, protocol: HTTPS}, hosts: [a.example.com], tls: {mode: MUTUAL, "
                "serverCertificate: /c.pem, privateKey: /k.pem}}"
            ),
            [
                ("error IST0106 spec.servers[0].tls: mode MUTUAL needs caCertificates. Give what clients are checked against, or credentialName."),
            ],
            id="MUTUAL without CA",
            marks=pytest.mark.rule("GW-3"),
        ),
        pytest.param(
            (
                "servers:\n"
                "- {port: {number: 443, name: tls, protocol: HTTPS}, hosts: [a.example.com], tls: {mode: ISTIO_MUTUAL, "
                "serverCertificate: /c.pem}}"
            ),
            [
                (
                    "error IST0106 spec.servers[0].tls.serverCertificate: serverCertificate is given with mode ISTIO_MUTUAL, which "
                    "uses the mesh's own certificates. Leave it out."
                ),
            ],
            id="ISTIO_MUTUAL with files",
            marks=pytest.mark.rule("GW-3"),
        ),
        pytest.param(
            ("servers:\n- {port: {number: 443, name: tls, protocol: HTTPS}, hosts: [a.example.com], tls: {mode: ISTIO_MUTUAL, credentialName: a}}"),
            [
                (
                    "error IST0106 spec.servers[0].tls.credentialName: credentialName is given with mode ISTIO_MUTUAL, which uses "
                    "the mesh's own certificates. Leave it out."
                ),
            ],
            id="ISTIO_MUTUAL with a credential",
            marks=pytest.mark.rule("GW-3"),
        ),
        pytest.param(
            ("servers:\n- {port: {number: 443, name: tls, protocol: TLS}, hosts: [a.example.com], tls: {mode: PASSTHROUGH, credentialName: a}}"),
            [
                ("warning IST0133 spec.servers[0].tls: credentialName has no effect with mode PASSTHROUGH, which does not open the connection."),
            ],
            id="PASSTHROUGH with a credential",
            marks=pytest.mark.rule("GW-3"),
        ),
        pytest.param(
            (
                "servers:\n"
                "- {port: {number: 443, name: tls, protocol: HTTPS}, hosts: [a.example.com], tls: {mode: SIMPLE, credentialName: "
                "a, credentialNames: [b]}}"
            ),
            [
                "error IST0106 spec.servers[0].tls: credentialName and credentialNames are given, expected only one of them.",
            ],
            id="credentialName and credentialNames",
            marks=pytest.mark.rule("GW-3"),
        ),
        pytest.param(
            (
                "servers:\n"
                "- {port: {number: 443, name: tls, protocol: HTTPS}, hosts: [a.example.com], tls: {mode: SIMPLE, "
                "credentialNames: [a, b, c]}}"
            ),
            [
                (
                    "error IST0106 spec.servers[0].tls.credentialNames: found 3 credentials, expected at most 2: one with an RSA and "
                    "one with an ECDSA key."
                ),
            ],
            id="three credentials",
            marks=pytest.mark.rule("GW-3"),
        ),
        pytest.param(
            (
                "servers:\n"
                "- {port: {number: 443, name: tls, protocol: HTTPS}, hosts: [a.example.com], tls: {mode: SIMPLE, "
                "tlsCertificates: [{serverCertificate: /c.pem}]}}"
            ),
            ["error IST0106 spec.servers[0].tls.tlsCertificates[0]: the certificate needs privateKey."],
            id="a listed certificate without key",
            marks=pytest.mark.rule("GW-3"),
        ),
        pytest.param(
            (
                "servers:\n"
                "- {port: {number: 443, name: tls, protocol: HTTPS}, hosts: [a.example.com], tls: {mode: SIMPLE, "
                "serverCertificate: /c.pem, tlsCertificates: [{serverCertificate: /c.pem, privateKey: /k.pem}]}}"
            ),
            [
                "error IST0106 spec.servers[0].tls: serverCertificate and tlsCertificates are given, expected only one of them.",
            ],
            id="listed and single certificates",
            marks=pytest.mark.rule("GW-3"),
        ),
        pytest.param(
            (
                "servers:\n"
                "- {port: {number: 443, name: tls, protocol: HTTPS}, hosts: [a.example.com], tls: {mode: MUTUAL, credentialName: "
                "a, caCrl: /crl.pem}}"
            ),
            [
                (
                    "error IST0106 spec.servers[0].tls.caCrl: caCrl is given beside a credential, which holds its own. Put it into "
                    "the secret as ca.crl."
                ),
            ],
            id="a revocation list beside a credential",
            marks=pytest.mark.rule("GW-3"),
        ),
        pytest.param(
            (
                "servers:\n"
                "- {port: {number: 443, name: tls, protocol: HTTPS}, hosts: [a.example.com], tls: {mode: SIMPLE, "
                "serverCertificate: /c.pem, privateKey: /k.pem, caCrl: /crl.pem}}"
            ),
            [
                ("error IST0106 spec.servers[0].tls.caCrl: caCrl is given with mode SIMPLE, which asks clients for no certificate."),
            ],
            id="a revocation list with SIMPLE",
            marks=pytest.mark.rule("GW-3"),
        ),
        pytest.param(
            (
                "servers:\n"
                "- {port: {number: 443, name: tls, protocol: HTTPS}, hosts: [a.example.com], tls: {mode: SIMPLE, credentialName: "
                "a, minProtocolVersion: TLSV1_3, maxProtocolVersion: TLSV1_2}}"
            ),
            [
                ("error IST0106 spec.servers[0].tls.minProtocolVersion: found TLSV1_3, expected at most maxProtocolVersion, which is TLSV1_2."),
            ],
            id="a highest version below the lowest",
            marks=pytest.mark.rule("GW-3"),
        ),
        pytest.param(
            (
                "servers:\n"
                "- {port: {number: 443, name: tls, protocol: HTTPS}, hosts: [a.example.com], tls: {mode: SIMPLE, credentialName: "
                "a, minProtocolVersion: TLSV1_0}}"
            ),
            [
                (
                    "warning IST0133 spec.servers[0].tls.minProtocolVersion: no default cipher suite works with TLSV1_0. Name "
                    "fitting ones in cipherSuites."
                ),
            ],
            id="an old version with default ciphers",
            marks=pytest.mark.rule("GW-3"),
        ),
        pytest.param(
            (
                "servers:\n"
                "- {port: {number: 443, name: tls, protocol: HTTPS}, hosts: [a.example.com], tls: {mode: SIMPLE, credentialName: "
                "a, cipherSuites: [ROT13]}}"
            ),
            [
                'warning IST0133 spec.servers[0].tls.cipherSuites[0]: there is no cipher suite "ROT13"; it is ignored.',
            ],
            id="a cipher suite that there is not",
            marks=pytest.mark.rule("GW-3"),
        ),
        pytest.param(
            (
                "servers:\n"
                "- {port: {number: 443, name: tls, protocol: HTTPS}, hosts: [a.example.com], tls: {mode: SIMPLE, credentialName: "
                "a, cipherSuites: [AES128-SHA, AES128-SHA]}}"
            ),
            ['warning IST0133 spec.servers[0].tls.cipherSuites[1]: the cipher suite "AES128-SHA" is given twice.'],
            id="a cipher suite twice",
            marks=pytest.mark.rule("GW-3"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("networking.istio.io/v1", "Gateway", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            (
                "servers:\n"
                "- {port: {number: 443, name: tls, protocol: HTTPS}, hosts: [a.example.com], tls: {mode: SIMPLE, "
                "serverCertificate: /c.pem, privateKey: /k.pem}}"
            ),
            id="SIMPLE by files",
            marks=pytest.mark.rule("GW-3"),
        ),
        pytest.param(
            (
                "servers:\n"
                "- {port: {number: 443, name: tls, protocol: HTTPS}, hosts: [a.example.com], tls: {mode: OPTIONAL_MUTUAL, "
                "credentialName: a}}"
            ),
            id="OPTIONAL_MUTUAL by credential",
            marks=pytest.mark.rule("GW-3"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("networking.istio.io/v1", "Gateway", spec) == []
