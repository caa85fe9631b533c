"""Identities as URIs."""

from __future__ import annotations

import pytest

from lateen.values.spiffe import Identity, parse

WEB = Identity("cluster.local", "shop", "web")


def test_an_identity_is_its_uri():
    assert str(WEB) == "spiffe://cluster.local/ns/shop/sa/web"
    assert parse(str(WEB)) == WEB


@pytest.mark.parametrize(
    "uri",
    [
        "spiffe://cluster.local/ns/shop",
        "spiffe://cluster.local/ns/shop/sa/web/more",
        "spiffe://Cluster.Local/ns/shop/sa/web",
        "spiffe:///ns/shop/sa/web",
        "https://cluster.local/ns/shop/sa/web",
        "spiffe://cluster.local/ns//sa/web",
        "spiffe://cluster.local/ns/shop/sa/web\n",
    ],
)
def test_any_other_uri_is_nobody_of_the_mesh(uri: str):
    assert parse(uri) is None
