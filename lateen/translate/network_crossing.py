"""Endpoints on other networks (MC-2, split horizon): who cannot be reached directly is reached through the gateways of its network.

"active only when at least one network gateway is known […]. An endpoint whose network equals the proxy's, or for whose network no gateway is known,
is sent directly; any other is replaced by the gateways of its network (those of the same network AND cluster are preferred), only if the endpoint has
mTLS (else dropped)." Pure functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from math import lcm

import msgspec

from lateen.ir.endpoints import Condition, Endpoint
from lateen.registry.networks import NetworkGateway
from lateen.registry.service import Workload

MOST = 2**31
"""The weights of a locality come to less, so that a proxy can add them up (it refuses what is more than 32 bits)."""

Gateways = tuple[NetworkGateway, ...]


class Crossing(msgspec.Struct, frozen=True):
    """How a client on `network` ("" for one that does not say) reaches others: by `gateways`, those that it can dial. `entered` are all networks that
    have any. `visible` are the only networks that it wants, empty for all.
    """

    network: str
    gateways: Gateways
    entered: frozenset[str]
    visible: frozenset[str] = frozenset()


def crossing(network: str, gateways: Gateways, families: str = "4", visible: frozenset[str] = frozenset()) -> Crossing:
    """How a client with addresses of these IP versions ("4", "6" or "46") crosses: "a gateway of the proxy's IP family exists (else dropped)"."""
    dialled = tuple(each for each in gateways if str(ip_address(each.address).version) in families)
    return Crossing(network, dialled, frozenset(each.network for each in gateways), visible)


def is_across(crossing: Crossing, workload: Workload) -> bool:
    """Whether the client goes to the workload through a gateway, if at all."""
    return workload.network != crossing.network and workload.network in crossing.entered


def ways(crossing: Crossing, workload: Workload) -> Gateways:
    """The gateways that take the client to the workload, if it is across."""
    of_network = tuple(each for each in crossing.gateways if each.network == workload.network)
    return tuple(each for each in of_network if workload.cluster and each.cluster == workload.cluster) or of_network


def is_told(crossing: Crossing, workload: Workload, endpoint: Endpoint) -> bool:
    """Whether the client is told of the endpoint at all: it wants to, and gets there. Gateways pass on only mutual TLS, to those who are well."""
    if crossing.visible and workload.network and workload.network not in crossing.visible:
        return False
    if not is_across(crossing, workload):
        return bool(endpoint.address)
    return endpoint.mutual_tls and endpoint.condition is Condition.HEALTHY and bool(ways(crossing, workload))


def scale(gateways: Gateways) -> int:
    """By what every weight is multiplied, so that it can be split over any set of gateways without a rest."""
    counts: dict[tuple[str, str], int] = {}
    for each in gateways:
        for key in {(each.network, ""), (each.network, each.cluster)}:
            counts[key] = counts.get(key, 0) + 1
    return lcm(*counts.values())


def crossed(crossing: Crossing, members: Iterable[tuple[Workload, Endpoint]]) -> tuple[Endpoint, ...]:
    """The endpoints that the client is told of in place of these (which are `is_told`), each place once, with the weights of all it stands for."""
    factor = scale(crossing.gateways)
    direct: dict[Endpoint, None] = {}
    through: dict[tuple[str, int], int] = {}
    for workload, endpoint in members:
        if not is_across(crossing, workload):
            direct[msgspec.structs.replace(endpoint, weight=endpoint.weight * factor)] = None
        else:
            taken = ways(crossing, workload)
            for each in taken:
                place = (each.address, each.port)
                through[place] = through.get(place, 0) + endpoint.weight * factor // len(taken)
    return _bounded((*direct, *_entrances(through)))


def _bounded(told: tuple[Endpoint, ...]) -> tuple[Endpoint, ...]:
    """The same shares in smaller numbers, where the weights come to more than a proxy takes."""
    excess = sum(each.weight for each in told) // MOST + 1
    if excess == 1:
        return told
    return tuple(msgspec.structs.replace(each, weight=max(1, each.weight // excess)) for each in told)


def _entrances(weights: Mapping[tuple[str, int], int]) -> tuple[Endpoint, ...]:
    return tuple(Endpoint(address, port, mutual_tls=True, weight=weights[address, port]) for address, port in sorted(weights))
