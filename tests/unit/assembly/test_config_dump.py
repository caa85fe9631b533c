"""What a proxy would be told, computed at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from lateen.assembly import config_dump
from tests.given.objects import service

NODE = "sidecar~10.9.0.1~a.default~default.svc.cluster.local"


def test_objects_in_memory_and_files_give_the_same(tmp_path: Path) -> None:
    text = service("reviews", "default")
    (tmp_path / "a.yaml").write_text(text)
    manifest = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "reviews", "namespace": "default", "annotations": {}},
        "spec": {"clusterIP": "10.0.0.1", "ports": [{"name": "http", "port": 80}]},
    }
    from_files, findings = config_dump.from_files(tmp_path, NODE, {})
    assert from_files == config_dump.config_dump([manifest], NODE, {})
    assert findings == []


def test_what_is_wrong_with_files_is_said_and_the_rest_is_taken(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(service("reviews", "default"))
    (tmp_path / "b.yml").write_text("apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec: {hosts: 7}\n")
    (tmp_path / "c.txt").write_text("no YAML")
    dump, findings = config_dump.from_files(tmp_path, NODE, {})
    assert {finding.position.file for finding in findings} == {"b.yml"}
    assert any("reviews" in str(entry) for entry in dump["configs"][0]["dynamic_active_clusters"])


@pytest.mark.rule("EX-3")
def test_patches_that_had_to_be_left_out_are_told(tmp_path: Path) -> None:
    head = "apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: {name: it}"
    bad = "{applyTo: CLUSTER, match: {cluster: {name: PassthroughCluster}}, patch: {operation: MERGE, value: {connect_timeout: 0s}}}"
    (tmp_path / "filter.yaml").write_text(f"{head}\nspec: {{configPatches: [{bad}]}}\n")
    _, findings = config_dump.from_files(tmp_path, NODE, {})
    assert [(each.code, str(each.ref), each.path) for each in findings] == [("LAT0005", "EnvoyFilter default/it", "spec.configPatches[0].patch")]
