"""Patches of listeners, and which listeners, chains and filters they are for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.extensions.filters.http.router.v3.router_pb2 import Router
from envoy.extensions.filters.listener.tls_inspector.v3.tls_inspector_pb2 import TlsInspector
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import HttpConnectionManager, HttpFilter
from envoy.extensions.filters.network.tcp_proxy.v3.tcp_proxy_pb2 import TcpProxy

from lateen.ir.patch import ListenerMatch, Operation, Patch, Place, TableMatch, Target
from lateen.render.message import packed
from lateen.render.patch_listener import Mismatch, fits, same_name, step
from lateen.render.route_filters import CORS, FAULT
from lateen.values.ref import Ref

MANAGER = "envoy.filters.network.http_connection_manager"
LUA = {"name": "lua", "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua"}}


def patch(target: Target, operation: Operation, value: dict[str, Any] | None = None, match: Any = None, place: Place = Place.ANYWHERE) -> Patch:
    text = json.dumps(value) if value is not None else ""
    return Patch(target, operation, Ref("EnvoyFilter", "default", "it"), 0, match=match, value=text, place=place)


def manager(*names: str) -> HttpConnectionManager:
    out = HttpConnectionManager(stat_prefix="it", http_filters=[HttpFilter(name=name) for name in names])
    out.http_filters.add(name="envoy.filters.http.router", typed_config=packed(Router()))
    out.route_config.name = "inbound|8080||"
    host = out.route_config.virtual_hosts.add(name="inbound|http|80", domains=["*"])
    host.routes.add(name="default")
    return out


def listener(name: str = "virtualInbound", port: int = 15006, filters: tuple[str, ...] = ("a", "b")) -> Listener:
    """A chain for requests to port 8080, one for requests by TLS to port 9090, and bytes by default."""
    out = Listener(name=name)
    out.address.socket_address.port_value = port
    out.listener_filters.add(name="envoy.filters.listener.tls_inspector", typed_config=packed(TlsInspector()))
    for number, transport in ((8080, "raw_buffer"), (9090, "tls")):
        chain = out.filter_chains.add(name=f"chain {number}")
        chain.filter_chain_match.destination_port.value = number
        chain.filter_chain_match.transport_protocol = transport
        chain.filter_chain_match.application_protocols.extend(["h2", "http/1.1"])
        chain.filter_chain_match.server_names.append(f"{number}.example.com")
        chain.filters.add(name=MANAGER, typed_config=packed(manager(*filters)))
    out.default_filter_chain.name = "otherwise"
    out.default_filter_chain.filters.add(name="envoy.filters.network.tcp_proxy", typed_config=packed(TcpProxy(stat_prefix="it")))
    return out


def network(of: Listener) -> dict[str, list[str]]:
    return {chain.name: [each.name for each in chain.filters] for chain in (*of.filter_chains, of.default_filter_chain)}


def http(of: Listener) -> dict[str, list[str]]:
    """The HTTP filters by chain, without their prefixes."""
    return {
        chain.name: [each.name.rpartition(".")[2] for each in HttpConnectionManager.FromString(chain.filters[-1].typed_config.value).http_filters]
        for chain in of.filter_chains
    }


@pytest.mark.rule("EX-1")
@pytest.mark.parametrize(
    ("match", "chains"),
    [
        (None, ["chain 8080", "chain 9090"]),
        (ListenerMatch(port=8080), ["chain 8080"]),
        (ListenerMatch(destination_port=9090), ["chain 9090"]),
        (ListenerMatch(chain="chain 8080"), ["chain 8080"]),
        (ListenerMatch(transport="tls"), ["chain 9090"]),
        (ListenerMatch(server_name="8080.example.com"), ["chain 8080"]),
        (ListenerMatch(protocols=("h2",)), ["chain 8080", "chain 9090"]),
        (ListenerMatch(protocols=("h2", "istio")), []),
        (ListenerMatch(filter=MANAGER), ["chain 8080", "chain 9090"]),
        (ListenerMatch(filter="envoy.http_connection_manager"), ["chain 8080", "chain 9090"]),
        (ListenerMatch(filter="envoy.filters.network.tcp_proxy"), []),
        (ListenerMatch(sub_filter="absent"), []),
        (ListenerMatch(name="other"), []),
    ],
)
def test_a_patch_is_for_the_chains_that_fit_in_all_respects(match: ListenerMatch | None, chains: list[str]) -> None:
    of = listener()
    step(of, patch(Target.HTTP_FILTER, Operation.INSERT_FIRST, LUA, match))
    assert [name for name, filters in http(of).items() if filters[0] == "lua"] == chains


@pytest.mark.rule("EX-1")
def test_the_port_is_that_of_the_listener_but_where_everything_captured_comes_in() -> None:
    by_port = patch(Target.HTTP_FILTER, Operation.INSERT_FIRST, LUA, ListenerMatch(port=80))
    assert fits(listener("0.0.0.0_80", 80), by_port)
    assert not fits(listener("0.0.0.0_90", 90), by_port)
    assert fits(listener("virtualInbound", 15006), by_port)
    assert not fits(listener("virtualInbound", 15006), patch(Target.LISTENER, Operation.MERGE, {}, ListenerMatch(port=80)))


@pytest.mark.rule("EX-2")
@pytest.mark.parametrize(
    ("operation", "sub_filter", "expected"),
    [
        (Operation.INSERT_BEFORE, "envoy.filters.http.router", ["a", "b", "lua", "router"]),
        (Operation.INSERT_BEFORE, "envoy.router", ["a", "b", "lua", "router"]),
        (Operation.INSERT_AFTER, "a", ["a", "lua", "b", "router"]),
        (Operation.INSERT_FIRST, "", ["lua", "a", "b", "router"]),
        (Operation.INSERT_AFTER, "", ["a", "b", "lua", "router"]),
        (Operation.ADD, "", ["a", "b", "lua", "router"]),
        (Operation.REPLACE, "a", ["lua", "b", "router"]),
        (Operation.REMOVE, "a", ["b", "router"]),
        (Operation.INSERT_BEFORE, "absent", ["a", "b", "router"]),
    ],
)
def test_an_http_filter_stands_where_the_operation_says(operation: Operation, sub_filter: str, expected: list[str]) -> None:
    of = listener()
    step(of, patch(Target.HTTP_FILTER, operation, LUA, ListenerMatch(port=8080, sub_filter=sub_filter)))
    assert http(of)["chain 8080"] == expected


@pytest.mark.rule("EX-1")
@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (Place.AUTHN, ["jwt_authn", "lua", "rbac", "grpc_stats", "router"]),
        (Place.AUTHZ, ["jwt_authn", "rbac", "lua", "grpc_stats", "router"]),
        (Place.STATS, ["jwt_authn", "rbac", "lua", "grpc_stats", "router"]),
        (Place.ANYWHERE, ["jwt_authn", "rbac", "grpc_stats", "lua", "router"]),
    ],
)
def test_an_added_filter_stands_where_its_class_says(place: Place, expected: list[str]) -> None:
    of = listener(filters=("envoy.filters.http.jwt_authn", "envoy.filters.http.rbac", "envoy.filters.http.grpc_stats"))
    step(of, patch(Target.HTTP_FILTER, Operation.ADD, LUA, ListenerMatch(port=8080), place))
    assert http(of)["chain 8080"] == expected


def test_without_anything_to_stand_behind_an_authenticating_filter_is_the_first() -> None:
    of = listener()
    step(of, patch(Target.HTTP_FILTER, Operation.ADD, LUA, ListenerMatch(port=8080), Place.AUTHN))
    assert http(of)["chain 8080"] == ["lua", "a", "b", "router"]


@pytest.mark.rule("EX-2")
def test_a_filter_is_merged_with_a_value_of_its_type_only() -> None:
    of = listener()
    kind = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
    merge = patch(Target.NETWORK_FILTER, Operation.MERGE, {"typed_config": {"@type": kind, "server_name": "x"}}, ListenerMatch(filter=MANAGER))
    step(of, merge)
    assert [HttpConnectionManager.FromString(chain.filters[0].typed_config.value).server_name for chain in of.filter_chains] == ["x", "x"]
    other = {"typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"}}
    with pytest.raises(Mismatch, match="and the value a "):
        step(of, patch(Target.NETWORK_FILTER, Operation.MERGE, other, ListenerMatch(filter=MANAGER)))


@pytest.mark.rule("EX-2")
def test_without_a_filter_to_look_for_a_value_is_merged_into_the_one_of_its_name() -> None:
    of = listener()
    step(of, patch(Target.HTTP_FILTER, Operation.MERGE, {"name": "b", "is_optional": True}, ListenerMatch(port=8080)))
    filters = HttpConnectionManager.FromString(of.filter_chains[0].filters[0].typed_config.value).http_filters
    assert [(each.name, each.is_optional) for each in filters[:2]] == [("a", False), ("b", True)]


@pytest.mark.rule("EX-2")
def test_where_a_filter_is_added_or_merged_all_that_wait_for_a_rule_take_part() -> None:
    """A filter that is added may have the route chosen anew, when it is too late for those that did not take part."""
    for value, operation in ((LUA, Operation.INSERT_FIRST), ({"name": FAULT}, Operation.MERGE)):
        of = listener(filters=(FAULT, CORS))
        for chain in of.filter_chains:
            held = HttpConnectionManager.FromString(chain.filters[0].typed_config.value)
            for each in held.http_filters[:2]:
                each.disabled = True
            chain.filters[0].typed_config.CopyFrom(packed(held))
        assert step(of, patch(Target.HTTP_FILTER, operation, value, ListenerMatch(port=8080)))
        awake = [[not each.disabled for each in filters_of(of, number)] for number in (0, 1)]
        assert (set(awake[0]), awake[1]) == ({True}, [False, False, True])


def filters_of(of: Listener, number: int) -> list[HttpFilter]:
    return list(HttpConnectionManager.FromString(of.filter_chains[number].filters[0].typed_config.value).http_filters)


@pytest.mark.rule("EX-2")
def test_a_filter_that_is_merged_with_disabled_takes_no_part() -> None:
    of = listener(filters=(FAULT, CORS))
    assert step(of, patch(Target.HTTP_FILTER, Operation.MERGE, {"name": FAULT, "disabled": True}, ListenerMatch(port=8080)))
    assert [each.disabled for each in filters_of(of, 0)] == [True, False, False]


def test_a_network_filter_is_added_before_the_one_that_ends_the_chain() -> None:
    of = listener()
    step(of, patch(Target.NETWORK_FILTER, Operation.ADD, {"name": "x"}))
    assert network(of) == {"chain 8080": ["x", MANAGER], "chain 9090": ["x", MANAGER], "otherwise": ["x", "envoy.filters.network.tcp_proxy"]}
    step(of, patch(Target.NETWORK_FILTER, Operation.REMOVE, None, ListenerMatch(filter="x", destination_port=8080, chain="chain 8080")))
    assert network(of)["chain 8080"] == [MANAGER]


@pytest.mark.rule("EX-2")
def test_chains_are_added_merged_and_removed() -> None:
    of = listener()
    step(of, patch(Target.FILTER_CHAIN, Operation.ADD, {"name": "x"}))
    step(of, patch(Target.FILTER_CHAIN, Operation.MERGE, {"transport_socket_connect_timeout": "3s"}, ListenerMatch(chain="x")))
    step(of, patch(Target.FILTER_CHAIN, Operation.REMOVE, None, ListenerMatch(chain="chain 8080")))
    step(of, patch(Target.FILTER_CHAIN, Operation.REMOVE, None, ListenerMatch(chain="otherwise")))
    assert [(chain.name, chain.transport_socket_connect_timeout.seconds) for chain in of.filter_chains] == [("chain 9090", 0), ("x", 3)]
    assert not of.HasField("default_filter_chain")


@pytest.mark.rule("EX-2")
def test_listener_filters_have_an_order_too() -> None:
    of = listener()
    step(of, patch(Target.LISTENER_FILTER, Operation.INSERT_BEFORE, {"name": "x"}, ListenerMatch(listener_filter="envoy.listener.tls_inspector")))
    step(of, patch(Target.LISTENER_FILTER, Operation.ADD, {"name": "y"}))
    step(of, patch(Target.LISTENER_FILTER, Operation.REMOVE, None, ListenerMatch(listener_filter="envoy.filters.listener.tls_inspector")))
    assert [each.name for each in of.listener_filters] == ["x", "y"]


@pytest.mark.rule("EX-2")
def test_a_listener_is_merged() -> None:
    of = listener()
    assert step(of, patch(Target.LISTENER, Operation.MERGE, {"per_connection_buffer_limit_bytes": 1024})) == [of]
    assert of.per_connection_buffer_limit_bytes.value == 1024
    assert step(of, patch(Target.LISTENER, Operation.MERGE, {"stat_prefix": "x"}, ListenerMatch(name="other"))) == []


@pytest.mark.rule("EX-2")
def test_tables_that_a_listener_holds_itself_are_patched_in_it() -> None:
    of = listener()
    step(of, patch(Target.HTTP_ROUTE, Operation.MERGE, {"stat_prefix": "x"}, TableMatch(name="inbound|8080||", route="default")))
    table = HttpConnectionManager.FromString(of.filter_chains[0].filters[0].typed_config.value).route_config
    assert table.virtual_hosts[0].routes[0].stat_prefix == "x"


def test_old_names_stand_for_the_present_ones() -> None:
    assert same_name("envoy.lua", "envoy.filters.http.lua")
    assert same_name("envoy.filters.http.lua", "envoy.filters.http.lua")
    assert not same_name("envoy.filters.http.lua", "envoy.lua")
