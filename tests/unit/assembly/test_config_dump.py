"""What a proxy would be told, computed at once."""

from __future__ import annotations

from pathlib import Path

from lateen.assembly import config_dump


def service(name: str, namespace: str, spec: str = "", annotations: str = "{}") -> str:
    return f"""---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {namespace}, annotations: {annotations}}}
spec: {{clusterIP: 10.0.0.1, ports: [{{name: http, port: 80}}]{spec}}}
"""


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
