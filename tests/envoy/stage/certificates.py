"""Who the echo and its callers are in TLS. Part of `actor`; the files come from the stage (`credentials`).

To a sidecar that speaks the mesh's mutual TLS (its SNI is `outbound_.…`) an address shows the mesh identity that it was given. To anybody else it
shows a certificate made for the name that was asked, of the stage's own authority, which is none of the mesh's.
"""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

Json = dict[str, Any]

_MESH = ["istio-h2", "istio-http/1.1", "istio-http/1.0", "istio"]
_OUTSIDE = ["h2", "http/1.1"]


class Certificates:
    """`folder` has `outside.pem` (authority, certificate and key), `roots.pem` (whom the echo believes) and mesh identities."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._identities: dict[str, str] = {}
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()

    def identify(self, at: str, file: str) -> None:
        """From now on an address has the mesh identity of this PEM file."""
        self._identities[at] = file

    def forget(self) -> None:
        """From now on all addresses have the same mesh identity again."""
        self._identities.clear()

    def accept(self, connection: socket.socket, at: str) -> tuple[ssl.SSLSocket, Json]:
        """Do the handshake; the connection inside, and what was seen of TLS."""
        asked: list[str] = []

        def named(inner: ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> None:
            asked.append(name or "")
            inner.context = self._context(name or "", at)

        outer = self._new_context([])
        outer.sni_callback = named  # type: ignore[assignment]
        done = outer.wrap_socket(connection, server_side=True)
        shown: Json = dict(done.getpeercert() or {})
        return done, {
            "sni": asked[0] if asked else "",
            "alpn": done.selected_alpn_protocol() or "",
            "version": done.version() or "",
            "peer": [value for kind, value in shown.get("subjectAltName", ()) if kind != "othername"],
        }

    def _context(self, name: str, at: str) -> ssl.SSLContext:
        is_mesh = name.startswith("outbound_.")
        file = self._identities.get(at, "mesh.pem") if is_mesh else ""
        with self._lock:
            key = file or name
            if key not in self._contexts:
                self._contexts[key] = self._made(self._folder / file if file else None, name)
            return self._contexts[key]

    def _made(self, file: Path | None, name: str) -> ssl.SSLContext:
        context = self._new_context(_OUTSIDE if file is None else _MESH)
        context.load_cert_chain(file or self._minted(name or "nameless.example"))
        return context

    def _new_context(self, protocols: list[str]) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_verify_locations(self._folder / "roots.pem")
        context.verify_mode = ssl.CERT_OPTIONAL
        context.set_alpn_protocols(protocols or _OUTSIDE)
        context.load_cert_chain(self._folder / "outside.pem")
        return context

    def _minted(self, name: str) -> Path:
        path = self._folder / f"minted-{threading.get_ident()}-{name.strip('*.')}.pem"
        pem = (self._folder / "outside.pem").read_bytes()
        path.write_bytes(minted(name, x509.load_pem_x509_certificate(pem), serialization.load_pem_private_key(pem, None)))
        return path


def minted(name: str, issuer: x509.Certificate, issuer_key: Any, *, by_rsa: bool = False) -> bytes:
    """A certificate for a DNS name, an address or a URI, of that authority, with its key; PEM."""
    key = rsa.generate_private_key(65537, 2048) if by_rsa else ec.generate_private_key(ec.SECP256R1())
    now, day = datetime.datetime.now(datetime.UTC), datetime.timedelta(days=1)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    builder = x509.CertificateBuilder(issuer.subject, subject, key.public_key(), x509.random_serial_number(), now - day, now + day)
    signed = builder.add_extension(x509.SubjectAlternativeName([_alternative(name)]), critical=False).sign(issuer_key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _alternative(name: str) -> x509.GeneralName:
    if "://" in name:
        return x509.UniformResourceIdentifier(name)
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
