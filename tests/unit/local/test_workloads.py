"""From mesh.yaml to workloads."""

from __future__ import annotations

import pytest

from lateen.agent.workload import Scrape
from lateen.local import mesh_file
from lateen.local.workloads import workloads

MESH = """
namespace: shop
services:
  reviews:
    command: python3 reviews.py
    ports: {http: 9080}
    replicas: 2
    versions:
      v1: {}
      v2: {replicas: 1, environment: {STARS: red}, serviceAccount: stars}
  caller: {command: python3 caller.py, annotations: {a: b}}
gateways:
  ingress: {ports: {8080: 80}, annotations: {c: d}}
"""


def test_each_replica_of_each_version_is_a_workload_and_so_is_each_gateway() -> None:
    mesh, _ = mesh_file.read(MESH)
    assert mesh is not None
    found = workloads(mesh, "/shop")
    assert [each.key for each in found] == ["reviews-v1-0.shop", "reviews-v1-1.shop", "reviews-v2.shop", "caller.shop", "ingress.shop"]
    v2 = found[2]
    assert v2.labels == (("app", "reviews"), ("version", "v2"))
    assert v2.service_account == "stars"
    assert dict(v2.environment) == {"SERVICE": "reviews", "VERSION": "v2", "REPLICA": "0", "PORT": "9080", "STARS": "red"}
    assert v2.health is not None
    assert (v2.health.tcp, v2.health.port) == (True, 9080)
    assert found[4].kind == "gateway"
    assert [each.annotations for each in found[2:]] == [(), (("a", "b"),), (("c", "d"),)]


@pytest.mark.rule("AG-6")
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("metrics: {port: 9090, path: numbers}", Scrape(9090, "/numbers")),
        ("metrics: {}", Scrape(8000, "/metrics")),
        ('annotations: {prometheus.io/scrape: "true", prometheus.io/port: "9", prometheus.io/path: /m}', Scrape(9, "/m")),
        ('annotations: {prometheus.io/scrape: "true", prometheus.io/scheme: https}', Scrape(8000, "/metrics", tls=True)),
        ('annotations: {prometheus.io/scrape: "false", prometheus.io/port: "9"}', None),
        ('annotations: {prometheus.io/scrape: "true", prometheus.io/port: "15020"}', None),
        ('metrics: {port: 1}, annotations: {prometheus.io/scrape: "true", prometheus.io/port: "9"}', Scrape(1, "/metrics")),
    ],
)
def test_where_an_app_shows_metrics_is_as_written_or_as_prometheus_annotations_say(written: str, expected: Scrape | None) -> None:
    mesh, findings = mesh_file.read(f'services: {{web: {{command: x, ports: {{http: "80:8000"}}, {written}}}}}')
    assert mesh is not None, findings
    assert workloads(mesh, "")[0].metrics == expected
