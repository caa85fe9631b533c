"""Which hosts are another thing to one proxy than to everybody, and what of the proxy decides that.

A proxy is narrowed to a `Client`: its namespace, those of its labels that anything looks at, and where it runs if that matters. Equal clients share
everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from lateen.api import inputs
from lateen.flow import Graph, query
from lateen.ir.view import NOWHERE, PUBLIC, Labels, Locality, Perspective, View
from lateen.registry import services, workloads
from lateen.translate import destinations, endpoints, virtual_services
from lateen.translate.destination_rules import ranking_labels
from lateen.translate.domains import at_address, meanings, rivals, spellings
from lateen.translate.locality_preference import CLUSTER, NETWORK, NODE, distribution_keys, topology_labels
from lateen.translate.outbound import families
from lateen.translate.route_perspective import route_label_keys, route_labelled_hosts, route_perspective, route_special_hosts
from lateen.translate.visibility import RULE_KINDS, label_keys, labelled_rules, perspective, rule_hosts, service_for, special_hosts
from lateen.values import hosts
from lateen.values.ref import Ref

Place = tuple[Locality, str, str]
"""A locality, a node and a network."""


class Client(msgspec.Struct, frozen=True, cache_hash=True):
    """What of a proxy its configuration depends on besides the scope. `labels` are sorted; `locality` is None where it does not matter."""

    namespace: str
    labels: Labels = ()
    locality: Locality | None = None


ANYBODY = Client("")


def client(g: Graph, view: View) -> Client:
    """The client that a proxy of the View is to hosts and rules."""
    return Client(view.namespace, _of(view.labels, client_label_keys(g)))


def near_client(g: Graph, view: View) -> Client:
    """The same with what ranks endpoints: where it runs, and labels; its node counts as the label `kubernetes.io/hostname`, and so on."""
    locality, node, network = _place(g, view)
    named = {NODE: node, NETWORK: network, CLUSTER: view.cluster, endpoints.NETWORK_VIEW: view.setting("REQUESTED_NETWORK_VIEW")}
    if (versions := families(view.addresses)) != "4":
        named[endpoints.FAMILIES] = versions
    carried = {**dict(view.labels), **{key: value for key, value in named.items() if value}}
    keys = {*client_label_keys(g), *near_label_keys(g)}
    return Client(view.namespace, _of(tuple(sorted(carried.items())), keys), locality if locality != NOWHERE else None)


def locality(g: Graph, view: View) -> Locality:
    """Where the proxy runs, as far as anybody knows."""
    return _place(g, view)[0]


def _of(labels: Labels, keys: Iterable[str]) -> Labels:
    wanted = set(keys)
    return tuple(pair for pair in labels if pair[0] in wanted)


def _place(g: Graph, view: View) -> Place:
    """What the proxy says itself, else what its workload's object says (SD-18)."""
    known = registered_place(g, view.addresses[0], view.namespace) if view.addresses else (NOWHERE, "", "")
    return (view.locality if view.locality != NOWHERE else known[0], view.node or known[1], view.network or known[2])


@query
def registered_place(g: Graph, address: str, namespace: str) -> Place:
    """The locality, the node and the network of the workload at the address, as far as they are known."""
    for workload in workloads.at(g, address):
        if workload.namespace == namespace:
            return endpoints.place_of(workload.locality), workload.node, workload.network
    return NOWHERE, "", ""


# Hosts and rules


@query
def labelled_hosts(g: Graph) -> tuple[str, ...]:
    """The hosts about which some rule looks at the labels of clients, sorted."""
    refs = [ref for kind in RULE_KINDS for namespace in inputs.namespaces(g, kind) for ref in labelled_rules(g, kind, namespace)]
    return tuple(sorted({host for ref in refs for named in rule_hosts(g, ref) for host in _covered(g, named)}))


@query
def client_label_keys(g: Graph) -> tuple[str, ...]:
    """All label keys of clients that any rule looks at, sorted: of a proxy's labels no others matter to hosts and routes."""
    routed = (key for host in route_labelled_hosts(g, labelled_hosts(g)) for key in route_label_keys(g, host))
    return tuple(sorted({*routed, *(key for host in labelled_hosts(g) for key in label_keys(g, host))}))


