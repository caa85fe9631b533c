"""The certificates that the authority makes."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID

from lateen.identity import ca, csr, trust
from lateen.values.spiffe import Identity

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
WEB = Identity("cluster.local", "shop", "web")


def authority() -> ca.Authority:
    return ca.new_intermediate(ca.new_root("cluster.local", NOW), NOW)


def leaf_of(chain: tuple[str, ...]) -> x509.Certificate:
    return x509.load_pem_x509_certificate(chain[0].encode())


def issued(ttl: timedelta = timedelta(hours=1), signer: ca.Authority | None = None) -> x509.Certificate:
    return leaf_of(ca.issue(signer or authority(), WEB, csr.new_key().public_key(), ttl, NOW))


@pytest.mark.rule("CA-1")
def test_a_leaf_says_the_spiffe_id_and_for_metrics_only_the_workload():
    leaf = leaf_of(ca.issue(authority(), WEB, csr.new_key().public_key(), timedelta(hours=1), NOW, workload="web-1;shop;web;v1;here"))
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    identity = x509.UniformResourceIdentifier("spiffe://cluster.local/ns/shop/sa/web")
    assert names.critical and list(names.value) == [identity, x509.OtherName(ca.WORKLOAD, asn1.encode_der("web-1;shop;web;v1;here"))]
    assert leaf.subject == x509.Name([])
    assert ca.workload(leaf) == "web-1;shop;web;v1;here"
    assert trust.named_identity(leaf) == WEB


@pytest.mark.parametrize("said", ["", "two\nlines", "x" * 1025])
def test_a_workload_that_does_not_say_what_it_is_called_or_cannot_be_called_so_is_nobody(said: str):
    leaf = leaf_of(ca.issue(authority(), WEB, csr.new_key().public_key(), timedelta(hours=1), NOW, workload=said))
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert list(names)[1:] == [x509.OtherName(ca.WORKLOAD, asn1.encode_der("-"))]
    assert ca.workload(leaf) == ""


def test_a_leaf_may_serve_and_call_but_not_sign():
    extensions = issued().extensions
    usage = extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.key_encipherment, usage.key_cert_sign) == (True, True, False)
    extended = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert set(extended) == {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH}
    constraints = extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical and constraints.value == x509.BasicConstraints(ca=False, path_length=None)


def test_the_chain_is_leaf_intermediate_root_and_verifies():
    signer = authority()
    chain = ca.issue(signer, WEB, csr.new_key().public_key(), timedelta(hours=1), NOW)
    leaf, intermediate, root = (x509.load_pem_x509_certificate(pem.encode()) for pem in chain)
    assert (intermediate, root) == (signer.certificate, signer.root)
    assert trust.verified_identity(trust.bundle(root), (leaf, intermediate), NOW) == WEB


@pytest.mark.rule("CA-1")
@pytest.mark.parametrize(("asked", "given"), [(0, 24), (-5, 24), (1, 1), (24 * 90, 24 * 90), (24 * 365, 24 * 90)])
def test_a_leaf_lasts_as_asked_within_the_limits_and_begins_two_minutes_ago(asked: int, given: int):
    leaf = issued(timedelta(hours=asked))
    assert (leaf.not_valid_before_utc, leaf.not_valid_after_utc) == (NOW - timedelta(minutes=2), NOW + timedelta(hours=given))


def test_a_leaf_never_outlives_its_authority():
    signer = ca.new_intermediate(ca.new_root("cluster.local", NOW), NOW, lifetime=timedelta(hours=3))
    assert issued(timedelta(hours=5), signer).not_valid_after_utc == NOW + timedelta(hours=3)


def test_an_intermediate_never_outlives_its_root():
    root = ca.new_root("cluster.local", NOW, lifetime=timedelta(days=2))
    assert ca.new_intermediate(root, NOW).certificate.not_valid_after_utc == NOW + timedelta(days=2)


def test_an_authority_that_has_ended_issues_nothing():
    signer = authority()
    with pytest.raises(ca.AuthorityExpired, match="valid from 2026-05-01 11:58 to 2027-05-01 12:00 UTC, and it is 2028-05-01"):
        ca.issue(signer, WEB, csr.new_key().public_key(), timedelta(hours=1), NOW.replace(year=2028))


def test_an_rsa_key_gets_a_certificate_too():
    key = rsa.generate_private_key(65537, 2048).public_key()
    assert leaf_of(ca.issue(authority(), WEB, key, timedelta(hours=1), NOW)).public_key() == key


def test_a_root_may_sign_leaves_itself_and_stands_in_the_chain_once():
    root = ca.new_root("cluster.local", NOW)
    signer = ca.Authority(root.certificate, root.key, (), root.certificate)
    assert len(ca.issue(signer, WEB, csr.new_key().public_key(), timedelta(hours=1), NOW)) == 2


@pytest.mark.parametrize("bad", [Identity("cluster.local", "a/b", "c"), Identity("cluster.local", "a", "*"), Identity("Upper", "a", "b")])
def test_an_identity_that_is_no_spiffe_id_is_not_certified(bad: Identity):
    with pytest.raises(ValueError, match="is not a SPIFFE id"):
        ca.issue(authority(), bad, csr.new_key().public_key(), timedelta(hours=1), NOW)


@pytest.mark.rule("CA-5")
@pytest.mark.parametrize("name", ["istiod.istio-system.svc", "lateen.istio-system.svc", "localhost"])
def test_the_serving_certificate_is_good_for_the_control_planes_names(name: str):
    signer = authority()
    chain = x509.load_pem_x509_certificates(ca.serving_certificate(signer, NOW).chain.encode())
    policy = verification.PolicyBuilder().store(verification.Store([signer.root])).time(NOW)
    assert policy.build_server_verifier(x509.DNSName(name)).verify(chain[0], chain[1:])
