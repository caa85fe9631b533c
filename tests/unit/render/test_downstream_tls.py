"""TLS towards clients in Envoy's words."""

from __future__ import annotations

import msgspec
import pytest
from envoy.config.core.v3.base_pb2 import TransportSocket
from envoy.extensions.transport_sockets.quic.v3.quic_transport_pb2 import QuicDownstreamTransport
from envoy.extensions.transport_sockets.tls.v3.common_pb2 import CertificateValidationContext, TlsParameters
from envoy.extensions.transport_sockets.tls.v3.tls_pb2 import DownstreamTlsContext

from lateen.ir.chain import MeshServer, OwnServer, ServerTls
from lateen.ir.tls import Secret
from lateen.render.downstream_tls import CIPHERS, downstream_tls


def rendered(tls: ServerTls) -> DownstreamTlsContext:
    out = DownstreamTlsContext()
    assert TransportSocket.FromString(downstream_tls(tls)).typed_config.Unpack(out)
    return out


@pytest.mark.rule("SEC-5")
def test_the_mesh_demands_a_certificate_of_its_trust_domains():
    out = rendered(MeshServer(("new", "old")))
    common = out.common_tls_context
    assert out.require_client_certificate.value
    assert [each.name for each in common.tls_certificate_sds_secret_configs] == ["default"]
    validation = common.combined_validation_context
    assert validation.validation_context_sds_secret_config.name == "ROOTCA"
    names = [each.matcher.prefix for each in validation.default_validation_context.match_typed_subject_alt_names]
    assert names == ["spiffe://new/", "spiffe://old/"]
    assert list(common.alpn_protocols) == ["h2", "http/1.1"]
    assert (common.tls_params.tls_minimum_protocol_version, tuple(common.tls_params.cipher_suites)) == (TlsParameters.TLSv1_2, CIPHERS)


@pytest.mark.rule("GW-3")
def test_where_names_are_given_those_are_asked_for_instead():
    validation = rendered(MeshServer(("td",), names=("spiffe://td/ns/a/sa/b",))).common_tls_context.combined_validation_context
    assert [each.matcher.exact for each in validation.default_validation_context.match_typed_subject_alt_names] == ["spiffe://td/ns/a/sa/b"]


def test_the_least_version_can_be_raised():
    assert rendered(MeshServer(("td",), version="1.3")).common_tls_context.tls_params.tls_minimum_protocol_version == TlsParameters.TLSv1_3


@pytest.mark.rule("SC-5")
def test_own_tls_asks_for_a_client_certificate_only_with_roots():
    simple = rendered(OwnServer((Secret("c"),)))
    mutual = rendered(OwnServer((Secret("c"),), Secret("r"), names=("x",)))
    assert (simple.require_client_certificate.value, mutual.require_client_certificate.value) == (False, True)
    assert simple.common_tls_context.WhichOneof("validation_context_type") is None
    validation = mutual.common_tls_context.combined_validation_context
    assert validation.validation_context_sds_secret_config.name == "r"
    assert validation.default_validation_context.match_typed_subject_alt_names[0].matcher.exact == "x"


@pytest.mark.rule("GW-3")
def test_revoked_certificates_are_refused_and_unknown_ones_taken_where_asked():
    revoking = rendered(OwnServer((Secret("c"),), Secret("r"), revoked="/l")).common_tls_context.combined_validation_context
    assert revoking.default_validation_context.crl.filename == "/l"
    trusting = rendered(OwnServer((Secret("c"),), verified=False))
    assert trusting.require_client_certificate.value
    verification = trusting.common_tls_context.validation_context.trust_chain_verification
    assert verification == CertificateValidationContext.ACCEPT_UNTRUSTED


@pytest.mark.rule("SEC-6")
def test_curves_are_as_told():
    assert list(rendered(OwnServer((Secret("c"),), curves=("P-256",))).common_tls_context.tls_params.ecdh_curves) == ["P-256"]
    assert list(rendered(MeshServer(("td",), curves=("P-384",))).common_tls_context.tls_params.ecdh_curves) == ["P-384"]


@pytest.mark.rule("GW-3")
def test_a_client_certificate_may_be_optional():
    assert not rendered(OwnServer((Secret("c"),), Secret("r"), optional=True)).require_client_certificate.value


@pytest.mark.rule("GW-10")
def test_quic_has_the_same_tls_inside_and_takes_no_early_data():
    tls = OwnServer((Secret("c"),), Secret("r"), protocols=("h3",))
    socket, quic = TransportSocket.FromString(downstream_tls(msgspec.structs.replace(tls, quic=True))), QuicDownstreamTransport()
    assert socket.name == "envoy.transport_sockets.quic" and socket.typed_config.Unpack(quic)
    assert quic.downstream_tls_context == rendered(tls)
    assert quic.HasField("enable_early_data") and not quic.enable_early_data.value


@pytest.mark.rule("GW-10")
@pytest.mark.parametrize(("names", "demanded"), [((), False), (("friend.example",), True)])
def test_a_certificate_that_is_to_be_a_certain_one_is_not_optional_by_quic_as_it_is_not_by_tcp(names: tuple[str, ...], demanded: bool):
    socket = TransportSocket.FromString(downstream_tls(OwnServer((Secret("c"),), Secret("r"), names, optional=True, quic=True)))
    quic = QuicDownstreamTransport()
    assert socket.typed_config.Unpack(quic)
    assert quic.downstream_tls_context.require_client_certificate.value is demanded