def _covered(g: Graph, named: str) -> Iterator[str]:
    return services.covered(g, named) if hosts.is_wildcard(named) else iter((named,))


# Virtual hosts


@query
def rival_hosts(g: Graph, namespace: str) -> tuple[str, ...]:
    """The hosts that lose names or addresses to those that only this namespace sees, or get them back from those that it does not see, sorted."""
    found: set[str] = set()
    for host in special_hosts(g, namespace):
        service, common = service_for(g, Perspective(namespace), host), service_for(g, PUBLIC, host)
        if service != common:
            found.update(rival for each in (service, common) if each is not None for rival in rivals(g, each))
    for name in virtual_services.private_hosts(g, namespace):
        named = (*meanings(name.lower(), namespace, inputs.domain(g)), *at_address(g, name))
        found.update(host for each in named for host in spellings(g, each) if host != name)
    return tuple(sorted(found))


@query
def routed_differently(g: Graph, namespace: str) -> tuple[str, ...]:
    """The hosts whose virtual host may be another one for clients of this namespace than for everybody, sorted."""
    own = (*services.hosts(g, namespace), *rival_hosts(g, namespace), *route_special_hosts(g, namespace))
    return tuple(sorted({*own, *route_labelled_hosts(g, labelled_hosts(g))}))


@query
def privately_seen(g: Graph, namespace: str) -> bool:
    """Whether listeners and their tables may be others for clients of this namespace than for everybody."""
    return bool(route_special_hosts(g, namespace))


def routed_from(g: Graph, of: Client, host: str, hidden: tuple[Ref, ...] = ()) -> Perspective:
    """The narrowest perspective whose virtual host for the host is that of this client."""
    seen = route_perspective(g, of.namespace, of.labels, False, host, hidden)
    if hidden or (not seen.namespace and host in rival_hosts(g, of.namespace)):
        return msgspec.structs.replace(seen, namespace=of.namespace)
    return seen


# Endpoints


@query
def near_hosts(g: Graph) -> tuple[str, ...]:
    """The hosts whose endpoints are ranked by who the client is, as everybody's rules say, sorted."""
    declaring = (host for namespace in services.namespaces(g) for host, _ in _attentive(g, namespace)[0])
    ruling = (host for namespace in inputs.namespaces(g, "DestinationRule") for host in _ruled(g, namespace)[0])
    return tuple(sorted(host for host in {*declaring, *ruling} if is_near(g, PUBLIC, host)))


@query
def near_label_keys(g: Graph) -> tuple[str, ...]:
    """All label keys of clients by which endpoints are ranked, sorted: as services and rules say that everybody sees, or just somebody."""
    found = {key for host in near_hosts(g) for key in _keys(g, host)}
    found.update(key for namespace in services.namespaces(g) for _, keys in _attentive(g, namespace)[0] for key in keys)
    found.update(key for namespace in inputs.namespaces(g, "DestinationRule") for key in _ruled(g, namespace)[1])
    if endpoints.borders(g).gateways:
        found.update((NETWORK, endpoints.NETWORK_VIEW, endpoints.FAMILIES))
    return tuple(sorted(found))


@query
def _attentive(g: Graph, namespace: str) -> tuple[tuple[tuple[str, tuple[str, ...]], ...], bool]:
    """The hosts of the namespace that themselves say how near endpoints must be (SD-15), or of which not all clients are told alike (MC-2, MC-4).

    With each are the labels of clients that it looks at. And whether there is any whose destinations themselves depend on where a client runs.
    """
    each_host = bool(endpoints.borders(g).gateways) or endpoints.of_mesh(g).prefers
    found, placed = [], False
    for host in services.hosts(g, namespace):
        service = services.service(g, namespace, host)
        placed = placed or endpoints.is_placed(g, namespace, host)
        if service is not None and (each_host or service.distribution or service.node_local or endpoints.is_cluster_local(g, host)):
            found.append((host, (*distribution_keys(service.distribution), *((NODE,) if service.node_local else ()))))
    return tuple(found), placed


