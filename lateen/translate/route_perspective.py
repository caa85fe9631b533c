"""Who sees the virtual host of a host differently from anybody else: more than those who see the host itself differently.

A rule names its destinations by port, and carries what requests stick to; both are asked of the destination as the client sees it. So what is special
about a destination is special about every host that is routed there. So it is with delegates, whose matches may look at the client.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lateen.api import inputs
from lateen.api.indexes import CLIENT, DELEGATE, ROUTED
from lateen.flow import Graph, query
from lateen.ir.view import PUBLIC, Labels, Perspective
from lateen.registry import services
from lateen.registry.service import Resolution
from lateen.translate.delegates import delegates
from lateen.translate.targets import aliases_of
from lateen.translate.virtual_services import KIND, Refs, destinations, subject
from lateen.translate.visibility import client_labels, client_namespaces, label_keys, labelled_rules, rules_about, special_hosts, specials
from lateen.values import hosts
from lateen.values.ref import Ref

Words = tuple[str, ...]


@query
def route_specials(g: Graph, host: str) -> tuple[str, ...]:
    """The namespaces that may need a virtual host of their own for the host, sorted."""
    return _with_routes(g, host, specials, client_namespaces)


@query
def route_label_keys(g: Graph, host: str) -> tuple[str, ...]:
    """The label keys of clients that matter to the host's virtual host, sorted."""
    return _with_routes(g, host, label_keys, client_labels)


def _with_routes(g: Graph, host: str, of_host: Callable[[Graph, str], Words], of_rule: Callable[[Graph, Ref], Words]) -> Words:
    """What matters to the host, to what it is an alias of, to the destinations of the rules about these, and to the delegates of those."""
    own = of_host(g, host)
    rules = tuple(rules_about(g, KIND, host))
    meant = tuple(_meant(g, host))
    if not rules and not meant:
        return own
    found = {*own, *(each for name in meant for each in of_host(g, name))}
    for ref in dict.fromkeys((*rules, *(each for name in meant for each in rules_about(g, KIND, name)))):
        found.update(*(of_host(g, destination) for destination in destinations(g, ref)))
        found.update(*(of_rule(g, leaf) for leaf in delegates(g, ref)))
    return tuple(sorted(found))


def _meant(g: Graph, host: str) -> Iterator[str]:
    """The names that the host is an alias of, be it by way of others, to anybody: some clients may not see the service at the end of them."""
    passed, waiting = {host}, [host]
    while waiting:
        name = waiting.pop()
        declared = (services.service(g, owner, name) for owner in services.declaring(g, name))
        for other in sorted({each.external_name for each in declared if each is not None and each.resolution is Resolution.ALIAS} - passed):
            passed.add(other)
            waiting.append(other)
            yield other


def route_perspective(g: Graph, namespace: str, labels: Labels, gateway: bool, host: str, hidden: Refs = ()) -> Perspective:
    """The narrowest perspective whose virtual host for the host is that of a proxy of this namespace with these labels."""
    keys = route_label_keys(g, host)
    own = namespace if namespace in route_specials(g, host) else ""
    if not (own or keys or gateway or hidden):
        return PUBLIC
    return Perspective(own, tuple(pair for pair in labels if pair[0] in keys), gateway, hidden)


@query
def route_special_hosts(g: Graph, namespace: str) -> tuple[str, ...]:
    """The hosts for which this namespace may need a virtual host of its own, sorted."""
    rules = {ref for ref in inputs.indexed(g, CLIENT, namespace) if ref.kind == KIND}
    return _with_routed(g, special_hosts(g, namespace), rules)


@query
def route_labelled_hosts(g: Graph, labelled: Words) -> Words:
    """The hosts whose virtual hosts look at the labels of clients, sorted; `labelled` are those about which some rule does so itself."""
    rules = {ref for namespace in inputs.namespaces(g, KIND) for ref in labelled_rules(g, KIND, namespace)}
    return _with_routed(g, labelled, rules)


def _with_routed(g: Graph, special: Words, rules: set[Ref]) -> Words:
    """The `special` hosts, and those that the `rules`, or rules with one of these hosts as destination, are about."""
    rules = rules | {ref for host in special for ref in inputs.indexed(g, ROUTED, host)}
    roots = {root for ref in rules for root in (ref, *inputs.indexed(g, DELEGATE, f"{ref.namespace}/{ref.name}"))}
    found = {*special, *(host for root in roots for named in subject(g, root).hosts for host in (named, *_covered(g, named)))}
    waiting = list(found)
    while waiting:
        aliases = set(aliases_of(g, waiting.pop())) - found
        found |= aliases
        waiting += aliases
    return tuple(sorted(found))


def _covered(g: Graph, named: str) -> Iterator[str]:
    return services.covered(g, named) if hosts.is_wildcard(named) else iter(())
