"""TLS towards clients, as Envoy's DownstreamTlsContext. Keys and certificates are only named; SDS delivers them."""

from __future__ import annotations

from functools import lru_cache

from envoy.config.core.v3.base_pb2 import TransportSocket
from envoy.extensions.transport_sockets.quic.v3.quic_transport_pb2 import QuicDownstreamTransport
from envoy.extensions.transport_sockets.tls.v3.common_pb2 import CertificateValidationContext, SubjectAltNameMatcher, TlsParameters
from envoy.extensions.transport_sockets.tls.v3.tls_pb2 import CommonTlsContext, DownstreamTlsContext

from lateen.ir.chain import MeshServer, OwnServer, ServerTls
from lateen.render.message import packed, serialised
from lateen.render.transport_socket import name_matchers, secret_config

CIPHERS = (
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
)
"""What the mesh agrees to under TLS 1.2 (SEC-5)."""
ALPN = ("h2", "http/1.1")

_VERSIONS = {
    "": TlsParameters.TLS_AUTO,
    "1.0": TlsParameters.TLSv1_0,
    "1.1": TlsParameters.TLSv1_1,
    "1.2": TlsParameters.TLSv1_2,
    "1.3": TlsParameters.TLSv1_3,
}


@lru_cache(maxsize=1024)
def downstream_tls(tls: ServerTls) -> bytes:
    """The serialised transport socket of a filter chain."""
    context = _mesh(tls) if isinstance(tls, MeshServer) else _own(tls)
    if isinstance(tls, OwnServer) and tls.quic:
        return serialised(TransportSocket(name="envoy.transport_sockets.quic", typed_config=packed(_quic(context))))
    return serialised(TransportSocket(name="envoy.transport_sockets.tls", typed_config=packed(context)))


def _quic(tls: DownstreamTlsContext) -> QuicDownstreamTransport:
    """Without early data, which anybody may send again: the services behind know nothing of that, and TCP has none either."""
    out = QuicDownstreamTransport(downstream_tls_context=tls)
    out.enable_early_data.value = False
    return out


def _mesh(tls: MeshServer) -> DownstreamTlsContext:
    common = CommonTlsContext(
        tls_params=TlsParameters(
            tls_minimum_protocol_version=_VERSIONS[tls.version],
            tls_maximum_protocol_version=TlsParameters.TLSv1_3,
            cipher_suites=tls.ciphers or CIPHERS,
            ecdh_curves=tls.curves,
        ),
        tls_certificate_sds_secret_configs=[secret_config(tls.certificate)],
        combined_validation_context=CommonTlsContext.CombinedCertificateValidationContext(
            default_validation_context=CertificateValidationContext(
                match_typed_subject_alt_names=name_matchers(tls.names) or [_of_domain(name) for name in tls.trust_domains]
            ),
            validation_context_sds_secret_config=secret_config(tls.roots),
        ),
        alpn_protocols=ALPN,
    )
    out = DownstreamTlsContext(common_tls_context=common)
    out.require_client_certificate.value = True
    return out


def _of_domain(trust_domain: str) -> SubjectAltNameMatcher:
    out = SubjectAltNameMatcher(san_type=SubjectAltNameMatcher.URI)
    out.matcher.prefix = f"spiffe://{trust_domain}/"
    return out


def _own(tls: OwnServer) -> DownstreamTlsContext:
    common = CommonTlsContext(
        tls_params=TlsParameters(
            tls_minimum_protocol_version=_VERSIONS[tls.version or "1.2"],
            tls_maximum_protocol_version=_VERSIONS[tls.maximum],
            cipher_suites=tls.ciphers,
            ecdh_curves=tls.curves,
        ),
        tls_certificate_sds_secret_configs=[secret_config(each) for each in tls.certificates],
        alpn_protocols=tls.protocols,
    )
    _verify(common, tls)
    out = DownstreamTlsContext(common_tls_context=common)
    out.require_client_certificate.value = (tls.roots is not None or not tls.verified) and (not tls.optional or _as_by_tcp(tls))
    return out


def _as_by_tcp(tls: OwnServer) -> bool:
    """Over TCP Envoy takes nobody without a certificate where it is to be a certain one, optional or not; over QUIC it would."""
    return tls.quic and bool(tls.names or tls.spki or tls.hashes)


def _verify(common: CommonTlsContext, tls: OwnServer) -> None:
    wanted = CertificateValidationContext(
        match_typed_subject_alt_names=name_matchers(tls.names), verify_certificate_spki=tls.spki, verify_certificate_hash=tls.hashes
    )
    if tls.revoked:
        wanted.crl.filename = tls.revoked
    if not tls.verified:
        wanted.trust_chain_verification = CertificateValidationContext.ACCEPT_UNTRUSTED
    if tls.roots is not None:
        common.combined_validation_context.default_validation_context.CopyFrom(wanted)
        common.combined_validation_context.validation_context_sds_secret_config.CopyFrom(secret_config(tls.roots))
    elif tls.names or tls.spki or tls.hashes or not tls.verified:
        common.validation_context.CopyFrom(wanted)
