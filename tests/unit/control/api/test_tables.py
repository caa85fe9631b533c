"""Lists as tables."""

from __future__ import annotations

from datetime import UTC, datetime

from lateen.control.api.tables import is_wanted, table

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
SERVICE = {
    "metadata": {"name": "web", "creationTimestamp": "2026-01-01T11:00:00Z"},
    "spec": {"clusterIP": "10.0.0.1", "ports": [{"port": 80}, {"port": 53, "protocol": "UDP"}]},
}


def test_a_service_is_listed_as_kubectl_lists_it() -> None:
    found = table("Service", [SERVICE], "7", NOW)
    assert [column["name"] for column in found["columnDefinitions"]] == ["Name", "Type", "Cluster-IP", "Port(s)", "Selector", "Age"]
    assert found["rows"][0]["cells"] == ["web", "ClusterIP", "10.0.0.1", "80/TCP,53/UDP", "<none>", "60m"]
    assert found["metadata"]["resourceVersion"] == "7"


def test_a_row_carries_as_much_of_its_object_as_is_asked_for() -> None:
    assert table("Service", [SERVICE], "7", NOW)["rows"][0]["object"]["kind"] == "PartialObjectMetadata"
    assert table("Service", [SERVICE], "7", NOW, "Object")["rows"][0]["object"] == SERVICE
    assert "object" not in table("Service", [SERVICE], "7", NOW, "None")["rows"][0]


def test_a_table_is_wanted_by_whoever_names_it_first() -> None:
    assert is_wanted("application/json;as=Table;v=v1;g=meta.k8s.io,application/json")
    assert not is_wanted("application/json,application/json;as=Table")
