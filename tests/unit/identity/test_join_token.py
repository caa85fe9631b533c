"""What join tokens allow, and which are refused."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from lateen.identity import signed_token
from lateen.identity.join_token import Claims, mint_token, read_token
from lateen.identity.refusal import Refusal
from lateen.values.spiffe import Identity

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
KEY = b"k" * 32
WEB = Claims("cluster.local", "shop", "web", "t1")


def test_a_token_gives_back_its_claims_under_either_kind_of_key():
    pair = ed25519.Ed25519PrivateKey.generate()
    assert read_token(KEY, mint_token(KEY, WEB, NOW), ("cluster.local",), NOW) == WEB
    assert read_token(pair.public_key(), mint_token(pair, WEB, NOW), ("cluster.local",), NOW) == WEB


def test_a_token_ends_after_an_hour():
    token = mint_token(KEY, WEB, NOW)
    assert read_token(KEY, token, ("cluster.local",), NOW + timedelta(seconds=3599)) == WEB
    assert read_token(KEY, token, ("cluster.local",), NOW + timedelta(seconds=3600)) == Refusal(
        "The join token ended at 2026-05-01 13:00:00 UTC; make another with `lateen token`."
    )


def test_a_token_of_another_key_mesh_or_audience_is_refused():
    foreign = Refusal("The join token was not made by this mesh; make one with `lateen token`.")
    assert read_token(b"x" * 32, mint_token(KEY, WEB, NOW), ("cluster.local",), NOW) == foreign
    assert read_token(KEY, mint_token(KEY, WEB, NOW), ("other.mesh",), NOW) == Refusal(
        'The join token is for the trust domain "cluster.local"; this mesh is "other.mesh".'
    )
    assert read_token(KEY, mint_token(KEY, WEB, NOW), ("cluster.local",), NOW, "api") == Refusal(
        'The join token is for the audience "istio-ca"; expected "api".'
    )


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c", "é.é.é", "....", "x" * 20_000])
def test_rubbish_is_refused(token: str):
    assert isinstance(read_token(KEY, token, ("cluster.local",), NOW), Refusal)


def test_the_token_does_not_choose_its_algorithm():
    pair = ed25519.Ed25519PrivateKey.generate()
    forged = signed_token.sign(pair.public_key().public_bytes_raw(), b"{}", {"alg": "EdDSA"})
    parts = signed_token.take_apart(forged)
    assert parts is not None and not signed_token.is_signed_by(parts, pair.public_key())


def test_a_token_for_names_that_begin_alike_needs_to_be_told_which():
    group = Claims("cluster.local", "shop", "web-*")
    assert group.identity("web-7") == Identity("cluster.local", "shop", "web-7")
    assert isinstance(group.identity(), Refusal)
    assert isinstance(group.identity("web-*"), Refusal)
    assert group.identity("db") == Refusal("The join token is for service account web-* in namespace shop, not for db.")


def test_a_token_for_one_name_gives_no_other():
    assert WEB.identity() == Identity("cluster.local", "shop", "web")
    assert isinstance(WEB.identity("web2"), Refusal)
