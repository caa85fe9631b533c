"""The outbound listeners of a sidecar: one for all captured traffic, which hands connections on, and one for each place that services claim
(LI-1…LI-10).

`plans` is the list of listeners, `listener` one of them. What all listeners of a proxy have in common is `Manner`; proxies alike in it
share listeners.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

import msgspec

from lateen.api import mesh
from lateen.flow import Graph, query
from lateen.ir.chain import SNIFFED_HTTP, SNIFFED_HTTP_10, Bytes, Chain, HttpOptions, Listener, Match, Observation, Requests, Side, Transport
from lateen.ir.destination import BLACK_HOLE, DYNAMIC_DNS, PASSTHROUGH
from lateen.ir.scope import Import, Scope
from lateen.ir.view import Labels, Perspective
from lateen.registry import services
from lateen.registry.service import ServicePort
from lateen.translate import streams
from lateen.translate.claims import ANYWHERE, Claim, Claims, Kind, in_order, kind, public_claims, service_claims
from lateen.translate.domains import meanings
from lateen.translate.listener_conflicts import Plan, merged
from lateen.translate.routes import catch_all
from lateen.translate.scope import hidden
from lateen.translate.visibility import label_keys, perspective, service_for, special_hosts
from lateen.values.ref import Ref

VIRTUAL_OUTBOUND = "virtualOutbound"
CATCH_ALL = "virtualOutbound-catchall-tcp"
CATCH_ALL_HTTP = "virtualOutbound-catchall-http"
LOOP = "virtualOutbound-blackhole"
OTHERWISE = "PassthroughFilterChain"
HTTP_PROXY_TABLE = "http_proxy"
OUTBOUND_PORT, INBOUND_PORT = 15001, 15006
LOOPBACK = "127.0.0.1"


class Manner(msgspec.Struct, frozen=True, cache_hash=True):
    """What the outbound listeners of a proxy have in common.

    `elsewhere` is the destination for what nobody claims; with `resolves`, requests to unknown hosts are looked up instead. `families` are
    the IP versions that the workload has, of "4", "6" and "46". Captured calls come in at `port`. `buffer` are the bytes that may wait on a
    connection, 0 for the usual number.
    """

    elsewhere: str = PASSTHROUGH
    resolves: bool = False
    families: str = "4"
    observation: Observation = Observation()
    options: HttpOptions = HttpOptions()
    port: int = OUTBOUND_PORT
    buffer: int = 0

    @property
    def unknown_hosts(self) -> str:
        """Where requests to hosts go that nobody declares."""
        return DYNAMIC_DNS if self.resolves else self.elsewhere


MANNER = Manner()


def families(addresses: tuple[str, ...]) -> str:
    """The IP versions of a proxy with these addresses; "4" where none is known."""
    return "".join(sorted({str(ip_address(address).version) for address in addresses})) or "4"


def is_dialled(plan: Plan, families: str) -> bool:
    """Whether a workload with addresses of these IP versions can connect to where the plan listens."""
    return plan.bind.startswith("unix://") or str(ip_address(plan.bind).version) in families or plan.bind == ANYWHERE


def plans(g: Graph, scope: Scope, labels: Labels = ()) -> tuple[Plan, ...]:
    """The listeners of a sidecar with this scope and these labels."""
    if not scope.everything:
        return _plans(g, scope, labels)
    special = special_hosts(g, scope.namespace)
    labelled = _labelled(g) if labels else ()
    return _plans(g, scope, _looked_at(g, labels, (*special, *labelled))) if special or labelled else public_plans(g)


def _looked_at(g: Graph, labels: Labels, among: tuple[str, ...]) -> Labels:
    keys = {key for host in among for key in label_keys(g, host)}
    return tuple(pair for pair in labels if pair[0] in keys)


@query
def public_plans(g: Graph) -> tuple[Plan, ...]:
    """The listeners of a sidecar whose namespace has nothing private to it."""
    return merged(_public(g))


@query
def _public(g: Graph) -> Claims:
    return in_order({claim for namespace in services.namespaces(g) for claim in public_claims(g, namespace)})


@query
def _labelled(g: Graph) -> tuple[str, ...]:
    """The hosts with claims of their own about which some rule looks at its clients' labels."""
    return tuple(sorted({claim.host for claim in _public(g) if claim.host and label_keys(g, claim.host)}))


@query
def _plans(g: Graph, scope: Scope, labels: Labels) -> tuple[Plan, ...]:
    return merged(scope_claims(g, scope, labels))


@query
def scope_claims(g: Graph, scope: Scope, labels: Labels) -> Claims:
    """What the hosts of the scope claim, each looked at as a sidecar of the scope's namespace with these labels does."""
    if not scope.everything:
        return in_order(_imported(g, scope, labels))
    own = {*special_hosts(g, scope.namespace), *(_labelled(g) if labels else ())}
    found = {claim for claim in _public(g) if claim.host not in own}
    for host in own:
        service = service_for(g, perspective(g, scope.namespace, labels, False, host), host)
        if service is not None:
            found.update(_claims(g, scope.namespace, labels, service.namespace, host))
    return in_order(found)


