"""The table of ways in."""

from __future__ import annotations

import pytest

from lateen.ir.chain import MESH_HTTP, Match, Transport
from lateen.translate.claims import Kind
from lateen.translate.mtls import WAYS, mesh_server, ways
from lateen.translate.peer_modes import PeerMode
from tests.given.objects import mesh
from tests.given.worlds import world


@pytest.mark.rule("LI-30")
def test_strict_has_no_way_in_without_the_meshs_tls():
    assert all(way.tls and way.match.transport is Transport.TLS for kind in (Kind.HTTP, Kind.TCP, Kind.AUTO) for way in ways(PeerMode.STRICT, kind))


@pytest.mark.rule("LI-30")
def test_permissive_lets_the_applications_own_tls_through_except_to_http_ports():
    through = Match(transport=Transport.TLS)
    assert {kind for kind in (Kind.HTTP, Kind.TCP, Kind.AUTO) if any(way.match == through for way in ways(PeerMode.PERMISSIVE, kind))} == {
        Kind.TCP,
        Kind.AUTO,
    }


@pytest.mark.rule("LI-30")
def test_disable_never_ends_tls():
    assert not any(way.tls for kind in (Kind.HTTP, Kind.TCP, Kind.AUTO) for way in ways(PeerMode.DISABLE, kind))


@pytest.mark.rule("0.1")
def test_requests_of_the_mesh_are_known_by_their_alpn():
    (requests, _) = ways(PeerMode.STRICT, Kind.AUTO)
    assert (requests.match.protocols, requests.http) == (MESH_HTTP, True)


def test_tls_of_the_application_is_bytes():
    assert ways(PeerMode.PERMISSIVE, Kind.TLS) == WAYS[PeerMode.PERMISSIVE, Kind.TCP]


@pytest.mark.rule("SEC-5")
def test_peers_are_of_the_meshs_trust_domain_or_an_alias():
    g = world(mesh("{trustDomain: new, trustDomainAliases: [old], meshMTLS: {minProtocolVersion: TLSV1_3}}"))
    assert (mesh_server(g).trust_domains, mesh_server(g).version) == (("new", "old"), "1.3")
