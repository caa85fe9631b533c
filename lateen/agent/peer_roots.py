"""Roots besides the mesh's own that peers of a workload may have: what the control plane tells of them, and the secret `ROOTCA` that comes of it.

Pure. Roots for every trust domain are trusted as the mesh's own are. As soon as one is for certain trust domains, certificates are checked by the
trust domain in them, so that nobody but the mesh's own authority vouches for the mesh
(https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/transport_sockets/tls/v3/tls_spiffe_validator_config.proto).
"""

from __future__ import annotations

import msgspec

from lateen.agent import discovery


class Root(msgspec.Struct, frozen=True):
    """Certificates, PEM, and the trust domains that they vouch for; none named are all."""

    pem: str
    domains: tuple[str, ...] = ()


class PeerRoots(msgspec.Struct, frozen=True):
    """`own` are the mesh's trust domains."""

    own: tuple[str, ...] = ()
    roots: tuple[Root, ...] = ()


NOBODY = PeerRoots()


def told(value: bytes) -> PeerRoots:
    """What the control plane says; b"" where there are none. Raises `msgspec.DecodeError` for what it would never say."""
    return msgspec.json.decode(value, type=PeerRoots) if value else NOBODY


def trusted(name: str, mesh: bytes, peers: PeerRoots) -> bytes:
    """The secret of that name: the roots of the mesh, PEM, and those of peers."""
    everyone = b"".join(_pem(root.pem) for root in peers.roots if not root.domains)
    own = _pem(mesh.decode()) + everyone
    domains = dict.fromkeys((*peers.own, *(domain for root in peers.roots for domain in root.domains)))
    bound = {domain: b"".join(_pem(root.pem) for root in peers.roots if domain in root.domains) for domain in domains}
    if not any(bound.values()):
        return discovery.trusted_roots(name, own)
    return discovery.trusted_by_domain(name, {each: (own if each in peers.own else everyone) + pem for each, pem in bound.items()})


def _pem(text: str) -> bytes:
    return text.encode() if text.endswith("\n") else f"{text}\n".encode()
