"""How a connection to a destination is secured, as Envoy's TransportSocket.

Certificates and roots are only named here; who holds them is asked by SDS: the agent beside the proxy (cluster `sds-grpc`), or the control plane.
What is the same for many destinations is made once; the SNI, which is each one's own, comes last.
"""

from __future__ import annotations

from functools import lru_cache

from envoy.config.core.v3.base_pb2 import TransportSocket
from envoy.config.core.v3.config_source_pb2 import ApiConfigSource, ApiVersion, ConfigSource
from envoy.config.core.v3.proxy_protocol_pb2 import ProxyProtocolConfig
from envoy.extensions.transport_sockets.proxy_protocol.v3.upstream_proxy_protocol_pb2 import ProxyProtocolUpstreamTransport
from envoy.extensions.transport_sockets.raw_buffer.v3.raw_buffer_pb2 import RawBuffer
from envoy.extensions.transport_sockets.tls.v3.common_pb2 import CertificateValidationContext, SubjectAltNameMatcher, TlsParameters
from envoy.extensions.transport_sockets.tls.v3.secret_pb2 import SdsSecretConfig
from envoy.extensions.transport_sockets.tls.v3.tls_pb2 import CommonTlsContext, UpstreamTlsContext
from google.protobuf.any_pb2 import Any

from lateen.ir.destination import Http
from lateen.ir.tls import MESH_CERTIFICATE, MESH_ROOTS, MeshTls, OriginatedTls, Secret, Tls
from lateen.render.message import packed, serialised
from lateen.values import hosts
from lateen.values.envoy_resource import length_delimited

MESH_ALPN = "istio"
"""The protocol by which proxies of the mesh know each other's TLS from that of applications (CL-6)."""
SDS_CLUSTER = "sds-grpc"
SYSTEM_ROOTS = Secret("file-root:system")
"""The roots of the operating system, which the agent has: Envoy does not implement `system_root_certs`, and would check nothing."""
FILE = "file-"
"""How names of secrets begin that are files beside the proxy."""
PATIENCE = 5
"""Seconds for which a listener waits for a secret that may not be there (GW-9): then its connections fail, and those of its other chains do not. A
proxy's own identity is waited for."""

_UPSTREAM_TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"
_COMMON, _SNI = 1, 2
_COMBINED, _DEFAULT_VALIDATION, _NAME_MATCHERS = 8, 1, 15


def transport_socket(tls: Tls | None, protocol: Http, proxy_protocol: int) -> TransportSocket | None:
    """The socket for connections secured so, None for bare TCP. `proxy_protocol` is the version written ahead of all else, 0 for none."""
    inner = TransportSocket(name="tls", typed_config=_tls_context(tls, protocol)) if tls is not None else None
    if not proxy_protocol:
        return inner
    outer = ProxyProtocolUpstreamTransport(
        config=ProxyProtocolConfig(version=ProxyProtocolConfig.V2 if proxy_protocol == 2 else ProxyProtocolConfig.V1),
        transport_socket=inner or raw_socket(),
    )
    return TransportSocket(name="upstream_proxy_protocol", typed_config=packed(outer))


@lru_cache(maxsize=1)
def raw_socket() -> TransportSocket:
    """Bare TCP. Not to be changed by the caller."""
    return TransportSocket(name="raw_buffer", typed_config=packed(RawBuffer()))


@lru_cache(maxsize=256)
def secret_config(secret: Secret) -> SdsSecretConfig:
    """Where the secret is asked for. Not to be changed by the caller."""
    if secret.remote:
        source = ConfigSource(resource_api_version=ApiVersion.V3)
        source.ads.SetInParent()
        source.initial_fetch_timeout.seconds = PATIENCE
    else:
        source = ConfigSource(
            resource_api_version=ApiVersion.V3,
            api_config_source=ApiConfigSource(
                api_type=ApiConfigSource.GRPC, transport_api_version=ApiVersion.V3, set_node_on_first_message_only=True
            ),
        )
        source.api_config_source.grpc_services.add().envoy_grpc.cluster_name = SDS_CLUSTER
        source.initial_fetch_timeout.seconds = PATIENCE if secret.name.startswith(FILE) else 0
    return SdsSecretConfig(name=secret.name, sds_config=source)


