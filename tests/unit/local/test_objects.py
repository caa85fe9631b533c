"""The objects that a mesh.yaml stands for."""

from __future__ import annotations

import msgspec

from lateen.api import decode
from lateen.local import mesh_file
from lateen.local.objects import OWNER_LABEL, manifests
from lateen.local.workloads import workloads

MESH = """
name: shop
services:
  web: {command: python3 web.py, ports: {http: 80:8080}}
  caller: {command: python3 caller.py}
"""


def test_a_service_and_an_entry_for_each_workload_that_decode() -> None:
    mesh, _ = mesh_file.read(MESH)
    assert mesh is not None
    running = [msgspec.structs.replace(each, address=f"10.1.0.{n}") for n, each in enumerate(workloads(mesh, ""))]
    found = manifests(mesh, running)
    assert [(each["kind"], each["metadata"]["name"]) for each in found] == [
        ("Namespace", "default"),
        ("Namespace", "istio-system"),
        ("Service", "web"),
        ("WorkloadEntry", "web"),
        ("WorkloadEntry", "caller"),
    ]
    assert found[3]["spec"]["ports"] == {"http": 8080}
    for each in found:
        assert each["metadata"]["labels"][OWNER_LABEL] == "shop"
        assert decode.decode(each)[1] == []


def test_a_gateway_with_an_address_is_an_entry_that_services_may_select_and_that_nobody_calls_by_mutual_tls_of_its_own_accord() -> None:
    mesh, _ = mesh_file.read("name: edge\ngateways: {egress: {namespace: istio-system, labels: {istio: egressgateway}}}")
    assert mesh is not None
    (gateway,) = workloads(mesh, "")
    assert not [each for each in manifests(mesh, [gateway]) if each["kind"] == "WorkloadEntry"]
    (entry,) = [each for each in manifests(mesh, [msgspec.structs.replace(gateway, address="10.1.0.7")]) if each["kind"] == "WorkloadEntry"]
    assert (entry["metadata"]["namespace"], entry["spec"]["address"]) == ("istio-system", "10.1.0.7")
    assert entry["spec"]["labels"] == {"app": "egress", "istio": "egressgateway", "security.istio.io/tlsMode": "disabled"}


def test_workloads_that_join_a_group_have_a_service_and_no_entry_for_they_register_themselves() -> None:
    mesh, _ = mesh_file.read("services: {web: {command: python3 web.py, ports: {http: 80}, workloadGroup: machines}}")
    assert mesh is not None
    (web,) = workloads(mesh, "")
    assert web.joins == "machines"
    found = manifests(mesh, [msgspec.structs.replace(web, address="10.1.0.9")])
    assert [each["kind"] for each in found] == ["Namespace", "Namespace", "Service"]
