"""What becomes of a manifest before it is stored."""

from __future__ import annotations

from typing import Any

from lateen.control.allocator import Addresses
from lateen.control.door import Admitted, Door, Refused
from lateen.values.ref import Ref


def service(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]} | spec}


def admitted(door: Door, manifest: dict[str, Any], before: dict[str, Any] | None = None) -> dict[str, Any]:
    found = door.admit(manifest, before)
    assert isinstance(found, Admitted), found
    return found.manifest


def test_a_service_without_a_cluster_ip_gets_one() -> None:
    spec = admitted(Door(Addresses()), service())["spec"]
    assert spec["clusterIP"].startswith("240.241.")
    assert spec["clusterIPs"] == [spec["clusterIP"]]


def test_headless_and_external_name_services_get_none() -> None:
    assert admitted(Door(Addresses()), service(clusterIP="None"))["spec"]["clusterIP"] == "None"
    assert "clusterIP" not in admitted(Door(Addresses()), service(type="ExternalName", externalName="a.com"))["spec"]


def test_two_services_never_have_the_same_address() -> None:
    door = Door(Addresses())
    first = admitted(door, service())["spec"]["clusterIP"]
    other = admitted(door, service() | {"metadata": {"name": "api"}})["spec"]["clusterIP"]
    assert first != other


def test_an_address_of_a_write_that_failed_is_free_again() -> None:
    addresses = Addresses()
    door = Door(addresses)
    given = admitted(door, service())["spec"]["clusterIP"]
    door.release([Ref("Service", "default", "web")], {})
    assert addresses.is_free(given, Ref("Service", "default", "other"))


def test_a_new_object_gets_a_uid_and_keeps_it() -> None:
    door = Door(Addresses())
    first = admitted(door, service())
    assert admitted(door, service(), first)["metadata"]["uid"] == first["metadata"]["uid"]


def test_what_a_server_keeps_is_not_taken_from_a_client() -> None:
    manifest = service() | {"metadata": {"name": "web", "resourceVersion": "7", "generation": 3, "managedFields": []}}
    assert sorted(admitted(Door(Addresses()), manifest)["metadata"]) == ["name", "namespace", "uid"]


def test_the_plain_text_of_a_secret_is_stored_in_base64() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"key": "text"}, "data": {"other": "eA=="}}
    stored = admitted(Door(Addresses()), secret)
    assert stored["data"] == {"other": "eA==", "key": "dGV4dA=="}
    assert "stringData" not in stored


def test_a_kind_that_a_mesh_has_no_use_for_is_not_stored_and_is_no_mistake() -> None:
    found = Door(Addresses()).admit({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}}, None)
    assert isinstance(found, Refused)
    assert [finding.severity.value for finding in found.findings] == ["info"]


def test_a_service_entry_gives_up_its_addresses_when_the_user_writes_some() -> None:
    door = Door(Addresses())
    spec = {"hosts": ["a.com"], "resolution": "DNS", "ports": [{"number": 443, "name": "tls", "protocol": "TLS"}]}
    entry = {"apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry", "metadata": {"name": "e"}, "spec": spec}
    first = admitted(door, entry)
    assert first["status"]["addresses"][0]["host"] == "a.com"
    assert admitted(door, entry | {"spec": spec | {"addresses": ["1.2.3.4"]}}, first)["status"] == {}
