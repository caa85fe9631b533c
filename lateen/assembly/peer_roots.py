"""What agents are told of roots that are not the mesh's own, and that peers of their workloads may have all the same: `caCertificates` of MeshConfig.

"If set, they are used for these trust domains. […] If neither cert_signers nor trust_domains is set, this trustAnchor is used for all trust domains"
(https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig-CertificateData). Nobody becomes a proxy of the mesh by them.
"""

from __future__ import annotations

from typing import Final

import msgspec
from cryptography import x509

from lateen.api import mesh
from lateen.api.mesh_config import CertificateData
from lateen.assembly.kinds import Chunk, Entries, Stacks
from lateen.flow import Graph, query
from lateen.values.envoy_resource import EnvoyResource, envoy_resource, length_delimited

PEER_ROOTS: Final = "type.googleapis.com/lateen.dev.v1.PeerRoots"
"""The type of the one resource `NAME`, which is there when there are such roots. Its value is JSON: `own`, the mesh's trust domains, and `roots`, of
which each has `pem` and, if it is for certain trust domains only, `domains`."""
NAME: Final = "PEERS"


@query
def stacks(g: Graph) -> Stacks:
    """The stack that every agent sees; none where there are no such roots."""
    return ((PEER_ROOTS, (listing.key(),)),) if peer_roots(g) is not None else ()


@query
def listing(_: Graph) -> tuple[Chunk, ...]:
    """The shelf."""
    return (entries.key(),)


@query
def entries(_: Graph) -> Entries:
    """What is on it."""
    return ((NAME, peer_roots.key()),)


@query
def peer_roots(g: Graph) -> EnvoyResource | None:
    """The roots, those that can be read; None where there are none."""
    given = [each for each in mesh.ca_certificates(g) if _is_usable(each)]
    if not given:
        return None
    own = (mesh.trust_domain(g), *mesh.trust_domain_aliases(g))
    told = msgspec.json.encode({"own": own, "roots": [{"pem": each.pem, "domains": each.trust_domains} for each in given]})
    return envoy_resource(PEER_ROOTS, NAME, length_delimited(1, PEER_ROOTS.encode()) + length_delimited(2, told), (mesh.CONFIG_MAP,))


def _is_usable(given: CertificateData) -> bool:
    try:
        return given.pem is not None and bool(x509.load_pem_x509_certificates(given.pem.encode()))
    except ValueError:
        return False
