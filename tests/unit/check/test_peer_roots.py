"""What is said of roots that peers may have."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from lateen.api.mesh_config import CertificateData, MeshConfig
from lateen.check.peer_roots import peer_roots
from lateen.identity import ca

PEM = ca.new_root("partner", datetime(2026, 1, 1, tzinfo=UTC)).certificate.public_bytes(Encoding.PEM).decode()


def said(given: CertificateData, *aliases: str) -> list[str]:
    settings = MeshConfig(ca_certificates=(given,), trust_domain_aliases=aliases)
    return [f"{each.severity} {'.'.join(map(str, each.path))}: {each.message}" for each in peer_roots(settings)]


@pytest.mark.rule("CA-4")
def test_a_root_for_a_trust_domain_of_the_mesh_is_right() -> None:
    assert said(CertificateData(pem=PEM, trust_domains=("partner.example",)), "partner.example") == []


def test_a_trust_domain_that_servers_refuse_is_told() -> None:
    assert said(CertificateData(pem=PEM, trust_domains=("partner.example",))) == [
        'warning caCertificates.0.trustDomains.0: "partner.example" is no trust domain of this mesh, so that servers refuse its clients.'
    ]


def test_a_root_that_vouches_for_everybody_is_told() -> None:
    assert said(CertificateData(pem=PEM)) == [
        "warning caCertificates.0: it vouches for every trust domain, so that its authority may make certificates of this mesh's own workloads, too."
    ]


def test_what_is_no_certificate_is_refused() -> None:
    assert said(CertificateData(pem="nonsense")) == ["error caCertificates.0.pem: this is no certificate in PEM."]
    assert said(CertificateData(pem="")) == ["error caCertificates.0.pem: this is no certificate in PEM."]


def test_bundles_to_be_fetched_and_signers_have_no_effect() -> None:
    assert said(CertificateData(spiffe_bundle_url="https://a.example", cert_signers=("a",))) == [
        "warning caCertificates.0.spiffeBundleUrl: spiffeBundleUrl has no effect in Lateen: roots are not fetched.",
        "warning caCertificates.0.certSigners: certSigners has no effect in Lateen: the mesh's own authority signs all certificates.",
    ]
