"""What the service reads of a connection and a call."""

from lateen.identity.authenticate import Credentials
from lateen.identity.server import credentials, peer_identity
from lateen.values.spiffe import Identity


def test_a_peer_is_who_its_one_uri_says():
    assert peer_identity({"peer_uri": [b"spiffe://cluster.local/ns/shop/sa/web"]}) == Identity("cluster.local", "shop", "web")
    assert peer_identity({"peer_uri": [b"spiffe://cluster.local/ns/shop/sa/web", b"spiffe://cluster.local/ns/shop/sa/db"]}) is None
    assert peer_identity({"x509_common_name": [b"spiffe://cluster.local/ns/shop/sa/web"]}) is None
    assert peer_identity({}) is None


def test_a_call_shows_its_bearer_token_and_its_service_account():
    metadata = [("Authorization", "bearer  abc "), ("lateen-service-account", "web-7"), ("x-bin", b"\x00")]
    assert credentials({}, metadata) == Credentials("", "abc", "web-7")
    assert credentials({}, [("authorization", "Basic abc")]) == Credentials()