@query
def _ruled(g: Graph, namespace: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The hosts that rules of the namespace are about, and the labels of clients by which these rank endpoints."""
    refs = [Ref("DestinationRule", namespace, name) for name in inputs.names(g, "DestinationRule", namespace)]
    about = dict.fromkeys(host for ref in refs for named in rule_hosts(g, ref) for host in _covered(g, named))
    return tuple(about), tuple(sorted({key for ref in refs for key in _ranking(g, ref)}))


@query
def _ranking(g: Graph, ref: Ref) -> frozenset[str]:
    """The labels of clients by which one rule ranks endpoints."""
    rule = inputs.resource(g, ref)
    return ranking_labels(rule.spec) if rule is not None else frozenset()


@query
def is_near(g: Graph, seen: Perspective, host: str) -> bool:
    """Whether any of the host's endpoints are ranked by who the client is."""
    service = service_for(g, seen, host)
    if service is None:
        return False
    owner = service.namespace
    return any(
        endpoints.needs_locality(g, seen, owner, host, port, subset) or endpoints.needs_labels(g, seen, owner, host, port, subset)
        for port, subset in destinations.destinations(g, seen, owner, host)
    )


def _keys(g: Graph, host: str) -> Iterator[str]:
    service = service_for(g, PUBLIC, host)
    if service is not None:
        for port, subset in destinations.destinations(g, PUBLIC, service.namespace, host):
            yield from endpoints.needs_labels(g, PUBLIC, service.namespace, host, port, subset)


def served_from(g: Graph, seen: Perspective, of: Client, namespace: str, host: str, port: int, subset: str) -> tuple[Perspective, Locality | None]:
    """From where these endpoints are looked at: `seen` with the labels that rank them, and the locality if it does."""
    if of.locality is None and not of.labels:
        return seen, None
    keys = endpoints.needs_labels(g, seen, namespace, host, port, subset)
    ranking = tuple(pair for pair in of.labels if pair[0] in keys and pair not in seen.labels)
    looked = msgspec.structs.replace(seen, labels=tuple(sorted((*seen.labels, *ranking)))) if ranking else seen
    return looked, of.locality if endpoints.needs_locality(g, seen, namespace, host, port, subset) else None


def located(g: Graph, seen: Perspective, of: Client, namespace: str, host: str, port: int, subset: str) -> Perspective:
    """From where a destination is looked at: `seen`, with where the client runs and its labels where these rank names that it resolves itself."""
    if of.locality is None or not endpoints.is_placed(g, namespace, host):
        return seen
    looked, place = served_from(g, seen, of, namespace, host, port, subset)
    if place is None:
        return seen
    return msgspec.structs.replace(looked, labels=tuple(sorted({**dict(looked.labels), **topology_labels(place, "", "", "")}.items())))


@query
def places_matter(g: Graph) -> bool:
    """Whether there are destinations that are not the same wherever a client runs."""
    return any(_attentive(g, namespace)[1] for namespace in services.namespaces(g))


@query
def differing(g: Graph, what: str, of: Client) -> tuple[tuple[tuple[str, str], bool], ...]:
    """The hosts of which this client must be told something else than everybody: owner and host, each with whether it is shown at all."""
    found = set(routed_differently(g, of.namespace)) if what == "virtual_hosts" else {*special_hosts(g, of.namespace), *labelled_hosts(g)}
    if what in ("assignments", "collected", "members") or (what == "clusters" and places_matter(g)):
        found.update(near_hosts(g))
    pairs: list[tuple[tuple[str, str], bool]] = []
    for host in sorted(found):
        common = service_for(g, PUBLIC, host)
        service = service_for(g, perspective(g, of.namespace, of.labels, False, host), host)
        if service is not None:
            pairs.append(((service.namespace, host), True))
        if common is not None and (service is None or service.namespace != common.namespace):
            pairs.append(((common.namespace, host), False))
    return tuple(pairs)