def _imported(g: Graph, scope: Scope, labels: Labels) -> set[Claim]:
    """SC-3: places that an import names are its own; what is left goes to the import that names none."""
    found: set[Claim] = set()
    for each in scope.imports:
        if each.is_a_place:
            found.update(_at_place(each, _import_claims(g, scope.namespace, labels, each)))
    taken = {(claim.bind, claim.port) for claim in found}
    for each in scope.imports:
        if not each.is_a_place:
            claims = _import_claims(g, scope.namespace, labels, each)
            found.update(claim for claim in claims if (claim.bind, claim.port) not in taken)
    return found


def _import_claims(g: Graph, namespace: str, labels: Labels, of: Import) -> Iterator[Claim]:
    for owner, host in of.hosts:
        yield from _claims(g, namespace, labels, owner, host, hidden(g, namespace, of, host))


def _at_place(of: Import, claims: Iterator[Claim]) -> Iterator[Claim]:
    """What is asked for at the one place of an import; its protocol decides whether that is requests."""
    bind = of.bind or (LOOPBACK if of.bound else "")
    if of.protocol.is_http:
        yield Claim(Kind.HTTP, bind or ANYWHERE, of.port, bound=of.bound)
    for claim in claims:
        if claim.number not in (0, of.port) or (of.port and claim.port != of.port):
            continue
        if not of.protocol.is_http or claim.kind is not Kind.HTTP:
            yield msgspec.structs.replace(claim, bind=bind, networks=(), bound=of.bound) if bind else claim


def _claims(g: Graph, namespace: str, labels: Labels, owner: str, host: str, unknown: tuple[Ref, ...] = ()) -> Claims:
    seen = perspective(g, namespace, labels, False, host)
    if unknown:
        seen = msgspec.structs.replace(seen, namespace=namespace, hidden=unknown)
    return service_claims(g, seen, owner, host)


@query
def mapped_plans(g: Graph, namespace: str, labels: Labels, address: str, places: tuple[tuple[str, int, int], ...]) -> tuple[Plan, ...]:
    """Listeners at ports of `address` that stand for a port of a host each (`places`: host, its port, the port to listen on): the application
    has been told to connect there instead.
    """
    found: list[Plan] = []
    for name, number, port in places:
        meant = (service_for(g, Perspective(namespace), host) for host in meanings(name, namespace, mesh.domain(g)))
        service = next((each for each in meant if each is not None), None)
        declared = service.port(number) if service is not None else None
        if service is not None and declared is not None:
            seen = perspective(g, namespace, labels, False, service.host)
            wish = Claim(Kind.TCP, address, port, (), seen, service.namespace, service.host, number, service.created, bound=True)
            found.append(Plan(address, port, False, tuple(msgspec.structs.replace(wish, kind=each) for each in _mapped(declared)), bound=True))
    return tuple(found)


def _mapped(port: ServicePort) -> tuple[Kind, ...]:
    """What may come to a place that stands for the port: where it is TLS also names of which no rule speaks, for they have nowhere else to go."""
    what = kind(port.protocol)
    return (Kind.SILENT,) if what is Kind.SILENT else (Kind.TLS, Kind.TCP) if what is Kind.TLS else (Kind.TCP,)


def without_own(found: tuple[Plan, ...], addresses: tuple[str, ...]) -> tuple[Plan, ...]:
    """Without listeners at the proxy's own addresses: an application that calls itself does not come through here (SD-13)."""
    return tuple(plan for plan in found if plan.bind not in addresses)


@query
def listener(g: Graph, plan: Plan, manner: Manner) -> Listener:
    """One listener. Its HTTP goes by the route table of the port; only a host with an address to itself has a table of its own (LI-2)."""
    chains = [*_http_chains(plan, manner), *_stream_chains(g, plan, manner)]
    otherwise = next((chain for chain in chains if chain.match == Match()), None)
    chains = [chain for chain in chains if chain.match != Match()]
    if otherwise is None and not plan.bound:
        otherwise = _otherwise(manner)
    return Listener(
        name=plan.name,
        addresses=_addresses(plan.bind, manner.families),
        port=plan.port,
        side=Side.OUTBOUND,
        chains=tuple(chains),
        otherwise=otherwise,
        bound=plan.bound,
        buffer=manner.buffer,
        inspect_tls=any(chain.match.server_names for chain in chains),
        sniff=any(chain.match.protocols for chain in chains),
        patience=mesh.protocol_detection_timeout(g).nanoseconds,
        origins=_origins(g, plan),
    )


def _addresses(bind: str, versions: str) -> tuple[str, ...]:
    if bind != ANYWHERE:
        return (bind,)
    return tuple({"4": ANYWHERE, "6": "::"}[version] for version in versions)


def _origins(g: Graph, plan: Plan) -> tuple[Ref, ...]:
    found = (services.service(g, claim.namespace, claim.host) for claim in plan.streams)
    return tuple(dict.fromkeys(service.origin for service in found if service is not None))


def _otherwise(manner: Manner) -> Chain:
    return Chain(OTHERWISE, Bytes(((manner.elsewhere, 1),), observation=manner.observation))


