"""TLS that ends at a gateway's server (GW-3), or at a port of a Sidecar (SC-5). Keys and certificates are only named: files beside the proxy, or
Secrets of its namespace.
"""

from __future__ import annotations

import msgspec

from lateen.api import mesh, mesh_config
from lateen.api.networking.gateway import ServerTLSSettings, TLSMode, TLSProtocol
from lateen.flow import Graph
from lateen.ir.chain import OwnServer, ServerTls
from lateen.ir.gateway import Port
from lateen.ir.tls import Secret
from lateen.translate.mtls import mesh_server
from lateen.values import ciphers

STORED = "kubernetes://"
"""How the name of a secret begins that is a Secret object (GW-9)."""
ROOTS = "-cacert"
"""How it ends when its roots are meant, and not its certificate."""

PASSED = frozenset({TLSMode.PASSTHROUGH, TLSMode.AUTO_PASSTHROUGH})
_ASKING = frozenset({TLSMode.MUTUAL, TLSMode.OPTIONAL_MUTUAL})
_VERSIONS = {
    TLSProtocol.TLS_AUTO: "",
    TLSProtocol.TLSV1_0: "1.0",
    TLSProtocol.TLSV1_1: "1.1",
    TLSProtocol.TLSV1_2: "1.2",
    TLSProtocol.TLSV1_3: "1.3",
}
_DEFAULT_VERSIONS = {
    mesh_config.TLSProtocol.TLS_AUTO: "",
    mesh_config.TLSProtocol.TLSV1_2: "1.2",
    mesh_config.TLSProtocol.TLSV1_3: "1.3",
}
_HTTP = ("h2", "http/1.1")


def server_tls(g: Graph, tls: ServerTLSSettings | None, *, http: bool) -> ServerTls | None:
    """The TLS of a server; None where none ends. `http`: requests are inside, so both versions of HTTP are offered."""
    if tls is None or tls.mode in PASSED:
        return None
    if tls.mode is TLSMode.ISTIO_MUTUAL:
        return msgspec.structs.replace(mesh_server(g), names=tuple(sorted(tls.subject_alt_names)))
    return own_server(g, tls, http=http)


def own_server(g: Graph, tls: ServerTLSSettings, *, http: bool) -> OwnServer:
    """TLS with the user's own certificates; `tls` is of a mode that has them. What it leaves open is as the mesh has it (SEC-6)."""
    asking = tls.mode in _ASKING
    defaults = mesh.tls_defaults(g)
    return OwnServer(
        certificates=_certificates(tls),
        roots=_roots(tls) if asking else None,
        names=tuple(sorted(tls.subject_alt_names)) if asking else (),  # Envoy checks names only of certificates that it checks.
        spki=tls.verify_certificate_spki,
        hashes=tls.verify_certificate_hash,
        optional=tls.mode is TLSMode.OPTIONAL_MUTUAL,
        version=_VERSIONS[tls.min_protocol_version] or _default_version(tls, defaults),
        maximum=_VERSIONS[tls.max_protocol_version],
        ciphers=ciphers.suites(tls.cipher_suites) or ciphers.suites(defaults.cipher_suites),
        protocols=_HTTP if http else (),
        curves=ciphers.curves(defaults.ecdh_curves),
        revoked=tls.ca_crl if asking and not _credentials(tls) else "",
        verified=not (asking and tls.insecure_skip_verify),
    )


def _default_version(tls: ServerTLSSettings, defaults: mesh_config.TLSConfig) -> str:
    """The mesh's least version, which gives way to a most that is lower: Envoy refuses a listener that has none in between."""
    least, most = _DEFAULT_VERSIONS[defaults.min_protocol_version], _VERSIONS[tls.max_protocol_version]
    return least if not most or least <= most else ""


def file_certificate(chain: str, key: str) -> Secret:
    """The secret of a certificate chain and its key in files beside the proxy, which the agent serves under a name that says which."""
    return Secret(f"file-cert:{chain}~{key}")


def file_roots(path: str) -> Secret:
    """The secret of root certificates in a file beside the proxy."""
    return Secret(f"file-root:{path}")


def stored(name: str) -> Secret:
    """The certificate and key of the Secret object of this name."""
    return Secret(f"{STORED}{name}", remote=True)


def stored_roots(name: str) -> Secret:
    """The roots in the Secret object of this name, or in `<name>-cacert`."""
    return Secret(f"{STORED}{name}{ROOTS}", remote=True)


def stored_names(ports: tuple[Port, ...]) -> tuple[str, ...]:
    """The names of the secrets that these ports need and that are Secret objects, sorted."""
    contexts = (server.tls for port in ports for server in port.servers if isinstance(server.tls, OwnServer))
    return tuple(sorted({each.name for tls in contexts for each in (*tls.certificates, tls.roots) if each is not None and each.remote}))


def _credentials(tls: ServerTLSSettings) -> tuple[str, ...]:
    return tls.credential_names or ((tls.credential_name,) if tls.credential_name else ())


def _certificates(tls: ServerTLSSettings) -> tuple[Secret, ...]:
    named = _credentials(tls)
    if named:
        return tuple(stored(name) for name in named)
    if tls.tls_certificates:
        return tuple(file_certificate(each.server_certificate, each.private_key) for each in tls.tls_certificates)
    return (file_certificate(tls.server_certificate, tls.private_key),)


def _roots(tls: ServerTLSSettings) -> Secret | None:
    if tls.ca_cert_credential_name:
        return stored_roots(tls.ca_cert_credential_name)
    named = _credentials(tls)
    if named:
        return stored_roots(named[0])
    files = [path for path in (tls.ca_certificates, *(each.ca_certificates for each in tls.tls_certificates)) if path]
    return file_roots(files[0]) if files else None
