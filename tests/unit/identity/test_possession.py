"""Tokens that show a certificate and the possession of its key."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from lateen.identity import ca, csr, trust
from lateen.identity.possession import mint_possession, read_possession
from lateen.identity.refusal import Refusal
from lateen.values.spiffe import Identity

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
WEB = Identity("cluster.local", "shop", "web")
ROOT = ca.new_root("cluster.local", NOW)
SIGNER = ca.new_intermediate(ROOT, NOW)
KEYS = [csr.new_key(), ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)]
TRUST = trust.bundle(ROOT.certificate)


def chain(key: csr.PrivateKey) -> str:
    return "".join(ca.issue(SIGNER, WEB, key.public_key(), timedelta(hours=24), NOW))


@pytest.mark.parametrize("key", KEYS, ids=["p256", "p384", "rsa"])
def test_the_holder_of_the_key_is_the_workload(key: csr.PrivateKey):
    assert read_possession(TRUST, mint_possession(key, chain(key), NOW), NOW) == WEB


def test_a_stolen_certificate_without_its_key_is_worth_nothing():
    token = mint_possession(csr.new_key(), chain(csr.new_key()), NOW)
    assert read_possession(TRUST, token, NOW) == Refusal(
        "The possession token is not signed by the key of the certificate of spiffe://cluster.local/ns/shop/sa/web."
    )


def test_a_certificate_of_another_authority_is_refused():
    key = csr.new_key()
    other = trust.bundle(ca.new_root("cluster.local", NOW).certificate)
    assert isinstance(read_possession(other, mint_possession(key, chain(key), NOW), NOW), Refusal)


def test_a_token_is_good_for_minutes_and_for_one_audience():
    key = csr.new_key()
    token = mint_possession(key, chain(key), NOW)
    assert isinstance(read_possession(TRUST, token, NOW + timedelta(minutes=8)), Refusal)
    assert isinstance(read_possession(TRUST, token, NOW - timedelta(minutes=3)), Refusal)
    assert isinstance(read_possession(TRUST, token, NOW, "other"), Refusal)


def test_a_key_on_another_curve_is_refused_without_an_exception():
    key = csr.new_key()
    token = mint_possession(key, chain(ec.generate_private_key(ec.SECP384R1())), NOW)
    assert isinstance(read_possession(TRUST, token, NOW), Refusal)
