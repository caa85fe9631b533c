"""Where a destination is served, as one perspective sees it: the endpoints that calls may go to, by locality, with weights and priorities.

What the rules say of it is a small value of its own (`Placement`), so that most changes of a rule end there and no endpoint is looked at again.
A proxy's own locality matters only where `needs_locality` says so; elsewhere all proxies share one assignment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import lru_cache

import msgspec

from lateen.api import mesh
from lateen.api.networking.destination_rule import LoadBalancerSettings
from lateen.flow import Graph, query
from lateen.ir.endpoints import Assignment, Condition, Endpoint, Group
from lateen.ir.routes import outbound
from lateen.ir.view import Labels, Locality, Perspective
from lateen.registry import endpoints as registry
from lateen.registry import networks, services
from lateen.registry import service as running
from lateen.registry.service import Health, Resolution, Service, Workload
from lateen.translate import locality_preference, network_crossing
from lateen.translate.destination_rules import policy_for, rule_for
from lateen.translate.locality_preference import CLUSTER, NETWORK, NODE, OF_LOCALITY, Preference
from lateen.translate.network_crossing import Crossing
from lateen.translate.peer_modes import PeerMode, policies_to_callers
from lateen.values import hosts

UNIX = registry.UNIX
DRAINING_LABEL = "istio.io/draining"
"""The label by which a workload says itself that it is about to end."""
NETWORK_VIEW = "lateen.dev/network-view"
"""The label of a client under which perspectives hold the networks that it wants to know of, joined by commas."""
FAMILIES = "lateen.dev/families"
"""The label of a client under which perspectives hold its IP versions, where it is not "4" alone."""
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+|[0-9a-fA-F:.%]*:[0-9a-fA-F:.%]*")
_NAME_LABELS = ("service.istio.io/canonical-name", "app.kubernetes.io/name", "app")
_REVISION_LABELS = ("service.istio.io/canonical-revision", "app.kubernetes.io/version", "version")
_NOWHERE = Locality()
_RESOLVED = (Resolution.DNS, Resolution.DNS_ROUND_ROBIN)


class Placement(msgspec.Struct, frozen=True):
    """What the rules say of a destination's endpoints: the labels that they must have (DR-14), and which are preferred."""

    labels: Labels = ()
    preference: Preference | None = None


class OfMesh(msgspec.Struct, frozen=True):
    """What the mesh says where rules do not: which endpoints are preferred, and whether those that fail are left out."""

    settings: locality_preference.Settings
    ejects: bool

    @property
    def prefers(self) -> bool:
        """Whether it ranks the endpoints of hosts of which nothing else is said."""
        found = locality_preference.preference(locality_preference.NOTHING_SAID, "", self.settings, ejects=self.ejects)
        return found is not None and (found.ranks or bool(found.shares))


@query
def of_mesh(g: Graph) -> OfMesh:
    """One cell, because each of thousands reads all of it."""
    policy = mesh.default_traffic_policy(g)
    settings = locality_preference.Settings(mesh.locality_lb_setting(g), mesh.zone_aware_lb_setting(g))
    return OfMesh(settings, policy is not None and policy.outlier_detection is not None)


@query
def placement(g: Graph, perspective: Perspective, namespace: str, host: str, port: int, subset: str) -> Placement | None:
    """None when there is no such subset."""
    service = services.service(g, namespace, host)
    rule = rule_for(g, perspective, namespace, host)
    part = rule.subset(subset) if rule is not None and subset else None
    if service is None or (subset and part is None):
        return None
    policy = policy_for(rule, port, subset)
    usual = of_mesh(g)
    balancer = policy.load_balancer or LoadBalancerSettings()
    said = locality_preference.Settings(balancer.locality_lb_setting, balancer.zone_aware_lb_setting)
    ejects = usual.ejects or policy.outlier_detection is not None
    preferred = locality_preference.preference(said, service.distribution, usual.settings, ejects=ejects)
    return Placement(tuple(sorted(part.labels.items())) if part is not None else (), preferred)


@query
def needs_locality(g: Graph, perspective: Perspective, namespace: str, host: str, port: int, subset: str) -> bool:
    """Whether proxies in different localities are told different things about these endpoints."""
    found = placement(g, perspective, namespace, host, port, subset)
    if found is None or found.preference is None:
        return False
    return bool(found.preference.shares) or (found.preference.ranks and len(localities(g, namespace, host, port)) > 1)


