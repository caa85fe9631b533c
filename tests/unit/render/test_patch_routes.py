"""Patches of route tables, and which tables, virtual hosts and routes they are for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from envoy.config.route.v3.route_pb2 import RouteConfiguration

from lateen.ir.patch import Operation, Patch, TableMatch, Target
from lateen.render.patch_routes import fits, step
from lateen.values.ref import Ref


def patch(target: Target, operation: Operation, value: dict[str, Any] | None = None, match: TableMatch | None = None) -> Patch:
    text = json.dumps(value) if value is not None else ""
    return Patch(target, operation, Ref("EnvoyFilter", "default", "it"), 0, match=match, value=text)


def table(name: str = "80") -> RouteConfiguration:
    """Two virtual hosts, each with a route `one` that forwards and a route `two` that answers."""
    out = RouteConfiguration(name=name)
    for host in ("a.default.svc.cluster.local:80", "b.default.svc.cluster.local:80"):
        added = out.virtual_hosts.add(name=host, domains=[host, host.partition(".")[0]])
        added.routes.add(name="one").route.cluster = "c"
        added.routes.add(name="two").direct_response.status = 404
    return out


def routes(of: RouteConfiguration) -> dict[str, list[str]]:
    return {host.name[0]: [route.name for route in host.routes] for host in of.virtual_hosts}


ANY = patch(Target.ROUTE_CONFIGURATION, Operation.MERGE, {})


@pytest.mark.rule("EX-1")
@pytest.mark.parametrize(
    ("name", "match", "expected"),
    [
        ("80", TableMatch(port=80), True),
        ("80", TableMatch(port=81), False),
        ("80", TableMatch(name="80"), True),
        ("80", TableMatch(gateway="a/b", port_name="web"), True),
        ("a.default:80", TableMatch(port=80), True),
        ("inbound|8080||", TableMatch(port=8080), True),
        ("inbound|8080||", TableMatch(port=80), False),
        ("inbound|8080||", TableMatch(name="inbound|8080||"), True),
        ("http.80", TableMatch(port=80), True),
        ("http.80", TableMatch(gateway="default/web"), False),
        ("https.443.web.gateway.default", TableMatch(port=443, port_name="web", gateway="default/gateway"), True),
        ("https.443.web.gateway.default", TableMatch(gateway="default/other"), False),
        ("http_proxy", TableMatch(port=80), False),
    ],
)
def test_the_name_of_a_table_tells_what_it_is_for(name: str, match: TableMatch, expected: bool) -> None:
    assert fits(name, patch(Target.ROUTE_CONFIGURATION, Operation.MERGE, {}, match)) is expected


@pytest.mark.rule("EX-1")
def test_a_gateways_port_is_the_one_that_users_know() -> None:
    by_port = patch(Target.ROUTE_CONFIGURATION, Operation.MERGE, {}, TableMatch(port=80))
    assert fits("http.8080", by_port, number=80)
    assert not fits("http.8080", by_port)


@pytest.mark.rule("EX-2")
def test_a_table_is_merged_and_neither_added_nor_removed() -> None:
    of = table()
    step(of, patch(Target.ROUTE_CONFIGURATION, Operation.MERGE, {"request_headers_to_remove": ["x"]}))
    assert list(of.request_headers_to_remove) == ["x"]
    assert step(of, patch(Target.ROUTE_CONFIGURATION, Operation.REMOVE)) == []
    assert step(of, patch(Target.ROUTE_CONFIGURATION, Operation.ADD, {"name": "x"})) == []


@pytest.mark.rule("EX-2")
def test_virtual_hosts_are_added_merged_and_removed() -> None:
    of = table()
    step(of, patch(Target.VIRTUAL_HOST, Operation.ADD, {"name": "c", "domains": ["c"]}))
    step(of, patch(Target.VIRTUAL_HOST, Operation.MERGE, {"domains": ["d"]}, TableMatch(host="a.default.svc.cluster.local:80")))
    step(of, patch(Target.VIRTUAL_HOST, Operation.REMOVE, None, TableMatch(domain="b")))
    assert {host.name[0]: list(host.domains) for host in of.virtual_hosts} == {"a": ["a.default.svc.cluster.local:80", "a", "d"], "c": ["c"]}


@pytest.mark.rule("EX-2")
@pytest.mark.parametrize(
    ("operation", "match", "expected"),
    [
        (Operation.INSERT_FIRST, TableMatch(), ["x", "one", "two"]),
        (Operation.INSERT_BEFORE, TableMatch(route="two"), ["one", "x", "two"]),
        (Operation.INSERT_AFTER, TableMatch(action="ROUTE"), ["one", "x", "two"]),
        (Operation.INSERT_AFTER, TableMatch(action="DIRECT_RESPONSE"), ["one", "two", "x"]),
        (Operation.INSERT_FIRST, TableMatch(route="absent"), ["one", "two"]),
        (Operation.ADD, TableMatch(), ["one", "two"]),
        (Operation.REMOVE, TableMatch(), ["one", "two"]),
    ],
)
def test_a_route_stands_where_the_operation_says(operation: Operation, match: TableMatch, expected: list[str]) -> None:
    of = table()
    step(of, patch(Target.HTTP_ROUTE, operation, {"name": "x"}, match))
    assert routes(of) == {"a": expected, "b": expected}


@pytest.mark.rule("EX-2")
def test_routes_are_merged_where_host_and_route_fit() -> None:
    of = table()
    step(of, patch(Target.HTTP_ROUTE, Operation.MERGE, {"stat_prefix": "x"}, TableMatch(host="b.default.svc.cluster.local:80", route="two")))
    found = [f"{host.name[0]} {route.name}" for host in of.virtual_hosts for route in host.routes if route.stat_prefix == "x"]
    assert found == ["b two"]
