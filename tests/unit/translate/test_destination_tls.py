"""How connections are secured by what a rule says."""

from __future__ import annotations

import pytest

from lateen.api.networking.destination_rule import ClientTLSMode, ClientTLSSettings
from lateen.ir.tls import MeshTls, OriginatedTls, Secret, Tls
from lateen.translate.destination_tls import identities, rule_tls

MESH = MeshTls("outbound_.80_._.reviews", ("spiffe://cluster.local/ns/default/sa/reviews",))


def tls(mode: ClientTLSMode, further: tuple[str, ...] = (), credentials: bool = False, **fields: object) -> Tls | None:
    return rule_tls(ClientTLSSettings(mode=mode, **fields), MESH, further, credentials=credentials)  # type: ignore[arg-type]


@pytest.mark.rule("CL-5")
def test_every_account_is_an_identity_in_every_trust_domain() -> None:
    assert identities((("a", "x"), ("b", "y")), ("cluster.local", "old"), ("api.example.com",)) == (
        "api.example.com",
        "spiffe://cluster.local/ns/a/sa/x",
        "spiffe://cluster.local/ns/b/sa/y",
        "spiffe://old/ns/a/sa/x",
        "spiffe://old/ns/b/sa/y",
    )
    assert identities((), ("cluster.local",), ()) == ()


@pytest.mark.rule("DR-8")
def test_tls_may_be_forbidden() -> None:
    assert tls(ClientTLSMode.DISABLE) is None


@pytest.mark.rule("DR-8")
def test_mesh_tls_may_be_demanded_with_other_names() -> None:
    assert tls(ClientTLSMode.ISTIO_MUTUAL) == MESH
    assert tls(ClientTLSMode.ISTIO_MUTUAL, sni="x", subject_alt_names=("b", "a")) == MeshTls("x", ("a", "b"))


@pytest.mark.rule("DR-8")
def test_simple_tls_shows_no_certificate() -> None:
    assert tls(ClientTLSMode.SIMPLE, sni="x", client_certificate="c") == OriginatedTls("x")
    assert tls(ClientTLSMode.SIMPLE, insecure_skip_verify=True) == OriginatedTls(verified=False)
    assert tls(ClientTLSMode.SIMPLE, ca_certificates="/ca.pem", ca_crl="/r") == OriginatedTls(authority=Secret("file-root:/ca.pem"), revoked="/r")
    assert tls(ClientTLSMode.SIMPLE, ca_certificates="system") == OriginatedTls()


@pytest.mark.rule("DR-8")
def test_the_names_of_a_rule_beat_those_that_the_service_says_of_itself() -> None:
    assert tls(ClientTLSMode.SIMPLE, further=("api.example.com",)) == OriginatedTls(names=("api.example.com",))
    assert tls(ClientTLSMode.SIMPLE, further=("api.example.com",), subject_alt_names=("b",)) == OriginatedTls(names=("b",))


@pytest.mark.rule("DR-8")
def test_mutual_tls_shows_a_certificate_from_files_or_by_name_where_it_may() -> None:
    files = {"client_certificate": "/c.pem", "private_key": "/k.pem", "ca_certificates": "/ca.pem"}
    assert tls(ClientTLSMode.MUTUAL, **files) == OriginatedTls(certificate=Secret("file-cert:/c.pem~/k.pem"), authority=Secret("file-root:/ca.pem"))
    assert tls(ClientTLSMode.MUTUAL, credentials=True, credential_name="api") == OriginatedTls(
        certificate=Secret("kubernetes://api", remote=True), authority=Secret("kubernetes://api-cacert", remote=True)
    )
    assert tls(ClientTLSMode.MUTUAL, credential_name="api") == OriginatedTls()
