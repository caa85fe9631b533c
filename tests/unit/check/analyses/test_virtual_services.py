"""VirtualServices that claim the same host."""

from __future__ import annotations

import pytest

from lateen.api import decode, inputs
from lateen.check.analyses.virtual_services import conflicts
from lateen.flow import Graph
from lateen.values.ref import Ref


def world(*documents: str) -> Graph:
    g = Graph()
    found, findings = decode.resources("\n---\n".join(documents))
    assert not findings
    with g.batch() as batch:
        inputs.write(g, batch, [(each.ref, each) for each in found])
    return g


def service(name: str, namespace: str = "default") -> str:
    spec = "{clusterIP: 10.1.1.1, ports: [{name: http, port: 80}]}"
    return f"{{apiVersion: v1, kind: Service, metadata: {{name: {name}, namespace: {namespace}}}, spec: {spec}}}"


def istio(kind: str, name: str, spec: str, namespace: str = "default", year: int = 2020) -> str:
    metadata = f'{{name: {name}, namespace: {namespace}, creationTimestamp: "{year}-01-01T00:00:00Z"}}'
    return f"{{apiVersion: networking.istio.io/v1, kind: {kind}, metadata: {metadata}, spec: {spec}}}"


def said(g: Graph, namespace: str, name: str) -> list[str]:
    return [f"{found.code} {found.path}: {found.message}" for found in conflicts(g, Ref("VirtualService", namespace, name))]


BODY = "http: [{directResponse: {status: 200}}]"


@pytest.mark.rule("VS-10")
def test_both_rules_hear_of_the_conflict_and_which_of_them_counts() -> None:
    g = world(
        istio("VirtualService", "old", f"{{hosts: [reviews], {BODY}}}"),
        istio("VirtualService", "new", f"{{hosts: [a.b, reviews.default.svc.cluster.local], {BODY}}}", "shop", 2021),
    )
    host = 'the host "reviews.default.svc.cluster.local" is also claimed by'
    assert said(g, "default", "old") == [
        f"IST0109 spec.hosts[0]: {host} VirtualService shop/new; only VirtualService default/old, the oldest, counts."
    ]
    assert said(g, "shop", "new") == [
        f"IST0109 spec.hosts[1]: {host} VirtualService default/old; only VirtualService default/old, the oldest, counts."
    ]


@pytest.mark.rule("VS-13")
def test_gateways_merge_rules_for_one_host() -> None:
    g = world(
        istio("VirtualService", "one", f"{{hosts: [a.b], gateways: [edge], {BODY}}}"),
        istio("VirtualService", "two", f"{{hosts: [a.b], {BODY}}}"),
    )
    assert said(g, "default", "one") == said(g, "default", "two") == []


@pytest.mark.rule("N-4")
def test_rules_that_nobody_sees_together_do_not_conflict() -> None:
    one = istio("VirtualService", "one", f"{{hosts: [a.b], exportTo: [.], {BODY}}}", "x")
    two = istio("VirtualService", "two", f"{{hosts: [a.b], exportTo: [.], {BODY}}}", "y")
    three = istio("VirtualService", "three", f"{{hosts: [a.b], exportTo: [x, z], {BODY}}}", "z")
    assert said(world(one, two), "x", "one") == []
    assert len(said(world(one, two, three), "x", "one")) == 1
