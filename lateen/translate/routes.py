"""Where HTTP requests go: the virtual hosts of a mesh, and the rules in them (VS-10…VS-14, LI-7, LI-8).

Rules and domains are two steps, for a proxy in the service's own namespace differs from others in the domains only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from lateen.api import inputs, mesh
from lateen.api.networking.virtual_service import Destination, HTTPMatchRequest
from lateen.flow import Graph, query
from lateen.ir.destination import BLACK_HOLE
from lateen.ir.match import EVERYTHING, Match, PathManner
from lateen.ir.routes import UNNAMED, Action, Answer, Forward, Rule, Share, VirtualHost
from lateen.ir.view import Perspective
from lateen.registry import services
from lateen.registry.service import Resolution, Service
from lateen.translate import route_actions, route_filters, route_policies, virtual_services
from lateen.translate.delegates import Owned, delegates, http_routes
from lateen.translate.domains import HTTP_PORT, bracketed, domains
from lateen.translate.grpc import may_be_spoken
from lateen.translate.hash_policy import hash_keys
from lateen.translate.route_matches import Clients, concerns, match_of
from lateen.translate.sessions import session
from lateen.translate.targets import Target, concrete_host, target
from lateen.values import hosts
from lateen.values.ref import Ref

Rules = tuple[Rule, ...]

BLOCKED = 502


@query
def rules(g: Graph, ref: Ref, clients: Clients) -> Rules:
    """What a VirtualService says to these clients, in its order; what is behind a rule that fits everything is left out (VS-20).

    Empty when none of its routes concerns them.
    """
    found: list[Rule] = []
    domain = inputs.domain(g)
    for part in parts(g, ref):
        if concerns(part.request, clients, part.owned.ref.namespace, domain):
            rule = _rule(g, ref, part.owned, clients, part.match, part.request)
            found.append(rule)
            if rule.match.fits_all:
                break
    return tuple(found)


class Part(NamedTuple):
    """What becomes one rule: a route, and the match of that `number` in it; -1 is a route without conditions."""

    owned: Owned
    number: int
    request: HTTPMatchRequest

    @property
    def match(self) -> Match:
        """What is left to be tested on each request."""
        return match_of(self.request) if self.number >= 0 else EVERYTHING


_ANY_REQUEST = HTTPMatchRequest()


def parts(g: Graph, ref: Ref) -> Iterator[Part]:
    """All that a VirtualService says of HTTP, part by part in its order, whoever calls."""
    for owned in http_routes(g, ref):
        if not owned.route.match:
            yield Part(owned, -1, _ANY_REQUEST)
        yield from (Part(owned, number, request) for number, request in enumerate(owned.route.match))


def _rule(g: Graph, origin: Ref, owned: Owned, clients: Clients, match: Match, request: HTTPMatchRequest) -> Rule:
    route = owned.route
    action = _action(g, owned, clients, match)
    request_changes, response_changes = route_actions.header_changes(route.headers)
    if isinstance(action, Forward) and len(action.shares) == 1:
        sole = action.shares[0]
        request_changes, response_changes = request_changes.then(sole.request), response_changes.then(sole.response)
        action = msgspec.structs.replace(action, shares=(Share(sole.destination),))
    return Rule(
        action=action,
        match=match,
        name=".".join(name for name in (route.name, request.name) if name) or UNNAMED,
        operation=operation(action, match, clients.port),
        request=request_changes,
        response=response_changes,
        fault=route_filters.fault(route.fault),
        cors=route_filters.cors(route.cors_policy),
        stat_prefix=request.stat_prefix,
        origin=origin,
    )


def _action(g: Graph, owned: Owned, clients: Clients, match: Match) -> Action:
    route = owned.route
    if route.redirect is not None:
        return route_actions.redirect(route.redirect, clients.port, secure=clients.secure, path=match.path)
    if route.direct_response is not None:
        return route_actions.answer(route.direct_response)
    return _forward(g, owned, clients, match)


def _forward(g: Graph, owned: Owned, clients: Clients, match: Match) -> Forward:
    route = owned.route
    perspective = clients.perspective
    domain = inputs.domain(g)

    def meant(destination: Destination) -> Target:
        return target(g, perspective, hosts.qualified(destination.host, owned.ref.namespace, domain), destination, clients.port)

    def named(destination: Destination) -> str:
        return meant(destination).name

    parts = route_actions.shares(route.route, named)
    keys = tuple(dict.fromkeys(key for part in route.route for key in hash_keys(g, perspective, meant(part.destination))))
    authority = route_actions.authority(route) or (parts[0].authority if len(parts) == 1 else "")
    return Forward(
        shares=tuple(msgspec.structs.replace(part, authority="") for part in parts) if authority else parts,
        timeout=route.timeout.nanoseconds if route.timeout is not None else 0,
        retry=route_policies.retry(route.retries, mesh.default_http_retry_policy(g), sticky=bool(keys)),
        authority=authority,
        tells_authority=bool(authority or any(part.authority for part in parts)) and mesh.tells_authority(g),
        path=route_actions.replacement(route.rewrite, match.path),
        mirrors=route_policies.mirrors(route, named),
        hash_keys=keys,
        session=next(filter(None, (session(g, perspective, meant(part.destination)) for part in route.route)), None),
    )


def operation(action: Action, match: Match, port: int) -> str:
    """What traces call a request: host, port and path, as far as the rule fixes them; empty when it is not sent on to a host of the mesh."""
    if not isinstance(action, Forward) or not action.shares or "|" not in action.shares[0].destination:
        return ""
    host = action.shares[0].destination.rpartition("|")[2]
    path = match.path
    if path.manner is PathManner.EXACT:
        return f"{host}:{port}{path.value}"
    return f"{host}:{port}{path.value}*" if path.manner is not PathManner.REGEX else f"{host}:{port}/*"


def _first(g: Graph, refs: Iterable[Ref], clients: Clients) -> Rules:
    """What the first of these VirtualServices says that says anything to the clients (VS-10)."""
    return next(filter(None, (rules(g, ref, clients) for ref in refs)), ())


def default_rule(g: Graph, perspective: Perspective, host: str, port: int) -> Rule:
    """What holds where nobody says anything: requests go to the port of the host that they came for, or of what it is an alias of."""
    meant = Target(concrete_host(g, perspective, host), port)
    keys = hash_keys(g, perspective, meant)
    retry = route_policies.retry(None, mesh.default_http_retry_policy(g), sticky=bool(keys))
    action = Forward((Share(meant.name),), retry=retry, hash_keys=keys, session=session(g, perspective, meant))
    return Rule(action, operation=operation(action, EVERYTHING, port))


def mesh_rules(g: Graph, perspective: Perspective, host: str, port: int) -> Rules:
    """What sidecars do with HTTP to a port of a host of the registry; for an alias it is what is done for the service that it stands for (SD-14)."""
    speakers = virtual_services.for_http(g, perspective, concrete_host(g, perspective, host))
    return _first(g, speakers, Clients(perspective, port)) or (default_rule(g, perspective, host, port),)


def virtual_host(g: Graph, perspective: Perspective, own: bool, namespace: str, host: str, port: int, sniffed: bool) -> VirtualHost | None:
    """The virtual host of a port of the host that `namespace` declares; None when it declares none, or others have all of its names.

    `own`: the client is in that namespace, where short names are understood. `sniffed`: the listener is the service's alone, so any Host will do.
    """
    service = services.service(g, namespace, host)
    if service is None:
        return None
    names = ("*",) if sniffed else domains(g, perspective, service, port, own)
    if not names:
        return None
    found = mesh_rules(g, perspective, host, port)
    declared = service.port(port)
    grpc = (declared is not None and declared.protocol.may_be_grpc) or may_be_spoken(g, perspective, found)
    origins = (service.origin, *_origins(g, found))
    return VirtualHost(name_of(service, port), names, found, counted=mesh.counts_attempts(g), grpc=grpc, origins=origins)


def name_of(service: Service, port: int) -> str:
    """The name of the virtual host of a port; that of an alias leaves `host:port` to what a rule says of it."""
    return f"{'alias|' if service.resolution is Resolution.ALIAS else ''}{service.host}:{port}"


def _origins(g: Graph, found: Rules) -> Iterator[Ref]:
    for ref in dict.fromkeys(rule.origin for rule in found if rule.origin is not None):
        yield ref
        yield from delegates(g, ref)


@query
def extra_virtual_host(g: Graph, perspective: Perspective, host: str) -> VirtualHost | None:
    """The virtual host of one of the extra hosts, for the route table of port 80; None when the perspective is shown no rule that speaks of it."""
    found = _first(g, virtual_services.for_extra_host(g, perspective, host), Clients(perspective, HTTP_PORT))
    if not found:
        return None
    origins = tuple(_origins(g, found))
    return VirtualHost(f"{host}:{HTTP_PORT}", (bracketed(host),), found, counted=mesh.counts_attempts(g), grpc=True, origins=origins)


def catch_all(destination: str) -> VirtualHost:
    """Where requests go whose Host nobody knows (LI-7): `PassthroughCluster`, `BlackHoleCluster`, which answers 502, or an egress proxy."""
    if destination == BLACK_HOLE:
        return VirtualHost("block_all", ("*",), (Rule(Answer(BLOCKED), name="block_all"),))
    return VirtualHost("allow_any", ("*",), (Rule(Forward((Share(destination),)), name="allow_any"),))


def merged(lists: Iterable[Rules]) -> Rules:
    """The rules of several VirtualServices about one host of a gateway, in their order, what fits everything last (VS-13)."""
    found = [rule for each in lists for rule in each]
    last = next((rule for rule in found if rule.match.fits_all), None)
    return (*(rule for rule in found if not rule.match.fits_all), *((last,) if last is not None else ()))
