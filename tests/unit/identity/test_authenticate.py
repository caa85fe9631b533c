"""Which authenticator answers, and what it says."""

from datetime import UTC, datetime, timedelta

from lateen.identity import ca, csr, trust
from lateen.identity.authenticate import Credentials, authenticated, client_certificate, joining, key_possession
from lateen.identity.join_token import Claims, mint_token
from lateen.identity.possession import mint_possession
from lateen.identity.refusal import Refusal
from lateen.values.spiffe import Identity

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
WEB = Identity("cluster.local", "shop", "web")
KEY = b"k" * 32


def own() -> tuple[str, ...]:
    return ("cluster.local",)


def certificate() -> str:
    signer = ca.new_intermediate(ca.new_root("cluster.local", NOW), NOW)
    return ca.issue(signer, WEB, csr.new_key().public_key(), timedelta(hours=1), NOW)[0]


def test_who_shows_nothing_is_told_what_to_show():
    assert authenticated((joining(lambda: KEY, own),), Credentials(), NOW) == Refusal(
        "The caller showed neither a client certificate nor a token; join with `lateen join --token`."
    )


def test_a_certificate_counts_while_it_lasts_and_within_its_trust_domain():
    here, foreign = client_certificate(own), client_certificate(lambda: ("other.mesh",))
    shown = Credentials(certificate())
    assert authenticated((here,), shown, NOW) == WEB
    assert isinstance(authenticated((here,), shown, NOW + timedelta(hours=2)), Refusal)
    assert authenticated((foreign,), shown, NOW) == Refusal(
        'spiffe://cluster.local/ns/shop/sa/web is of the trust domain "cluster.local"; this mesh is other.mesh.'
    )


def test_a_revoked_join_token_is_refused():
    token = mint_token(KEY, Claims("cluster.local", "shop", "web", "t1"), NOW)
    assert authenticated((joining(lambda: KEY, own),), Credentials(token=token), NOW) == WEB
    revoking = joining(lambda: KEY, own, {"t1"}.__contains__)
    assert isinstance(authenticated((revoking,), Credentials(token=token), NOW), Refusal)


def test_a_false_token_is_not_tried_under_another_name():
    token = mint_token(b"x" * 32, Claims("cluster.local", "shop", "web"), NOW)
    order = (joining(lambda: KEY, own), lambda _shown, _now: WEB)
    assert isinstance(authenticated(order, Credentials(token=token), NOW), Refusal)


def test_who_is_of_an_alias_counts_as_of_the_meshs_own_trust_domain():
    domains = {"now": ("new.mesh",)}
    root = ca.new_root("cluster.local", NOW)
    key = csr.new_key()
    chain = "".join(ca.issue(ca.new_intermediate(root, NOW), WEB, key.public_key(), timedelta(hours=1), NOW)[:-1])
    order = (
        key_possession(lambda: trust.bundle(root.certificate), lambda: domains["now"]),
        joining(lambda: KEY, lambda: domains["now"]),
        client_certificate(lambda: domains["now"]),
    )
    shown = (
        Credentials(token=mint_possession(key, chain, NOW)),
        Credentials(token=mint_token(KEY, Claims("cluster.local", "shop", "web"), NOW)),
        Credentials(certificate()),
    )
    assert all(isinstance(authenticated(order, each, NOW), Refusal) for each in shown)
    domains["now"] = ("new.mesh", "cluster.local")
    assert [authenticated(order, each, NOW) for each in shown] == [Identity("new.mesh", "shop", "web")] * 3
