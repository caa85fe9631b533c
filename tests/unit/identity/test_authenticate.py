"""Which authenticator answers, and what it says."""

from datetime import UTC, datetime, timedelta

from lateen.identity import ca, csr
from lateen.identity.authenticate import Credentials, authenticated, client_certificate, joining, local_user
from lateen.identity.join_token import Claims, mint_token
from lateen.identity.refusal import Refusal
from lateen.values.spiffe import Identity

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
WEB = Identity("cluster.local", "shop", "web")
ADMIN = Identity("cluster.local", "istio-system", "admin")
KEY = b"k" * 32


def certificate() -> str:
    signer = ca.new_intermediate(ca.new_root("cluster.local", NOW), NOW)
    return ca.issue(signer, WEB, csr.new_key().public_key(), timedelta(hours=1), NOW)[0]


def test_who_shows_nothing_is_told_what_to_show():
    assert authenticated((joining(lambda: KEY, "cluster.local"),), Credentials(), NOW) == Refusal(
        "The caller showed neither a client certificate nor a token; join with `lateen join --token`."
    )


def test_a_certificate_counts_while_it_lasts_and_within_its_trust_domain():
    own, foreign = client_certificate(frozenset({"cluster.local"})), client_certificate(frozenset({"other.mesh"}))
    shown = Credentials(certificate())
    assert authenticated((own,), shown, NOW) == WEB
    assert isinstance(authenticated((own,), shown, NOW + timedelta(hours=2)), Refusal)
    assert authenticated((foreign,), shown, NOW) == Refusal(
        'spiffe://cluster.local/ns/shop/sa/web is of the trust domain "cluster.local"; this mesh is other.mesh.'
    )


def test_a_revoked_join_token_is_refused():
    token = mint_token(KEY, Claims("cluster.local", "shop", "web", "t1"), NOW)
    assert authenticated((joining(lambda: KEY, "cluster.local"),), Credentials(token=token), NOW) == WEB
    revoking = joining(lambda: KEY, "cluster.local", {"t1"}.__contains__)
    assert isinstance(authenticated((revoking,), Credentials(token=token), NOW), Refusal)


def test_a_false_token_is_not_tried_under_another_name():
    token = mint_token(b"x" * 32, Claims("cluster.local", "shop", "web"), NOW)
    order = (joining(lambda: KEY, "cluster.local"), local_user(lambda: token, ADMIN))
    assert isinstance(authenticated(order, Credentials(token=token), NOW), Refusal)


def test_the_local_users_token_must_match_and_an_absent_one_matches_nobody():
    assert local_user(lambda: "secret", ADMIN)(Credentials(token="secret"), NOW) == ADMIN
    assert local_user(lambda: "secret", ADMIN)(Credentials(token="secre"), NOW) is None
    assert local_user(lambda: "", ADMIN)(Credentials(), NOW) is None
