"""Transport sockets of clusters."""

from __future__ import annotations

import pytest
from envoy.config.core.v3.base_pb2 import TransportSocket
from envoy.config.core.v3.proxy_protocol_pb2 import ProxyProtocolConfig
from envoy.extensions.transport_sockets.proxy_protocol.v3.upstream_proxy_protocol_pb2 import ProxyProtocolUpstreamTransport
from envoy.extensions.transport_sockets.tls.v3.common_pb2 import SubjectAltNameMatcher
from envoy.extensions.transport_sockets.tls.v3.tls_pb2 import UpstreamTlsContext

from lateen.ir.destination import Http
from lateen.ir.tls import MeshTls, OriginatedTls, Secret, Tls
from lateen.render.transport_socket import secret_config, transport_socket

MESH = MeshTls("outbound_.80_._.reviews", ("spiffe://cluster.local/ns/default/sa/reviews",))


def socket(tls: Tls | None, protocol: Http = Http.HTTP1, proxy_protocol: int = 0) -> TransportSocket:
    found = transport_socket(tls, protocol, proxy_protocol)
    assert found is not None
    return found


def context(tls: Tls, protocol: Http = Http.HTTP1) -> UpstreamTlsContext:
    out = UpstreamTlsContext()
    assert socket(tls, protocol).typed_config.Unpack(out)
    return out


def test_plain_text_needs_no_socket() -> None:
    assert transport_socket(None, Http.HTTP1, 0) is None


@pytest.mark.rule("CL-5")
def test_mesh_tls_shows_the_own_identity_and_checks_that_of_the_peer() -> None:
    found = context(MESH)
    common = found.common_tls_context
    assert found.sni == "outbound_.80_._.reviews"
    assert [each.name for each in common.tls_certificate_sds_secret_configs] == ["default"]
    assert common.combined_validation_context.validation_context_sds_secret_config.name == "ROOTCA"
    (matcher,) = common.combined_validation_context.default_validation_context.match_typed_subject_alt_names
    assert (matcher.san_type, matcher.matcher.exact) == (SubjectAltNameMatcher.URI, "spiffe://cluster.local/ns/default/sa/reviews")


@pytest.mark.rule("CL-6")
def test_mesh_tls_offers_the_meshs_protocol_and_http2_where_it_is_certain() -> None:
    assert list(context(MESH).common_tls_context.alpn_protocols) == ["istio"]
    assert list(context(MESH, Http.CLIENT).common_tls_context.alpn_protocols) == ["istio"]
    assert list(context(MESH, Http.HTTP2).common_tls_context.alpn_protocols) == ["istio", "h2"]


@pytest.mark.rule("0.2")
def test_peer_exchange_is_never_offered() -> None:
    for protocol in Http:
        assert "istio-peer-exchange" not in context(MESH, protocol).common_tls_context.alpn_protocols


@pytest.mark.rule("DR-8")
def test_originated_tls_trusts_the_system_where_no_authority_is_named() -> None:
    found = context(OriginatedTls("api.example.com")).common_tls_context
    assert found.combined_validation_context.validation_context_sds_secret_config.name == "file-root:system"
    assert not found.tls_certificate_sds_secret_configs


@pytest.mark.rule("DR-8")
def test_originated_tls_that_is_not_verified_checks_nothing() -> None:
    assert not context(OriginatedTls(verified=False)).common_tls_context.WhichOneof("validation_context_type")


def test_originated_tls_checks_names_against_a_named_authority() -> None:
    tls = OriginatedTls("x", ("x.example.com", "10.0.0.1"), Secret("file-cert:c~k"), Secret("file-root:ca"), "/etc/revoked.pem")
    found = context(tls).common_tls_context
    checks = found.combined_validation_context.default_validation_context
    assert found.combined_validation_context.validation_context_sds_secret_config.name == "file-root:ca"
    assert [each.name for each in found.tls_certificate_sds_secret_configs] == ["file-cert:c~k"]
    assert [(each.san_type, each.matcher.exact) for each in checks.match_typed_subject_alt_names] == [
        (SubjectAltNameMatcher.DNS, "x.example.com"),
        (SubjectAltNameMatcher.IP_ADDRESS, "10.0.0.1"),
    ]
    assert checks.crl.filename == "/etc/revoked.pem"


def test_secrets_are_asked_of_the_agent_and_remote_ones_of_the_control_plane() -> None:
    (service,) = secret_config(Secret("default")).sds_config.api_config_source.grpc_services
    assert service.envoy_grpc.cluster_name == "sds-grpc"
    assert secret_config(Secret("kubernetes://x", remote=True)).sds_config.HasField("ads")


@pytest.mark.rule("DR-9")
@pytest.mark.parametrize(("tls", "inner"), [(MESH, "tls"), (None, "raw_buffer")])
def test_the_proxy_protocol_is_written_ahead_of_all_else(tls: Tls | None, inner: str) -> None:
    out = ProxyProtocolUpstreamTransport()
    assert socket(tls, proxy_protocol=2).typed_config.Unpack(out)
    assert out.config.version == ProxyProtocolConfig.V2
    assert out.transport_socket.name == inner