@query
def needs_labels(g: Graph, perspective: Perspective, namespace: str, host: str, port: int, subset: str) -> tuple[str, ...]:
    """The labels of a proxy, besides those that rules select it by, on which these endpoints depend.

    The name of its node is the label `kubernetes.io/hostname`.
    """
    found = placement(g, perspective, namespace, host, port, subset)
    service = services.service(g, namespace, host)
    keys = set(found.preference.label_keys) if found is not None and found.preference is not None else set()
    if service is not None and service.node_local:
        keys.add(NODE)
    if crosses(g, namespace, host, port):
        keys.update((NETWORK, NETWORK_VIEW, FAMILIES))
    if is_cluster_local(g, host):
        keys.add(CLUSTER)
    return tuple(sorted(keys))


def crosses(g: Graph, namespace: str, host: str, port: int) -> bool:
    """Whether some clients have to go through a gateway to reach endpoints of the port."""
    entered = {each.network for each in borders(g).gateways}
    return bool(entered.intersection(networks_of(g, namespace, host, port))) if entered else False


@query
def networks_of(g: Graph, namespace: str, host: str, port: int) -> tuple[str, ...]:
    """The networks on which the port is served, sorted."""
    return tuple(sorted({each.workload.network for each in registry.endpoints(g, namespace, host, port)}))


@query
def localities(g: Graph, namespace: str, host: str, port: int) -> tuple[str, ...]:
    """Where the port is served, as `region/zone/subzone`, sorted."""
    return tuple(sorted({each.workload.locality for each in registry.endpoints(g, namespace, host, port)}))


@query
def all_take_mutual_tls(g: Graph, namespace: str, host: str, port: int) -> bool:
    """Whether there is any endpoint and all of them take the mesh's mutual TLS (CL-4)."""
    found = registry.endpoints(g, namespace, host, port)
    return bool(found) and all(_takes_mutual_tls(g, each) for each in found)


def assigned(g: Graph, perspective: Perspective, locality: Locality | None, namespace: str, host: str, port: int, subset: str) -> Assignment:
    """The endpoints of a destination whose endpoints the control plane tells. `locality` None where it does not matter."""
    return _assignment(g, perspective, locality, namespace, host, port, subset, named=False)


@query
def assignment(g: Graph, perspective: Perspective, locality: Locality | None, namespace: str, host: str, port: int, subset: str) -> Assignment:
    """The same, kept: for those who look at it more than once."""
    return assigned(g, perspective, locality, namespace, host, port, subset)


@query
def inline(g: Graph, perspective: Perspective, namespace: str, host: str, port: int, subset: str) -> Assignment:
    """The endpoints of a destination whose names the proxy resolves itself; the host itself (SE-3), or what it stands for (SD-14), where none are
    given.
    """
    found = _assignment(g, perspective, _place(perspective), namespace, host, port, subset, named=True)
    service = services.service(g, namespace, host)
    place = placement(g, perspective, namespace, host, port, subset)
    if found.groups or place is None or place.labels or service is None or service.declaring(port).selector or hosts.is_wildcard(host):
        return found  # The host itself has no labels, by which a subset could have it.
    service = service.declaring(port)
    declared = service.port(port)
    target = declared.target if declared is not None and isinstance(declared.target, int) else 0
    itself = Group(_NOWHERE, (Endpoint(service.external_name or host, target or port),), 1)
    return Assignment(found.name, (itself,), found.origins)


def is_placed(g: Graph, namespace: str, host: str) -> bool:
    """Whether the host's names are resolved by proxies, at endpoints in several localities: then it matters to the destination itself where a proxy
    runs (LB-1).
    """
    service = services.service(g, namespace, host)
    if service is None:
        return False
    resolved = (port.number for port in service.ports if service.declaring(port.number).resolution in _RESOLVED)
    return any(len(localities(g, namespace, host, number)) > 1 for number in resolved)


def _place(perspective: Perspective) -> Locality | None:
    """Where the client runs, where its labels say so."""
    carried = dict(perspective.labels)
    return Locality(*(carried.get(key, "") for key in OF_LOCALITY)) if OF_LOCALITY[0] in carried else None


def _assignment(
    g: Graph, perspective: Perspective, locality: Locality | None, namespace: str, host: str, port: int, subset: str, *, named: bool
) -> Assignment:
    name = outbound(host, port, subset)
    service = services.service(g, namespace, host)
    place = placement(g, perspective, namespace, host, port, subset)
    if service is None or place is None:
        return Assignment(name)
    service = service.declaring(port)
    wanted = frozenset(place.labels)
    cluster = own_cluster(g, perspective, host)
    crossing = None if named else crossing_of(g, perspective)
    members = [
        (each, _endpoint(g, each, condition))
        for each in registry.endpoints(g, namespace, host, port)
        if (condition := _condition(service, each)) is not None
        and (_is_name(each.address) if named else is_reachable(each.address) or (crossing is not None and not each.address))
        and (not wanted or wanted.issubset(_labels(each.workload)))
        and _is_near_enough(service, each, perspective)
        and each.workload.cluster in ("", cluster or each.workload.cluster)
    ]
    if crossing is not None:
        members = [(each, endpoint) for each, endpoint in members if network_crossing.is_told(crossing, each.workload, endpoint)]
    return Assignment(name, _groups(place.preference, perspective, locality, members, crossing), (service.origin,))