def name_matchers(names: tuple[str, ...]) -> list[SubjectAltNameMatcher]:
    """Matchers of subject alternative names, each exactly, as the type that it looks like: URI, IP address or else DNS name."""
    return [_name_matcher(name) for name in names]


@lru_cache(maxsize=4096)
def _name_matcher(name: str) -> SubjectAltNameMatcher:
    kind = SubjectAltNameMatcher.DNS
    if "://" in name:
        kind = SubjectAltNameMatcher.URI
    elif hosts.is_address(name):
        kind = SubjectAltNameMatcher.IP_ADDRESS
    out = SubjectAltNameMatcher(san_type=kind)
    out.matcher.exact = name
    return out


def _tls_context(tls: Tls, protocol: Http) -> Any:
    common = _mesh_context(tls.names, protocol) if isinstance(tls, MeshTls) else _originated_context(tls, protocol)
    sni = length_delimited(_SNI, tls.sni.encode()) if tls.sni else b""
    return Any(type_url=_UPSTREAM_TLS, value=common + sni)


def _mesh_context(names: tuple[str, ...], protocol: Http) -> bytes:
    """The names, which are each service's own, are merged into what all have in common."""
    matchers = b"".join([length_delimited(_NAME_MATCHERS, _serialised_matcher(name)) for name in names])
    return _mesh_common(protocol) + length_delimited(_COMMON, length_delimited(_COMBINED, length_delimited(_DEFAULT_VALIDATION, matchers)))


@lru_cache(maxsize=4096)
def _serialised_matcher(name: str) -> bytes:
    """One of `name_matchers`, in bytes."""
    return serialised(_name_matcher(name))


@lru_cache(maxsize=8)
def _mesh_common(protocol: Http) -> bytes:
    """CL-6: `istio`, and `h2` too where HTTP/2 is spoken in any case; single requests override it."""
    common = CommonTlsContext(
        tls_params=TlsParameters(tls_minimum_protocol_version=TlsParameters.TLSv1_2, tls_maximum_protocol_version=TlsParameters.TLSv1_3),
        tls_certificate_sds_secret_configs=[secret_config(Secret(MESH_CERTIFICATE))],
        combined_validation_context=CommonTlsContext.CombinedCertificateValidationContext(
            default_validation_context=CertificateValidationContext(),
            validation_context_sds_secret_config=secret_config(Secret(MESH_ROOTS)),
        ),
        alpn_protocols=[MESH_ALPN, "h2"] if protocol is Http.HTTP2 else [MESH_ALPN],
    )
    return serialised(UpstreamTlsContext(common_tls_context=common))


@lru_cache(maxsize=1024)
def _originated_context(tls: OriginatedTls, protocol: Http) -> bytes:
    common = CommonTlsContext(alpn_protocols=["h2"] if protocol is Http.HTTP2 else [])
    if tls.ciphers or tls.curves:
        common.tls_params.CopyFrom(TlsParameters(cipher_suites=tls.ciphers, ecdh_curves=tls.curves))
    if tls.certificate is not None:
        common.tls_certificate_sds_secret_configs.append(secret_config(tls.certificate))
    if tls.verified:
        _verify(common, tls)
    return serialised(UpstreamTlsContext(common_tls_context=common))


def _verify(common: CommonTlsContext, tls: OriginatedTls) -> None:
    validation = CertificateValidationContext(match_typed_subject_alt_names=name_matchers(tls.names))
    if tls.revoked:
        validation.crl.filename = tls.revoked
    common.combined_validation_context.default_validation_context.CopyFrom(validation)
    common.combined_validation_context.validation_context_sds_secret_config.CopyFrom(secret_config(tls.authority or SYSTEM_ROOTS))
