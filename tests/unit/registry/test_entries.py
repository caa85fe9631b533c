"""Services and workloads of service entries."""

from __future__ import annotations

import pytest

from lateen.flow import Graph
from lateen.registry import entries
from lateen.registry.service import Health, Resolution
from lateen.values.protocol import Protocol
from lateen.values.ref import Ref
from tests.given.worlds import world


def entry(spec: str) -> Graph:
    return world(f"apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {{name: e, namespace: default}}\nspec: {spec}")


REF = Ref("ServiceEntry", "default", "e")
WORKLOAD = Ref("WorkloadEntry", "default", "w")


def workload_entry(metadata: str, spec: str, status: str = "{}") -> Graph:
    head = "apiVersion: networking.istio.io/v1\nkind: WorkloadEntry\n"
    return world(f"{head}metadata: {{name: w, namespace: default{metadata}}}\nspec: {spec}\nstatus: {status}")


@pytest.mark.rule("SE-2")
def test_each_host_of_an_entry_is_a_service() -> None:
    g = entry("{hosts: [a.example, b.example], ports: [{number: 80, name: http}], resolution: DNS, location: MESH_EXTERNAL}")
    first, second = entries.declared(g, REF)
    assert (first.host, second.host) == ("a.example", "b.example")
    assert first.external
    assert (first.resolution, first.ports[0].protocol) == (Resolution.DNS, Protocol.HTTP)


@pytest.mark.rule("WE-1")
def test_the_label_decides_over_mutual_tls_and_without_it_the_service_account_does() -> None:
    def takes(metadata: str, spec: str) -> bool:
        found = entries.workload(workload_entry(metadata, spec), WORKLOAD)
        assert found is not None
        return found.mutual_tls

    assert takes("", "{address: 1.1.1.1, serviceAccount: a}")
    assert not takes("", "{address: 1.1.1.1}")
    assert not takes(", labels: {security.istio.io/tlsMode: disabled}", "{address: 1.1.1.1, serviceAccount: a}")
    assert takes(", labels: {security.istio.io/tlsMode: istio}", "{address: 1.1.1.1}")


@pytest.mark.rule("WE-2")
def test_an_entry_that_is_not_healthy_is_marked() -> None:
    g = workload_entry("", "{address: 1.1.1.1}", '{conditions: [{type: Healthy, status: "False"}]}')
    found = entries.workload(g, WORKLOAD)
    assert found is not None
    assert found.health is Health.UNHEALTHY


def test_the_locality_label_has_dots_for_slashes() -> None:
    found = entries.workload(workload_entry(", labels: {istio-locality: r.z.s}", "{address: 1.1.1.1}"), WORKLOAD)
    assert found is not None
    assert found.locality == "r/z/s"


def test_what_is_not_there_declares_nothing() -> None:
    assert entries.declared(Graph(), REF) == entries.inline(Graph(), REF) == ()
    assert entries.workload(Graph(), WORKLOAD) is None
