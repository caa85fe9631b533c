"""Laws of virtual hosts over random worlds: what is computed step by step is what is computed at once, and the narrowest perspective sees it all."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lateen.api import decode, inputs
from lateen.api.resource import Resource
from lateen.flow import Graph
from lateen.ir.routes import VirtualHost
from lateen.ir.view import Perspective
from lateen.translate import extra_hosts, routes
from lateen.translate.route_perspective import route_perspective, route_special_hosts

SERVICES = tuple((f"n{number % 2}", f"s{number}.n{number % 2}.svc.cluster.local") for number in range(4))
CLIENTS = tuple((namespace, labels) for namespace in ("n0", "n1", "n2") for labels in ((), (("app", "a"),)))


def service(namespace: str, host: str) -> str:
    name = host.partition(".")[0]
    return f"""
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {namespace}}}
spec: {{clusterIP: 10.0.0.{name[1:]}, ports: [{{name: http, port: 80}}]}}
"""


HOSTS = st.sampled_from([*(host for _, host in SERVICES), "*.cluster.local", "x.example", "*.tld"])
EXPORTS = st.sampled_from(["", ", exportTo: ['.']", ", exportTo: [n0]"])
MATCHES = st.sampled_from(["", ", match: [{sourceNamespace: n1}]", ", match: [{uri: {prefix: /a}, sourceLabels: {app: a}}]"])
ACTIONS = st.one_of(
    HOSTS.filter(lambda host: "*" not in host).map(lambda host: f"route: [{{destination: {{host: {host}}}}}]"),
    st.integers(0, 3).map(lambda number: f"delegate: {{name: v{number}}}"),
)
RULES = st.builds(
    lambda number, year, host, action, match, export: (
        f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: v{number}, namespace: n{number % 2}, creationTimestamp: "{year}-01-01T00:00:00Z"}}
spec: {{{f'hosts: ["{host}"], ' if host else ""}http: [{{{action}{match}}}]{export}}}
"""
    ),
    st.integers(0, 3),
    st.integers(2010, 2020),
    st.one_of(st.just(""), HOSTS),
    ACTIONS,
    MATCHES,
    EXPORTS,
)
STICKINESS = st.builds(
    lambda number, host, header, export: (
        f"""
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: d{number}, namespace: n{number % 2}}}
spec: {{host: {host[1]}, trafficPolicy: {{loadBalancer: {{consistentHash: {{httpHeaderName: {header}}}}}}}{export}}}
"""
    ),
    st.integers(0, 2),
    st.sampled_from(SERVICES),
    st.sampled_from("xyz"),
    EXPORTS,
)
EDITS = st.lists(st.tuples(st.one_of(RULES, STICKINESS), st.booleans()), min_size=1, max_size=8)


def write(g: Graph, objects: list[Resource[Any]], present: bool = True) -> None:
    with g.batch() as batch:
        inputs.write(g, batch, [(each.ref, each if present else None) for each in objects])


def answers(g: Graph) -> list[VirtualHost | None]:
    found = []
    for namespace, labels in CLIENTS:
        for owner, host in SERVICES:
            seen = route_perspective(g, namespace, labels, False, host)
            found.append(routes.virtual_host(g, seen, False, owner, host, 80, False))
        found += [routes.extra_virtual_host(g, Perspective(namespace, labels), host) for host in extra_hosts.extra_hosts(g, namespace)]
    return found


@settings(deadline=None, max_examples=60)
@given(EDITS)
def test_virtual_hosts_after_edits_are_those_of_a_fresh_start(edits: list[tuple[str, bool]]):
    base = [each for owner, host in SERVICES for each in decode.resources(service(owner, host))[0]]
    present = {each.ref: each for each in base}
    g = Graph()
    write(g, base)
    for text, stays in edits:
        (edited,) = decode.resources(text)[0]
        write(g, [edited], stays)
        present = {**present, edited.ref: edited} if stays else {ref: each for ref, each in present.items() if ref != edited.ref}
        fresh = Graph()
        write(fresh, list(present.values()))
        assert answers(g) == answers(fresh)


@settings(deadline=None, max_examples=60)
@given(EDITS)
def test_the_narrowest_perspective_gives_what_the_whole_proxy_would_get(edits: list[tuple[str, bool]]):
    g = Graph()
    write(g, [each for owner, host in SERVICES for each in decode.resources(service(owner, host))[0]])
    for text, _ in edits:
        write(g, decode.resources(text)[0])

    for namespace, labels in CLIENTS:
        for owner, host in SERVICES:
            narrow = route_perspective(g, namespace, labels, False, host)
            whole = Perspective(namespace, labels)
            assert routes.virtual_host(g, narrow, False, owner, host, 80, False) == routes.virtual_host(g, whole, False, owner, host, 80, False)
            assert not narrow.namespace or host in route_special_hosts(g, namespace)