class Omission(StrEnum):
    """Why an endpoint is not told."""

    UNREADY = "it is not ready"
    DRAINING = "it is about to end"
    ADDRESS = "its address is of a kind that this way of finding endpoints does not take"
    LABELS = "it lacks labels of the subset"
    NODE = "it runs on another node"
    CLUSTER = "it runs in another cluster"
    NETWORK = "it is on another network, to which no way leads"


def omissions(
    g: Graph, perspective: Perspective, namespace: str, host: str, port: int, subset: str, *, named: bool = False
) -> Iterator[tuple[running.Endpoint, Omission]]:
    """The endpoints of the port that this destination has not, each with the first reason. `named`: of those that the proxy resolves itself."""
    service = services.service(g, namespace, host)
    place = placement(g, perspective, namespace, host, port, subset)
    if service is None or place is None:
        return
    service = service.declaring(port)
    cluster, crossing = own_cluster(g, perspective, host), None if named else crossing_of(g, perspective)
    for each in registry.endpoints(g, namespace, host, port):
        found = _omission(service, place, each, perspective, cluster, named=named)
        if found is None and crossing is not None and not network_crossing.is_told(crossing, each.workload, _endpoint(g, each, Condition.HEALTHY)):
            found = Omission.NETWORK
        if found is not None:
            yield each, found


def _omission(service: Service, place: Placement, each: running.Endpoint, perspective: Perspective, cluster: str, *, named: bool) -> Omission | None:
    if _condition(service, each) is None:
        return Omission.UNREADY if each.workload.health is Health.UNHEALTHY else Omission.DRAINING
    if not (_is_name(each.address) if named else is_reachable(each.address)):
        return Omission.ADDRESS
    if not frozenset(place.labels).issubset(_labels(each.workload)):
        return Omission.LABELS
    if not _is_near_enough(service, each, perspective):
        return Omission.NODE
    return None if each.workload.cluster in ("", cluster or each.workload.cluster) else Omission.CLUSTER


class Borders(msgspec.Struct, frozen=True):
    """What keeps clients from endpoints: the gateways of networks, and hosts that are called in their own cluster only (patterns, later ones win)."""

    gateways: network_crossing.Gateways
    cluster_local: tuple[tuple[str, bool], ...]


@query
def borders(g: Graph) -> Borders:
    """Of the whole mesh. One cell, because each of thousands reads all of it."""
    return Borders(networks.gateways(g), mesh.cluster_local_hosts(g))


def crossing_of(g: Graph, perspective: Perspective) -> Crossing | None:
    """How the client reaches other networks; None where no gateway is known, so that every endpoint is sent to directly."""
    gateways = borders(g).gateways
    if not gateways:
        return None
    carried = dict(perspective.labels)
    visible = frozenset(filter(None, carried.get(NETWORK_VIEW, "").split(",")))
    return network_crossing.crossing(carried.get(NETWORK, ""), gateways, carried.get(FAMILIES, "4"), visible)


def own_cluster(g: Graph, perspective: Perspective, host: str) -> str:
    """The only cluster whose endpoints the client is told of; empty for any (MC-4)."""
    return dict(perspective.labels).get(CLUSTER, "") if is_cluster_local(g, host) else ""


def is_cluster_local(g: Graph, host: str) -> bool:
    """Whether the host is called only in the client's own cluster."""
    return next((local for pattern, local in reversed(borders(g).cluster_local) if hosts.matches(host, pattern)), False)


def _condition(service: Service, endpoint: running.Endpoint) -> Condition | None:
    """SD-12: "not-ready ones only if the service publishes not-ready addresses or unhealthy sending is on"; None leaves out."""
    health = endpoint.workload.health
    if health is Health.DRAINING or any(key == DRAINING_LABEL and value for key, value in endpoint.workload.labels):
        return Condition.DRAINING if service.is_persistent else None
    if health is Health.HEALTHY or service.publish_not_ready:
        return Condition.HEALTHY
    return Condition.UNHEALTHY if tells_unready(service) else None


def tells_unready(service: Service) -> bool:
    """Whether endpoints that are not ready are told: of a service that wants to be called near.

    So calls go farther as fewer of the near are well, and not all at once when none is.
    """
    return locality_preference.is_known(service.distribution)


def is_reachable(address: str) -> bool:
    """Names are not for assigned endpoints: Envoy would refuse all of them for the sake of one."""
    return _ADDRESS.fullmatch(address) is not None or address.startswith(UNIX)


