"""Where requests go that come in at a gateway: the virtual hosts of its route tables (GW-4, GW-5, GW-8, VS-13).

Nobody walks all rules of a gateway: which domains a table has is known in pieces, by what the hosts' names hash to, and the rules of one domain are
found by its name. So one rule more costs its own virtual host and one piece.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lateen.api import inputs, mesh
from lateen.api.indexes import GATEWAY_HOST, GATEWAY_PART, PARTS, part, wildcards_over
from lateen.flow import Graph, query
from lateen.ir.gateway import Place, Table
from lateen.ir.routes import Rule, VirtualHost
from lateen.ir.view import Perspective
from lateen.translate import ingresses
from lateen.translate.delegates import delegates
from lateen.translate.domains import bracketed
from lateen.translate.route_matches import Clients
from lateen.translate.routes import merged, rules
from lateen.translate.virtual_services import Refs, by_age, subject
from lateen.translate.visibility import client_labels, is_visible, rule_export
from lateen.values import hosts
from lateen.values.ref import Ref


class Speaker(msgspec.Struct, frozen=True, cache_hash=True):
    """A gateway's part in one domain: whose rules count that name the domain, and whose that name a wildcard over it, as the domain is one of the
    gateway's own hosts. Namespaces, "" for all.
    """

    gateway: str
    namespaces: tuple[str, ...]
    own: tuple[str, ...]
    redirects: bool


class Domain(msgspec.Struct, frozen=True, cache_hash=True):
    """One domain of a route table, with all that its virtual host depends on besides the rules."""

    table: str
    number: int
    secure: bool
    host: str
    speakers: tuple[Speaker, ...]

    @property
    def name(self) -> str:
        """The name of its virtual host."""
        return f"{self.host}:{self.number}"


def own_domains(table: Table) -> tuple[Domain, ...]:
    """The domains that the gateways themselves name; those for which there is no rule have no virtual host after all."""
    return tuple(_domain(table, host) for host in sorted(_own(table)))


@query
def part_domains(g: Graph, table: Table, piece: int) -> tuple[Domain, ...]:
    """The domains of one of the `PARTS` that rules name and that are more specific than what the gateways name."""
    own = _own(table)
    found = {
        host
        for gateway in dict.fromkeys(place.gateway for place in table.places)
        for ref in inputs.indexed(g, GATEWAY_PART, f"{gateway} {piece}")
        for host in spoken(g, ref)
        if part(host) == piece and host not in own
    }
    return tuple(domain for host in sorted(found) if (domain := _domain(table, host)).speakers)


def domains(g: Graph, table: Table) -> Iterator[Domain]:
    """All domains of a table."""
    yield from own_domains(table)
    for piece in pieces(table):
        yield from part_domains(g, table, piece)


def pieces(table: Table) -> range:
    """The parts in which a table can have domains: none where its gateways name no wildcard, for nothing is more specific than a name."""
    return range(PARTS if any(hosts.is_wildcard(host) for host in _own(table)) else 0)


def spoken(g: Graph, ref: Ref) -> tuple[str, ...]:
    """The hosts that a VirtualService or Ingress speaks of, in full and in lower case."""
    if ref.kind == ingresses.KIND:
        return ingresses.hosts(g, ref)
    return tuple(dict.fromkeys(host.lower() for host in subject(g, ref).hosts))


def _own(table: Table) -> frozenset[str]:
    return frozenset(each.host for place in table.places for each in place.hosts)


def _domain(table: Table, host: str) -> Domain:
    speakers = (_speaker(place, host) for place in table.places)
    return Domain(table.name, table.number, table.secure, host, tuple(each for each in speakers if each is not None))


def _speaker(place: Place, host: str) -> Speaker | None:
    covering = [each for each in place.hosts if hosts.is_subset(host, each.host)]
    if not covering:
        return None
    own = {each.namespace for each in covering if each.host == host}
    return Speaker(place.gateway, tuple(sorted({each.namespace for each in covering})), tuple(sorted(own)), place.redirects)


@query
def virtual_host(g: Graph, seen: Perspective, domain: Domain) -> VirtualHost | None:
    """The virtual host of a domain for a gateway workload; None when no rule speaks of it, and nothing is redirected either."""
    said: dict[Ref, tuple[Rule, ...]] = {}
    redirected = False
    for speaker in domain.speakers:
        found = attached(g, seen, domain.host, speaker)
        redirected = redirected or (speaker.redirects and bool(speaker.own or found))
        for ref in found:
            there = _rules(g, ref, seen, domain, speaker.gateway)
            said[ref] = tuple(dict.fromkeys((*said[ref], *there))) if ref in said else there  # A match may be for one gateway alone (VS-26).
    together = _together(said)
    if not together and not redirected:
        return None
    return VirtualHost(
        domain.name,
        (bracketed(domain.host),),
        together,
        https_only=redirected,
        counted=mesh.counts_attempts(g),
        origins=tuple(dict.fromkeys(_origins(g, together))),
    )


def _together(said: dict[Ref, tuple[Rule, ...]]) -> tuple[Rule, ...]:
    written = [found for ref, found in said.items() if ref.kind != ingresses.KIND]
    taken = ingresses.ordered(rule for ref, found in said.items() if ref.kind == ingresses.KIND for rule in found)
    return merged([*written, taken])


def _rules(g: Graph, ref: Ref, seen: Perspective, domain: Domain, gateway: str) -> tuple[Rule, ...]:
    if ref.kind == ingresses.KIND:
        return ingresses.rules(g, ref, domain.host, Perspective(seen.namespace, gateway=True))
    keys = client_labels(g, ref)
    client = Perspective(seen.namespace, tuple(pair for pair in seen.labels if pair[0] in keys), gateway=True)
    return rules(g, ref, Clients(client, domain.number, gateway, domain.secure))


def attached(g: Graph, seen: Perspective, host: str, speaker: Speaker) -> Refs:
    """The rules of a gateway about a domain, the older first (GW-4): "the vhost domain is the more specific of both"."""
    named = set(inputs.indexed(g, GATEWAY_HOST, f"{speaker.gateway} {host}"))
    found = {ref for ref in named if _counts(g, seen, speaker.namespaces, ref)}
    for wildcard in wildcards_over(host) if speaker.own and host != "*" else ():
        if wildcard != host:
            wider = inputs.indexed(g, GATEWAY_HOST, f"{speaker.gateway} {wildcard}")
            found.update(ref for ref in wider if _counts(g, seen, speaker.own, ref))
    return by_age(g, tuple(sorted(found)))


def _counts(g: Graph, seen: Perspective, namespaces: tuple[str, ...], ref: Ref) -> bool:
    if "" not in namespaces and ref.namespace not in namespaces:
        return False
    if ref.kind == ingresses.KIND:
        return ingresses.is_ours(g, ref)
    return subject(g, ref).http and is_visible(rule_export(g, ref), ref.namespace, seen.namespace)


def _origins(g: Graph, said: tuple[Rule, ...]) -> Iterator[Ref]:
    for rule in said:
        if rule.origin is not None:
            yield rule.origin
            if rule.origin.kind != ingresses.KIND:
                yield from delegates(g, rule.origin)
