"""Laws of explanations, in worlds of any objects: none raises, all can be told, and all that is foretold is something that the proxy was told of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lateen.api import decode
from lateen.assembly import config_dump, gateways, offline, patches, tables
from lateen.assembly import leaves as all_leaves
from lateen.assembly.kinds import CDS, EDS, LDS, RDS
from lateen.assembly.stacks import stacks, visible
from lateen.assembly.told import VALUES
from lateen.explain.call import Call, Protocol, Wire
from lateen.explain.onward import explained
from lateen.explain.telling import telling
from lateen.explain.text import text
from lateen.explain.way import Way
from lateen.flow import Graph
from lateen.ir.view import ProxyKind, View
from lateen.registry import services
from tests.property import proxies, worlds

SIDECARS = tuple(view for view in proxies.ENVOYS if view.kind is ProxyKind.SIDECAR)
GATEWAYS = tuple(view for view in proxies.ENVOYS if view.kind is ProxyKind.GATEWAY)
APART = {all_leaves.collected_assignment, tables.empty_table, gateways.empty_table}
"""Leaves of those who take parts of resources one by one."""
MOST = 6
"""Of the hosts of a namespace so many are called."""


def called(g: Graph) -> Iterator[tuple[str, int]]:
    """Hosts with a port each, and somebody whom nobody declares."""
    yield "stranger.example", 80
    for namespace in services.namespaces(g):
        for host in services.hosts(g, namespace)[:MOST]:
            found = services.service(g, namespace, host)
            ports = [port.number for port in found.ports[:2]] if found is not None else []
            yield from ((host.replace("*", "any"), port) for port in ports or [80])


def ways(g: Graph) -> Iterator[tuple[View, Way]]:
    for host, port in called(g):
        for view in SIDECARS:
            for protocol in (Protocol.HTTP, Protocol.TCP, Protocol.TLS):
                call = Call(host, port, client=view, protocol=protocol, path="/a/b?c=d", headers=(("x", "y"),), sni=host)
                yield view, explained(g, call)
        for view in GATEWAYS:
            yield view, explained(g, Call(host, port, source="10.200.0.9"), view)
            yield view, explained(g, Call(host, port, wire=Wire.TLS, sni=host, source="10.200.0.9"), view)


def graph(world: Sequence[Any]) -> Graph:
    objects, _ = decode.resources(yaml.safe_dump_all(world, allow_unicode=True))
    return offline.graph(objects)


@settings(max_examples=worlds.WANTED or 40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.one_of(worlds.manifests(), worlds.broken()), min_size=1, max_size=8))
def test_every_call_can_be_explained_and_told(world: list[worlds.Manifest]) -> None:
    for _, way in ways(graph(world)):
        assert text(telling(way))
        assert sum(each.part for each in way.answers) + sum(each.part for each in way.sent if not each.mirrored) <= 1_000_000


@settings(max_examples=worlds.WANTED or 40, deadline=None, suppress_health_check=list(HealthCheck))
@given(worlds.worlds())
def test_what_is_sent_goes_to_a_destination_that_the_proxy_was_told_or_nowhere(world: list[worlds.Manifest]) -> None:
    g = graph(world)
    known = {view: {each.name for each in config_dump.resources(g, view) if each.type.endswith(".Cluster")} for view in proxies.ENVOYS}
    for view in proxies.ENVOYS:
        leaves = {leaf.node for kind, listings in stacks(g, view) if kind in (CDS, EDS, LDS, RDS) for _, leaf in visible(g, listings)}
        assert leaves <= {*VALUES, patches.patched, patches.addition, *APART}
    for view, way in ways(g):
        for sent in way.sent:
            if sent.endpoints and not (view.dependencies is not None and sent.destination.startswith("outbound|")):
                assert sent.destination in known[view], (sent.destination, way.call)


@pytest.mark.parametrize("view", proxies.ENVOYS, ids=lambda view: f"{view.kind}-{view.namespace}-{view.addresses[0]}")
def test_an_empty_mesh_is_explained_too(view: View) -> None:
    call = Call("a.example", 80, client=view if view.kind is ProxyKind.SIDECAR else None)
    way = explained(Graph(), call, view if view.kind is ProxyKind.GATEWAY else None)
    assert way.refused is (view.kind is ProxyKind.GATEWAY)