def _is_name(address: str) -> bool:
    """Sockets have no name that could be resolved."""
    return bool(address) and not address.startswith(UNIX)


def _is_near_enough(service: Service, endpoint: running.Endpoint, perspective: Perspective) -> bool:
    """SD-15: "`internalTrafficPolicy: Local` → only endpoints on the proxy's node"."""
    node = dict(perspective.labels).get(NODE, "") if service.node_local else ""
    return not node or endpoint.workload.node == node


def _endpoint(g: Graph, of: running.Endpoint, condition: Condition) -> Endpoint:
    workload = of.workload
    word = workload_word(workload.controller or workload.name, workload.namespace, workload.labels, workload.cluster)
    return Endpoint(of.address, of.port, _takes_mutual_tls(g, of), word, min(workload.weight or 1, HEAVIEST), condition)


def _takes_mutual_tls(g: Graph, of: running.Endpoint) -> bool:
    """CL-3: "when its workload label/WE says istio AND its effective PA mode on that port ≠ DISABLE"."""
    if not of.workload.mutual_tls:
        return False
    return policies_to_callers(g, of.workload.namespace).of(of.workload.labels).on(of.port) is not PeerMode.DISABLE


@lru_cache(maxsize=1 << 14)
def workload_word(name: str, namespace: str, labels: Labels, cluster: str) -> str:
    """A workload as telemetry reports it (CL-9): "name;ns;canonical-name;canonical-revision;cluster"."""
    carried = dict(labels)
    canonical = next((carried[key] for key in _NAME_LABELS if key in carried), name)
    revision = next((carried[key] for key in _REVISION_LABELS if key in carried), "latest")
    return ";".join((name, namespace, canonical, revision, cluster))


def _labels(workload: Workload) -> Iterable[tuple[str, str]]:
    """DR-14: "labels (of Pod/WE plus `topology.*` labels)"."""
    return {**_topology(workload), **dict(workload.labels)}.items()


def _topology(workload: Workload) -> Mapping[str, str]:
    return locality_preference.topology_labels(place_of(workload.locality), workload.network, workload.cluster, workload.node)


@lru_cache(maxsize=1024)
def place_of(text: str) -> Locality:
    """`region/zone/subzone` in its parts."""
    return Locality(*text.split("/", 2)) if text else _NOWHERE


HEAVIEST = 2**16
"""Envoy refuses endpoints whose weights come to more than 2³² in one locality."""

Members = list[tuple[running.Endpoint, Endpoint]]


def _groups(
    preferred: Preference | None, perspective: Perspective, locality: Locality | None, members: Members, crossing: Crossing | None
) -> tuple[Group, ...]:
    """Endpoints of one locality and priority together, the first priority first."""
    ranks = _ranks(preferred, perspective, locality or _NOWHERE, members)
    sorted_in: dict[tuple[int, Locality], list[tuple[Workload, Endpoint]]] = {}
    for (each, endpoint), rank in zip(members, ranks, strict=True):
        sorted_in.setdefault((rank, place_of(each.workload.locality)), []).append((each.workload, endpoint))
    groups = [
        Group(place, told, sum(each.weight for each in told), rank)
        for (rank, place), found in sorted(sorted_in.items(), key=lambda item: item[0])
        if (told := _told(crossing, found))
    ]
    return _shared(preferred, locality, groups)


def _told(crossing: Crossing | None, found: list[tuple[Workload, Endpoint]]) -> tuple[Endpoint, ...]:
    if crossing is None:
        return tuple(dict.fromkeys(endpoint for _, endpoint in found))
    return network_crossing.crossed(crossing, found)


def _ranks(preferred: Preference | None, perspective: Perspective, locality: Locality, members: Members) -> list[int]:
    if preferred is None or preferred.shares:
        return [0] * len(members)
    if preferred.keys:
        own = locality_preference.own_labels(locality, perspective.labels)
        ranks = [locality_preference.unlikeness(preferred, own, dict(_labels(each.workload))) for each, _ in members]
    elif locality == _NOWHERE or not preferred.ranks:
        return [0] * len(members)
    else:
        ranks = [locality_preference.distance(preferred, locality, place_of(each.workload.locality)) for each, _ in members]
    places = locality_preference.compacted(ranks)
    return [places[rank] for rank in ranks]


def _shared(preferred: Preference | None, locality: Locality | None, groups: list[Group]) -> tuple[Group, ...]:
    """The groups with the weights that the rules give to localities, without those that get none."""
    if preferred is None or not preferred.shares:
        return tuple(groups)
    weights = locality_preference.share_weights(preferred, locality or _NOWHERE, {group.locality: group.weight for group in groups})
    if weights is None:
        return tuple(groups)
    return tuple(msgspec.structs.replace(group, weight=weights[group.locality]) for group in groups if group.locality in weights)
