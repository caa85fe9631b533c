"""Patches of a listener and of all that is inside of it: its filters, its chains, their filters, the HTTP filters, and tables that it holds itself.

A step changes the message and returns what it changed; nothing when the patch has no place there. Filters are known by Envoy's old names, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from envoy.config.listener.v3.listener_components_pb2 import Filter, FilterChain, ListenerFilter
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.extensions.filters.http.router.v3.router_pb2 import Router
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import HttpConnectionManager, HttpFilter
from envoy.extensions.filters.network.tcp_proxy.v3.tcp_proxy_pb2 import TcpProxy
from google.protobuf.message import Message

from lateen.ir.patch import ListenerMatch, Operation, Patch, Place, Target
from lateen.render import patch_routes
from lateen.render.dormant import wake
from lateen.render.message import packed
from lateen.render.patch_lists import TAKEN, put, take
from lateen.render.patch_merge import merge, opened
from lateen.render.patch_values import value

OLD_NAMES: Mapping[str, str] = {
    **{
        f"envoy.{old}": f"envoy.filters.http.{new}"
        for old, new in (
            *((word, word) for word in ("buffer", "cors", "csrf", "ext_authz", "gzip", "health_check", "ip_tagging", "jwt_authn", "lua")),
            *(("fault", "fault"), ("grpc_http1_bridge", "grpc_http1_bridge"), ("grpc_json_transcoder", "grpc_json_transcoder")),
            *(("grpc_web", "grpc_web"), ("http_dynamo_filter", "dynamo"), ("rate_limit", "ratelimit"), ("router", "router"), ("squash", "squash")),
        )
    },
    **{
        f"envoy.{old}": f"envoy.filters.network.{new}"
        for old, new in (
            *((word, word) for word in ("client_ssl_auth", "echo", "http_connection_manager", "mongo_proxy", "redis_proxy", "tcp_proxy")),
            ("ratelimit", "ratelimit"),
        )
    },
    **{f"envoy.listener.{word}": f"envoy.filters.listener.{word}" for word in ("http_inspector", "original_dst", "original_src", "proxy_protocol")},
    "envoy.listener.tls_inspector": "envoy.filters.listener.tls_inspector",
}
"""Names of filters that Envoy once had, with those that they have now."""

_VIRTUAL = ("virtualInbound", "virtualOutbound")
_ENDS = tuple(f"type.googleapis.com/{kind.DESCRIPTOR.full_name}" for kind in (HttpConnectionManager, TcpProxy))
_ROUTER = f"type.googleapis.com/{Router.DESCRIPTOR.full_name}"
_MANAGER = _ENDS[0]
_AUTHENTICATION = ("envoy.filters.http.jwt_authn", "istio_authn")
_AUTHORIZATION = ("envoy.filters.http.ext_authz", "envoy.filters.http.rbac")
_STATISTICS = ("envoy.filters.http.grpc_stats", "istio.stats")

Changed = list[Message]


class Mismatch(ValueError):
    """A value that cannot be merged with what is there; the sentence says why."""


def same_name(wanted: str, name: str) -> bool:
    """Whether a filter of this name is meant."""
    return wanted == name or OLD_NAMES.get(wanted) == name


def step(listener: Listener, patch: Patch) -> Changed:
    """Carry out a patch. `REMOVE` of the listener itself is not for here. Raises `Unreadable`, `Mismatch`."""
    return list(_STEPS[patch.target](listener, patch))


def fits(listener: Listener, patch: Patch) -> bool:
    """Whether the patch is for this listener, or may be for something inside of it."""
    match = patch.match
    if not isinstance(match, ListenerMatch):
        return True
    if match.name and match.name != listener.name:
        return False
    if patch.target is not Target.LISTENER and listener.name in _VIRTUAL:
        return True  # Where everything captured comes in, the port is that of a chain.
    return not match.port or match.port == listener.address.socket_address.port_value


def _match(patch: Patch) -> ListenerMatch:
    return patch.match if isinstance(patch.match, ListenerMatch) else ListenerMatch()


def _listener(listener: Listener, patch: Patch) -> Iterator[Message]:
    if patch.operation.merges and fits(listener, patch):
        merge(listener, value(patch), replaces_lists=patch.operation is Operation.MERGE_AND_REPLACE_LIST)
        yield listener


# Listener filters


def _listener_filter(listener: Listener, patch: Patch) -> Iterator[Message]:
    if fits(listener, patch):
        yield from _in_list(listener.listener_filters, patch, _match(patch).listener_filter, None)


# Chains


def _chains(listener: Listener, patch: Patch) -> Iterator[FilterChain]:
    for chain in (*listener.filter_chains, *((listener.default_filter_chain,) if listener.HasField("default_filter_chain") else ())):
        if _chain_fits(listener, chain, _match(patch)):
            yield chain


def _chain_fits(listener: Listener, chain: FilterChain, match: ListenerMatch) -> bool:
    found = chain.filter_chain_match
    if match.port and listener.name in _VIRTUAL and found.destination_port.value != match.port:
        return False
    if match.destination_port and found.HasField("destination_port") and found.destination_port.value != match.destination_port:
        return False
    return (
        match.chain in ("", chain.name)
        and (not match.server_name or match.server_name in found.server_names)
        and match.transport in ("", found.transport_protocol)
        and set(match.protocols) <= set(found.application_protocols)
    )


def _filter_chain(listener: Listener, patch: Patch) -> Iterator[Message]:
    if not fits(listener, patch):
        return
    if patch.operation is Operation.ADD:
        added: Any = value(patch)
        listener.filter_chains.append(added)
        yield listener.filter_chains[-1]
    elif patch.operation.merges:
        for chain in _chains(listener, patch):
            merge(chain, value(patch), replaces_lists=patch.operation is Operation.MERGE_AND_REPLACE_LIST)
            yield chain
    elif patch.operation is Operation.REMOVE:
        if listener.HasField("default_filter_chain") and _chain_fits(listener, listener.default_filter_chain, _match(patch)):
            listener.ClearField("default_filter_chain")
            yield TAKEN
        if take(listener.filter_chains, lambda chain: _chain_fits(listener, chain, _match(patch))):
            yield TAKEN


# Filters


def _network_filter(listener: Listener, patch: Patch) -> Iterator[Message]:
    if fits(listener, patch):
        for chain in _chains(listener, patch):
            yield from _in_list(chain.filters, patch, _match(patch).filter, _before_end(chain))


def _before_end(chain: FilterChain) -> int:
    ends = (index for index, each in enumerate(chain.filters) if each.typed_config.type_url in _ENDS)
    return next(ends, len(chain.filters))


def _http_filter(listener: Listener, patch: Patch) -> Iterator[Message]:
    if fits(listener, patch):
        for each in _managers(listener, patch):
            manager = HttpConnectionManager.FromString(each.typed_config.value)
            wake(manager.http_filters)  # What is added may choose another route; what is merged into one of them is to have an effect.
            if found := _in_list(manager.http_filters, patch, _match(patch).sub_filter, _place(manager, patch.place)):
                each.typed_config.CopyFrom(packed(manager))
                yield from found


def _managers(listener: Listener, patch: Patch) -> Iterator[Filter]:
    wanted = _match(patch).filter
    for chain in _chains(listener, patch):
        for each in chain.filters:
            if each.typed_config.type_url == _MANAGER and (not wanted or same_name(wanted, each.name)):
                yield each


def _place(manager: HttpConnectionManager, place: Place) -> int:
    """Where an added filter stands: after those that authenticate, or that authorize, before those that count, and always before the router."""
    names = [each.name for each in manager.http_filters]
    router = next((index for index, each in enumerate(manager.http_filters) if each.typed_config.type_url == _ROUTER), len(names))
    if place is Place.STATS:
        return next((index for index, name in enumerate(names) if name in _STATISTICS), router)
    after = {Place.AUTHN: _AUTHENTICATION, Place.AUTHZ: (*_AUTHENTICATION, *_AUTHORIZATION)}.get(place, ())
    return max((index + 1 for index, name in enumerate(names) if name in after), default=0 if after else router)


def _in_list(held: Any, patch: Patch, wanted: str, end: int | None) -> Changed:
    """Carry out a patch among filters; without a name to look for, a value is merged into filters of its own name."""
    said: Any = value(patch)
    meant = wanted or (said.name if patch.operation.merges else "")

    def among(each: Any) -> bool:
        return not meant or same_name(meant, each.name)

    if patch.operation is Operation.REMOVE:
        return [TAKEN] if take(held, among) else []
    if patch.operation.merges:
        found = [each for each in held if among(each)]
        for each in found:
            _merge_filter(each, said)
        return list(found)
    return [said] if put(held, patch.operation, said, among if wanted else None, end) else []


def _merge_filter(into: Filter | HttpFilter | ListenerFilter, said: Filter | HttpFilter | ListenerFilter) -> None:
    mine, theirs = into.typed_config.type_url, opened(said.typed_config).type_url
    if mine and theirs and mine.rpartition("/")[2] != theirs.rpartition("/")[2]:
        raise Mismatch(f'the filter "{into.name}" is a {mine.rpartition("/")[2]}, and the value a {theirs.rpartition("/")[2]}.')
    merge(into, said)


# Tables that a listener holds


def _inline(listener: Listener, patch: Patch) -> Iterator[Message]:
    for chain in (*listener.filter_chains, *((listener.default_filter_chain,) if listener.HasField("default_filter_chain") else ())):
        for each in chain.filters:
            if each.typed_config.type_url == _MANAGER:
                manager = HttpConnectionManager.FromString(each.typed_config.value)
                if manager.HasField("route_config") and (found := patch_routes.step(manager.route_config, patch)):
                    each.typed_config.CopyFrom(packed(manager))
                    yield from found


_STEPS: Mapping[Target, Callable[[Listener, Patch], Iterator[Message]]] = {
    Target.LISTENER: _listener,
    Target.LISTENER_FILTER: _listener_filter,
    Target.FILTER_CHAIN: _filter_chain,
    Target.NETWORK_FILTER: _network_filter,
    Target.HTTP_FILTER: _http_filter,
    Target.ROUTE_CONFIGURATION: _inline,
    Target.VIRTUAL_HOST: _inline,
    Target.HTTP_ROUTE: _inline,
}
TARGETS = frozenset(_STEPS)
