"""Which connections to a port are let in, and how: by the mode of mutual TLS and by what the port carries (§8.3, LI-30).

"STRICT refuses plaintext" by having no matching chain. "PERMISSIVE lets app TLS through" on TCP and undeclared ports but not on HTTP ports:
TLS without the mesh's ALPN matches nothing there. A table; the documentation and the tests read it too.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from lateen.api import mesh
from lateen.api.mesh_config import TLSProtocol
from lateen.flow import Graph, query
from lateen.ir.chain import ANYTHING, MESH_BYTES, MESH_HTTP, SNIFFED_HTTP, Match, MeshServer, Transport
from lateen.translate.claims import Kind
from lateen.translate.destinations import trust_domains
from lateen.translate.peer_modes import PeerMode
from lateen.values import ciphers


class Way(msgspec.Struct, frozen=True, cache_hash=True):
    """One way in: which connections, whether the mesh's TLS ends here, and whether they are understood as HTTP."""

    match: Match
    http: bool
    tls: bool = False


Ways = tuple[Way, ...]

_MESH = (*MESH_BYTES, *MESH_HTTP)
_ANY_TLS = Match(transport=Transport.TLS)
_ANY_PLAIN = Match(transport=Transport.PLAIN)
_MESH_TLS = Match(transport=Transport.TLS, protocols=_MESH)
_MESH_TLS_HTTP = Match(transport=Transport.TLS, protocols=MESH_HTTP)
_MESH_TLS_BYTES = Match(transport=Transport.TLS, protocols=MESH_BYTES)
_PLAIN_HTTP = Match(transport=Transport.PLAIN, protocols=SNIFFED_HTTP)

WAYS: Mapping[tuple[PeerMode, Kind], Ways] = {
    (PeerMode.STRICT, Kind.HTTP): (Way(_ANY_TLS, http=True, tls=True),),
    (PeerMode.STRICT, Kind.TCP): (Way(_ANY_TLS, http=False, tls=True),),
    (PeerMode.STRICT, Kind.AUTO): (Way(_MESH_TLS_HTTP, http=True, tls=True), Way(_ANY_TLS, http=False, tls=True)),
    (PeerMode.PERMISSIVE, Kind.HTTP): (Way(_MESH_TLS, http=True, tls=True), Way(_ANY_PLAIN, http=True)),
    (PeerMode.PERMISSIVE, Kind.TCP): (
        Way(_MESH_TLS, http=False, tls=True),
        Way(_ANY_TLS, http=False),
        Way(_ANY_PLAIN, http=False),
    ),
    (PeerMode.PERMISSIVE, Kind.AUTO): (
        Way(_MESH_TLS_HTTP, http=True, tls=True),
        Way(_PLAIN_HTTP, http=True),
        Way(_MESH_TLS_BYTES, http=False, tls=True),
        Way(_ANY_PLAIN, http=False),
        Way(_ANY_TLS, http=False),
    ),
    (PeerMode.DISABLE, Kind.HTTP): (Way(ANYTHING, http=True),),
    (PeerMode.DISABLE, Kind.TCP): (Way(ANYTHING, http=False),),
    (PeerMode.DISABLE, Kind.AUTO): (Way(_PLAIN_HTTP, http=True), Way(_ANY_PLAIN, http=False), Way(ANYTHING, http=False)),
}
"""The ways in by mode and kind, of which the most specific takes a connection. There is no way back from one that fits in part: where some plain
connections are HTTP, the other plain ones need a way of their own."""

TERMINATED: Mapping[Kind, Ways] = {
    Kind.HTTP: (Way(_ANY_TLS, http=True, tls=True),),
    Kind.TCP: (Way(_ANY_TLS, http=False, tls=True),),
}
"""The ways in where a Sidecar's own TLS ends at the port (SC-5): nothing but TLS."""

_INBOUND_KINDS = {Kind.TLS: Kind.TCP, Kind.SILENT: Kind.TCP}


def ways(mode: PeerMode, kind: Kind) -> Ways:
    """The ways in to a port of this mode that carries this; TLS of the application is bytes here."""
    return WAYS[mode, _INBOUND_KINDS.get(kind, kind)]


@query
def mesh_server(g: Graph) -> MeshServer:
    """How a workload answers mutual TLS of the mesh."""
    wanted = mesh.mesh_tls(g)
    version = "1.3" if wanted.min_protocol_version is TLSProtocol.TLSV1_3 else "1.2"
    return MeshServer(trust_domains(g), version=version, ciphers=ciphers.suites(wanted.cipher_suites), curves=ciphers.curves(wanted.ecdh_curves))
