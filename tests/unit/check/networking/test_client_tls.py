"""What is said of networking client tls: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "host: reviews\ntrafficPolicy: {tls: {mode: MUTUAL, clientCertificate: /c.pem}}",
            [
                ("error IST0106 spec.trafficPolicy.tls: mode MUTUAL needs privateKey. Give clientCertificate and privateKey, or credentialName."),
            ],
            id="MUTUAL without key",
            marks=pytest.mark.rule("DR-8"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {tls: {mode: ISTIO_MUTUAL, privateKey: /k.pem}}",
            [
                (
                    "error IST0106 spec.trafficPolicy.tls.privateKey: privateKey is given with mode ISTIO_MUTUAL, which uses the "
                    "mesh's own certificates. Leave it out."
                ),
            ],
            id="ISTIO_MUTUAL with a file",
            marks=pytest.mark.rule("DR-8"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {tls: {mode: SIMPLE, credentialName: a, caCertificates: /ca.pem}}",
            [
                ("error IST0106 spec.trafficPolicy.tls.caCertificates: caCertificates is given beside credentialName, expected only one of them."),
            ],
            id="files beside credentialName",
            marks=pytest.mark.rule("DR-8"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {tls: {mode: SIMPLE, insecureSkipVerify: true, caCertificates: /ca.pem}}",
            [
                (
                    "error IST0106 spec.trafficPolicy.tls.caCertificates: caCertificates is given, but insecureSkipVerify says that "
                    "nothing is verified. Keep one of them."
                ),
            ],
            id="CA together with insecureSkipVerify",
            marks=pytest.mark.rule("DR-8"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {tls: {mode: SIMPLE, insecureSkipVerify: true, subjectAltNames: [a]}}",
            [
                (
                    "error IST0106 spec.trafficPolicy.tls.subjectAltNames: subjectAltNames is given, but insecureSkipVerify says "
                    "that nothing is verified. Keep one of them."
                ),
            ],
            id="names together with insecureSkipVerify",
            marks=pytest.mark.rule("DR-8"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {tls: {mode: DISABLE, caCertificates: /ca.pem}}",
            [
                ("warning IST0133 spec.trafficPolicy.tls: certificates are given with mode DISABLE, which uses none. Set mode: SIMPLE or MUTUAL."),
            ],
            id="certificates without TLS",
            marks=pytest.mark.rule("DR-8"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("networking.istio.io/v1", "DestinationRule", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "host: reviews\ntrafficPolicy: {tls: {mode: MUTUAL, credentialName: a}}",
            id="MUTUAL by credential",
            marks=pytest.mark.rule("DR-8"),
        ),
        pytest.param(
            "host: reviews\ntrafficPolicy: {tls: {mode: SIMPLE}}",
            id="SIMPLE with the system's authorities",
            marks=pytest.mark.rule("DR-8"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("networking.istio.io/v1", "DestinationRule", spec) == []
