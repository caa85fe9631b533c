"""How a connection to a destination is secured. Names of secrets only, never key material.

`MeshTls` is mutual TLS with the mesh's identities; `OriginatedTls` is TLS towards something that is not of the mesh. Nothing at all is plain text.
"""

from __future__ import annotations

import msgspec

MESH_CERTIFICATE = "default"
"""The secret that holds the proxy's own mesh identity."""
MESH_ROOTS = "ROOTCA"
"""The secret that holds the roots by which identities of the mesh are checked."""


class Secret(msgspec.Struct, frozen=True, cache_hash=True):
    """A secret by its name. The agent beside the proxy serves it, unless `remote`: then the control plane does."""

    name: str
    remote: bool = False


class MeshTls(msgspec.Struct, frozen=True, cache_hash=True):
    """Mutual TLS with the proxy's mesh identity. The peer must show one of `names` (CL-5); with none, any identity of the mesh will do."""

    sni: str
    names: tuple[str, ...] = ()


class OriginatedTls(msgspec.Struct, frozen=True, cache_hash=True):
    """TLS whose other end is no workload of the mesh.

    Without `sni` it is taken from the request's Host, and the certificate is checked for that name unless `names` say otherwise (DR-8). `certificate`
    None shows none. `authority` None stands for the operating system's roots. `revoked` is a file of revocation lists. Not `verified` checks nothing.
    """

    sni: str = ""
    names: tuple[str, ...] = ()
    certificate: Secret | None = None
    authority: Secret | None = None
    revoked: str = ""
    verified: bool = True
    ciphers: tuple[str, ...] = ()
    curves: tuple[str, ...] = ()


Tls = MeshTls | OriginatedTls
