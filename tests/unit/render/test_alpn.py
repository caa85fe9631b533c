"""The words by which a destination decides the ALPN of requests."""

from __future__ import annotations

import pytest

from lateen.ir.destination import Http
from lateen.ir.tls import MeshTls, OriginatedTls
from lateen.render.alpn import HTTP1, HTTP2, words

MESH = MeshTls("sni")


@pytest.mark.rule("CL-6")
def test_the_words_follow_the_destinations_protocol():
    assert words(MESH, Http.HTTP1) == {"alpn": HTTP1}
    assert words(MESH, Http.HTTP2) == {"alpn": HTTP2}
    assert words(MESH, Http.CLIENT) == {"alpn": HTTP1, "alpn_h2": HTTP2}


@pytest.mark.rule("0.2")
def test_the_peer_exchange_is_never_offered():
    assert "peer-exchange" not in HTTP1 + HTTP2


def test_tls_towards_the_outside_world_is_left_alone():
    assert words(OriginatedTls(), Http.HTTP2) == {} == words(None, Http.HTTP1)
