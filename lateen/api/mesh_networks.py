"""MeshNetworks: which endpoints are on which network, and its gateways (https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshNetworks).

It is the text under the key `meshNetworks` of the ConfigMap that holds MeshConfig.
"""

from __future__ import annotations

from collections.abc import Mapping

from lateen.api.mesh_config import CONFIG_MAP, read_leniently
from lateen.api.shape import OneOf, Strict, UInt32
from lateen.values.finding import Finding
from lateen.values.ref import Ref

KEY = "meshNetworks"


class NetworkEndpoints(OneOf, frozen=True):
    """Endpoints by their address range, or by the cluster that they come from."""

    from_cidr: str | None = None
    from_registry: str | None = None

    one_of = (("from_cidr", "from_registry"),)


class IstioNetworkGateway(OneOf, frozen=True):
    """A gateway into the network: a service of ours, or an address."""

    registry_service_name: str | None = None
    address: str | None = None
    port: UInt32 = 0
    locality: str = ""

    one_of = (("registry_service_name", "address"),)


class Network(Strict, frozen=True):
    """One network."""

    endpoints: tuple[NetworkEndpoints, ...] = ()
    gateways: tuple[IstioNetworkGateway, ...] = ()


class MeshNetworks(Strict, frozen=True):
    """The networks by name."""

    networks: Mapping[str, Network] = {}


def decode(source: str, ref: Ref = CONFIG_MAP, file: str = "") -> tuple[MeshNetworks, list[Finding]]:
    """The networks that a text gives, and what is to be said about it; as lenient as that of MeshConfig."""
    found: MeshNetworks
    found, findings = read_leniently(source, MeshNetworks, ref, file)
    return found, findings