def _http_chains(plan: Plan, manner: Manner) -> Iterator[Chain]:
    """LI-4: what looks like HTTP; TLS to an HTTP port, or anything else, passes by. Where the application connects itself, nothing else comes."""
    if plan.http and plan.bound and not plan.streams:
        chain = _http_chain(plan, (), plan.table, manner)
        yield msgspec.structs.replace(chain, match=Match())
        return
    if plan.http:
        yield _http_chain(plan, (), plan.table, manner)
        return
    automatic = [claim for claim in plan.streams if claim.kind is Kind.AUTO]
    for claim in automatic:
        own = plan.bind != ANYWHERE and not claim.networks
        yield _http_chain(plan, claim.networks, f"{claim.host}:{claim.number}" if own else plan.table, manner)


def _http_chain(plan: Plan, networks: tuple[str, ...], table: str, manner: Manner) -> Chain:
    protocols = (SNIFFED_HTTP_10, *SNIFFED_HTTP) if manner.options.http10 else SNIFFED_HTTP
    handler = Requests(
        f"outbound_{plan.name}",
        table=table,
        observation=manner.observation,
        options=manner.options,
        resolves=plan.resolves or manner.resolves,
    )
    match = Match(prefixes=networks, transport=Transport.PLAIN, protocols=protocols)
    return Chain(plan.name, handler, match)


def _stream_chains(g: Graph, plan: Plan, manner: Manner) -> Iterator[Chain]:
    """The rules of each claim, the older first; a match that an older one has already is dropped (LI-3)."""
    taken: set[tuple[str, str]] = set()
    for claim in plan.streams:
        for stream in streams.streams(g, claim):
            wanted = _free(stream, taken)
            if wanted is not None:
                handler = msgspec.structs.replace(stream.handler, observation=manner.observation)
                for match in _beside_http(wanted, claim):
                    yield Chain(plan.name, handler, match, origins=stream.origins)


def _beside_http(match: Match, claim: Claim) -> tuple[Match, ...]:
    """Plain bytes to a network of which some are HTTP need a match of their own: there is no way back from one that fits in part."""
    if claim.kind is not Kind.AUTO or not match.prefixes:
        return (match,)
    return (msgspec.structs.replace(match, transport=Transport.PLAIN), match)


def _free(stream: streams.Stream, taken: set[tuple[str, str]]) -> Match | None:
    """What is left of a stream's match once older ones have theirs; None when nothing is."""
    prefixes = stream.networks or ("",)
    names = [name for name in stream.server_names or ("",) if not any((name, prefix) in taken for prefix in prefixes)]
    taken.update((name, prefix) for name in names for prefix in prefixes)
    return Match(prefixes=stream.networks, server_names=tuple(name for name in names if name)) if names else None


def virtual_outbound(manner: Manner) -> Listener:
    """LI-1: where all captured connections come in, and what becomes of those that no other listener takes."""
    loop = Chain(LOOP, Bytes(((BLACK_HOLE, 1),), observation=manner.observation), Match(port=manner.port))
    chains = (loop, _looked_up(manner)) if manner.resolves else (loop,)
    return Listener(
        name=VIRTUAL_OUTBOUND,
        addresses=_addresses(ANYWHERE, manner.families),
        port=manner.port,
        side=Side.OUTBOUND,
        chains=chains,
        otherwise=Chain(CATCH_ALL, Bytes(((manner.elsewhere, 1),), observation=manner.observation)),
        capture=True,
        sniff=manner.resolves,
        buffer=manner.buffer,
    )


def _looked_up(manner: Manner) -> Chain:
    """Requests to hosts that nobody declares, where they may be looked up."""
    handler = Requests(
        CATCH_ALL_HTTP,
        hosts=(catch_all(DYNAMIC_DNS),),
        known_as=CATCH_ALL_HTTP,
        observation=manner.observation,
        options=manner.options,
        resolves=True,
    )
    return Chain(CATCH_ALL_HTTP, handler, Match(transport=Transport.PLAIN, protocols=SNIFFED_HTTP))


def entrances(manner: Manner, proxy_port: int, interception: str, address: str = LOOPBACK) -> tuple[Listener, ...]:
    """The listeners that claims have no part in: for captured traffic unless `interception` is `NONE`, and the HTTP proxy at `address` unless
    its port is 0.
    """
    found = (virtual_outbound(manner),) if interception != "NONE" else ()
    return (*found, http_proxy(manner, proxy_port, address)) if proxy_port else found


def http_proxy(manner: Manner, port: int, address: str = LOOPBACK) -> Listener:
    """The explicit HTTP proxy, for applications that are told of it by `http_proxy` (LI-1, SC-7)."""
    handler = Requests(
        HTTP_PROXY_TABLE,
        table=HTTP_PROXY_TABLE,
        observation=manner.observation,
        options=manner.options,
        resolves=manner.resolves,
        tunnels=True,
    )
    chain = Chain(HTTP_PROXY_TABLE, handler)
    return Listener(f"{address}_{port}", (address,), port, Side.OUTBOUND, otherwise=chain, bound=True, buffer=manner.buffer)
