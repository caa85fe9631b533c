"""Which hosts are another thing to one proxy than to everybody."""

from __future__ import annotations

import pytest

from lateen.assembly import clients, offline
from lateen.assembly.clients import Client
from lateen.assembly.views import view_of
from lateen.flow import Graph
from lateen.ir.view import PUBLIC, Locality, Perspective


def world(text: str) -> Graph:
    resources, findings = offline.read(text)
    assert not findings
    return offline.graph(resources)

def service(name: str, namespace: str, spec: str = "", annotations: str = "{}") -> str:
    return f"""---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {namespace}, annotations: {annotations}}}
spec: {{clusterIP: 10.0.0.1, ports: [{{name: http, port: 80}}]{spec}}}
"""


def entry(name: str, namespace: str, host: str, more: str = "", created: str = "2024-01-01T00:00:00Z") -> str:
    return f"""---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: {name}, namespace: {namespace}, creationTimestamp: "{created}"}}
spec: {{hosts: ["{host}"], ports: [{{number: 80, name: http}}], resolution: DNS{more}}}
"""


def rule(kind: str, namespace: str, spec: str, name: str = "r") -> str:
    return f"""---
apiVersion: networking.istio.io/v1
kind: {kind}
metadata: {{name: {name}, namespace: {namespace}}}
spec: {spec}
"""


REVIEWS = "reviews.default.svc.cluster.local"
NODE = "sidecar~10.0.0.1~a.default~default.svc.cluster.local"


def test_labels_that_nothing_looks_at_are_not_part_of_a_client() -> None:
    g = world(service("reviews", "default") + rule("DestinationRule", "default", "{host: reviews, workloadSelector: {matchLabels: {app: a}}}"))
    assert clients.client(g, view_of(NODE, {"LABELS": {"app": "b", "pod-template-hash": "1"}})) == Client("default", (("app", "b"),))
    assert clients.client(Graph(), view_of(NODE, {"LABELS": {"app": "b"}})) == Client("default")


@pytest.mark.rule("SD-15")
def test_the_node_of_a_client_matters_where_a_service_wants_its_own_node() -> None:
    g = world(service("reviews", "default", ", internalTrafficPolicy: Local"))
    assert clients.near_hosts(g) == (REVIEWS,)
    assert clients.near_client(g, view_of(NODE, {"NODE_NAME": "one"})) == Client("default", (("kubernetes.io/hostname", "one"),))
    assert clients.near_client(world(service("reviews", "default")), view_of(NODE, {"NODE_NAME": "one"})) == Client("default")


@pytest.mark.rule("SD-18")
def test_a_proxy_that_does_not_say_where_it_is_is_where_its_pod_is() -> None:
    pod = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: default, labels: {istio-locality: r.z}}\nspec: {containers: []}\n"
    g = world(pod + "status: {podIP: 10.0.0.1}\n")
    assert clients.near_client(g, view_of(NODE, {})).locality == Locality("r", "z")


@pytest.mark.rule("VS-25")
def test_a_host_routed_to_a_host_that_looks_at_labels_looks_at_them_too() -> None:
    leads = rule("VirtualService", "default", f"{{hosts: [a.example], http: [{{route: [{{destination: {{host: {REVIEWS}}}}}]}}]}}")
    picky = rule("DestinationRule", "default", "{host: reviews, workloadSelector: {matchLabels: {app: a}}}")
    g = world(service("reviews", "default") + entry("a", "default", "a.example") + leads + picky)
    assert clients.labelled_hosts(g) == (REVIEWS,)
    assert clients.routed_from(g, Client("other", (("app", "b"),)), "a.example") == Perspective("", (("app", "b"),))


def test_a_private_host_with_anothers_short_name_makes_that_one_different() -> None:
    g = world(service("reviews", "default") + entry("a", "other", "reviews.default", ", exportTo: [.]"))
    assert clients.rival_hosts(g, "other") == (REVIEWS,)
    assert clients.routed_from(g, Client("other"), REVIEWS) == Perspective("other")
    assert clients.routed_from(g, Client("third"), REVIEWS) == PUBLIC
