"""Gateway: what a proxy at the edge listens on (https://istio.io/latest/docs/reference/config/networking/gateway/)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from lateen.api.shape import Strict, UInt32


class Port(Strict, frozen=True):
    """A port that is listened on. `target_port` is deprecated and without effect."""

    number: UInt32
    protocol: str
    name: str
    target_port: UInt32 = 0


class TLSMode(StrEnum):
    """What TLS is expected of clients."""

    PASSTHROUGH = "PASSTHROUGH"
    SIMPLE = "SIMPLE"
    MUTUAL = "MUTUAL"
    AUTO_PASSTHROUGH = "AUTO_PASSTHROUGH"
    ISTIO_MUTUAL = "ISTIO_MUTUAL"
    OPTIONAL_MUTUAL = "OPTIONAL_MUTUAL"


class TLSProtocol(StrEnum):
    """Versions of TLS."""

    TLS_AUTO = "TLS_AUTO"
    TLSV1_0 = "TLSV1_0"
    TLSV1_1 = "TLSV1_1"
    TLSV1_2 = "TLSV1_2"
    TLSV1_3 = "TLSV1_3"


class TLSCertificate(Strict, frozen=True):
    """A certificate given by files."""

    server_certificate: str = ""
    private_key: str = ""
    ca_certificates: str = ""


class ServerTLSSettings(Strict, frozen=True):
    """TLS towards clients."""

    https_redirect: bool = False
    mode: TLSMode = TLSMode.PASSTHROUGH
    server_certificate: str = ""
    private_key: str = ""
    ca_certificates: str = ""
    ca_crl: str = ""
    credential_name: str = ""
    credential_names: tuple[str, ...] = ()
    ca_cert_credential_name: str = ""
    tls_certificates: tuple[TLSCertificate, ...] = ()
    subject_alt_names: tuple[str, ...] = ()
    verify_certificate_spki: tuple[str, ...] = ()
    verify_certificate_hash: tuple[str, ...] = ()
    min_protocol_version: TLSProtocol = TLSProtocol.TLS_AUTO
    max_protocol_version: TLSProtocol = TLSProtocol.TLS_AUTO
    cipher_suites: tuple[str, ...] = ()
    insecure_skip_verify: bool | None = None


class Server(Strict, frozen=True):
    """One port, the hosts served there, and their TLS."""

    port: Port
    hosts: tuple[str, ...]
    bind: str = ""
    tls: ServerTLSSettings | None = None
    default_endpoint: str = ""
    name: str = ""


class Gateway(Strict, frozen=True):
    """What the workloads with these labels listen on; no label means every gateway workload."""

    servers: tuple[Server, ...] = ()
    selector: Mapping[str, str] = {}
