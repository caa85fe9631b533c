"""TLS that ends at a gateway."""

from __future__ import annotations

import pytest

from lateen.api.networking.gateway import ServerTLSSettings, TLSCertificate, TLSMode, TLSProtocol
from lateen.flow import Graph
from lateen.ir.chain import MeshServer, OwnServer
from lateen.ir.gateway import Port, Server, Traffic
from lateen.ir.tls import Secret
from lateen.translate.gateway_tls import server_tls, stored, stored_names, stored_roots
from tests.given.objects import mesh
from tests.given.worlds import world

pytestmark = pytest.mark.rule("GW-3")

KEYS, ROOTS = Secret("kubernetes://keys", remote=True), Secret("kubernetes://keys-cacert", remote=True)


def tls(mode: TLSMode, **settings: object) -> object:
    return server_tls(Graph(), ServerTLSSettings(mode=mode, **settings), http=True)  # type: ignore[arg-type]


def test_simple_tls_shows_a_certificate_and_wants_none():
    assert tls(TLSMode.SIMPLE, credential_name="keys") == OwnServer((KEYS,))


def test_mutual_tls_checks_clients_by_the_roots_beside_the_certificate_or_by_others():
    assert tls(TLSMode.MUTUAL, credential_name="keys", subject_alt_names=("b", "a")) == OwnServer((KEYS,), ROOTS, ("a", "b"))
    assert tls(TLSMode.OPTIONAL_MUTUAL, credential_name="keys") == OwnServer((KEYS,), ROOTS, optional=True)
    other = Secret("kubernetes://other-cacert", remote=True)
    assert tls(TLSMode.MUTUAL, credential_name="keys", ca_cert_credential_name="other") == OwnServer((KEYS,), other)


def test_two_certificates_are_both_offered():
    assert tls(TLSMode.SIMPLE, credential_names=("rsa", "ecdsa")) == OwnServer((stored("rsa"), stored("ecdsa")))


def test_files_are_named_by_their_paths():
    found = tls(TLSMode.MUTUAL, server_certificate="/c", private_key="/k", ca_certificates="/r")
    assert found == OwnServer((Secret("file-cert:/c~/k"),), Secret("file-root:/r"))
    pairs = (TLSCertificate("/c", "/k", "/r"), TLSCertificate("/d", "/l"))
    assert tls(TLSMode.MUTUAL, tls_certificates=pairs) == OwnServer((Secret("file-cert:/c~/k"), Secret("file-cert:/d~/l")), Secret("file-root:/r"))


def test_versions_and_ciphers_are_as_written():
    found = tls(
        TLSMode.SIMPLE,
        credential_name="keys",
        min_protocol_version=TLSProtocol.TLSV1_1,
        max_protocol_version=TLSProtocol.TLSV1_3,
        cipher_suites=("AES128-SHA",),
    )
    assert found == OwnServer((KEYS,), version="1.1", maximum="1.3", ciphers=("AES128-SHA",))


def test_revocation_lists_in_a_file_and_clients_whom_nobody_vouches_for():
    files = {"server_certificate": "/c", "private_key": "/k", "ca_certificates": "/r", "ca_crl": "/l"}
    assert tls(TLSMode.MUTUAL, **files) == OwnServer((Secret("file-cert:/c~/k"),), Secret("file-root:/r"), revoked="/l")
    assert tls(TLSMode.SIMPLE, **files) == OwnServer((Secret("file-cert:/c~/k"),))
    assert tls(TLSMode.MUTUAL, credential_name="keys", insecure_skip_verify=True) == OwnServer((KEYS,), ROOTS, verified=False)


def test_the_mesh_has_ciphers_and_curves_for_those_who_name_none():
    g = world(mesh("{tlsDefaults: {ecdhCurves: [P-256], cipherSuites: [AES128-SHA]}}"))
    settings = ServerTLSSettings(mode=TLSMode.SIMPLE, credential_name="keys")
    assert server_tls(g, settings, http=True) == OwnServer((KEYS,), ciphers=("AES128-SHA",), curves=("P-256",))


@pytest.mark.rule("SEC-6")
@pytest.mark.parametrize(
    ("own", "version", "maximum"),
    [({}, "1.3", ""), ({"min_protocol_version": TLSProtocol.TLSV1_2}, "1.2", ""), ({"max_protocol_version": TLSProtocol.TLSV1_2}, "", "1.2")],
)
def test_the_mesh_has_the_least_version_for_those_who_name_none_and_could_speak_it(own: dict[str, TLSProtocol], version: str, maximum: str) -> None:
    g = world(mesh("{tlsDefaults: {minProtocolVersion: TLSV1_3}}"))
    settings = ServerTLSSettings(mode=TLSMode.SIMPLE, credential_name="keys", **own)
    assert server_tls(g, settings, http=True) == OwnServer((KEYS,), version=version, maximum=maximum)


def test_words_of_tls_that_no_proxy_knows_are_not_told_on() -> None:
    g = world(
        mesh("{tlsDefaults: {ecdhCurves: [P-256, BENT], cipherSuites: [ROT13, AES128-SHA]}, meshMTLS: {cipherSuites: [ROT13], ecdhCurves: [BENT]}}")
    )
    settings = ServerTLSSettings(mode=TLSMode.SIMPLE, credential_name="keys", cipher_suites=("ROT13",))
    assert server_tls(g, settings, http=True) == OwnServer((KEYS,), ciphers=("AES128-SHA",), curves=("P-256",))
    assert server_tls(g, ServerTLSSettings(mode=TLSMode.ISTIO_MUTUAL), http=True) == MeshServer(("cluster.local",))


def test_the_mesh_speaks_with_its_own_identities():
    assert tls(TLSMode.ISTIO_MUTUAL) == MeshServer(("cluster.local",))
    assert tls(TLSMode.ISTIO_MUTUAL, subject_alt_names=("b", "a")) == MeshServer(("cluster.local",), names=("a", "b"))


def test_tls_that_passes_ends_nowhere():
    assert tls(TLSMode.PASSTHROUGH) is None and tls(TLSMode.AUTO_PASSTHROUGH) is None
    assert server_tls(Graph(), None, http=True) is None


def test_bytes_inside_of_tls_promise_no_version_of_http():
    assert server_tls(Graph(), ServerTLSSettings(mode=TLSMode.SIMPLE, credential_name="keys"), http=False) == OwnServer((KEYS,), protocols=())


def test_ports_need_the_secrets_that_their_servers_name_and_are_not_files():
    contexts = (OwnServer((KEYS,), stored_roots("keys")), OwnServer((Secret("file-cert:/c~/k"),)), None)
    servers = tuple(Server("g", 443, "p", (), Traffic.REQUESTS, each) for each in contexts)
    assert stored_names((Port(443, "", servers),)) == ("kubernetes://keys", "kubernetes://keys-cacert")
