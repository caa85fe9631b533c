"""The ProxyConfig that holds for one proxy."""

from __future__ import annotations

import pytest

from lateen.api.mesh_proxy import BUILT_IN, ProxyConfig, Topology
from lateen.translate.proxy_settings import Whose, connections, headers, metadata, proxy_config, said, topology
from tests.given.worlds import world

LABELS = (("app", "a"), ("tier", "x"))
MESH = """---
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: |
    defaultConfig:
      concurrency: 1
      statusPort: 1
      gatewayTopology: {numTrustedProxies: 2}
      proxyHeaders: {server: {value: mesh}}
      proxyMetadata: {ISTIO_META_HTTP10: "1", OTHER: x}
"""


def settings(namespace: str, spec: str, name: str = "a", created: int = 2024) -> str:
    return f"""---
apiVersion: networking.istio.io/v1beta1
kind: ProxyConfig
metadata: {{name: {name}, namespace: {namespace}, creationTimestamp: "{created}-01-01T00:00:00Z"}}
spec: {spec}
"""


def test_without_a_word_the_built_in_settings_hold():
    assert proxy_config(world(), Whose("default")) == BUILT_IN


def test_the_nearest_word_wins_field_by_field():
    near = Whose("default", LABELS, "{concurrency: 4, drainDuration: 7s}")
    g = world(MESH, settings("istio-system", "{concurrency: 2, environmentVariables: {A: root}}"))
    assert proxy_config(g, Whose("default")).concurrency == 2
    assert proxy_config(g, Whose("istio-system")).concurrency == 2
    g = world(MESH, settings("istio-system", "{concurrency: 2}"), settings("default", "{concurrency: 3, environmentVariables: {A: own}}"))
    assert [proxy_config(g, Whose(namespace)).concurrency for namespace in ("default", "other")] == [3, 2]
    found = proxy_config(g, near)
    assert (found.concurrency, found.drain_duration, found.status_port) == (4, "7s", 1)
    assert found.proxy_metadata == {"ISTIO_META_HTTP10": "1", "OTHER": "x", "A": "own"}
    g = world(MESH, settings("default", "{concurrency: 5, selector: {matchLabels: {app: a}}}"), settings("default", "{concurrency: 3}", "b"))
    assert proxy_config(g, near).concurrency == 5
    assert proxy_config(g, Whose("default", (("app", "b"),))).concurrency == 3


def test_what_anybody_says_is_told_apart_from_what_is_built_in():
    assert said(world(), Whose("default")) == ProxyConfig()
    assert said(world(settings("default", "{concurrency: 2}")), Whose("default")) == ProxyConfig(concurrency=2)


def test_of_several_objects_the_oldest_holds():
    g = world(settings("default", "{concurrency: 2}", "b", 2023), settings("default", "{concurrency: 3}", "a", 2024))
    assert proxy_config(g, Whose("default")).concurrency == 2


def test_a_proxy_that_says_what_it_was_set_up_with_is_believed():
    found = proxy_config(world(MESH), Whose("default", LABELS, "{concurrency: 4}", '{"concurrency": 8, "unheardOf": 1}'))
    assert (found.concurrency, found.status_port) == (8, 15020)


def test_an_annotation_that_cannot_be_read_changes_nothing():
    assert proxy_config(world(MESH), Whose("default", (), "{concurrency: many}")).concurrency == 1


@pytest.mark.rule("GW-10")
def test_what_stands_in_front_of_a_gateway_may_be_said_of_one_gateway():
    g = world(MESH)
    assert topology(g, Whose("default")).num_trusted_proxies == 2
    assert topology(g, Whose("default", (), "gatewayTopology: {numTrustedProxies: 3}")).num_trusted_proxies == 3
    assert topology(world(), Whose("default")) == Topology()


@pytest.mark.rule("HC-3")
def test_headers_may_be_said_of_one_proxy():
    g = world(MESH)
    server = headers(g, Whose("default", (), "proxyHeaders: {server: {disabled: true}}")).server
    assert server is not None and server.disabled


@pytest.mark.rule("LI-5")
def test_metadata_for_agents_counts_as_if_agents_had_sent_it():
    assert metadata(world(MESH), Whose("default"), "HTTP10") == "1"
    assert metadata(world(MESH), Whose("default"), "OTHER") == ""


@pytest.mark.rule("HC-2")
def test_the_profile_of_the_edge_is_for_gateways_and_what_is_said_beside_it_for_all():
    g, whose = world(), Whose("default", (), "connectionSettings: {profile: EDGE, httpMaxConcurrentStreams: 7}")
    edge, sidecar = connections(g, whose, at_gateway=True), connections(g, whose, at_gateway=False)
    assert (edge.http_max_concurrent_streams, edge.http_merge_slashes, edge.http_idle_timeout) == (7, True, "3600s")
    assert (sidecar.http_max_concurrent_streams, sidecar.http_merge_slashes, sidecar.http_idle_timeout) == (7, None, None)
