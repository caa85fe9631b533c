"""Files for commands that ask no mesh."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from lateen.cli.offline import objects_of
from lateen.cli.trouble import REFUSED, Trouble

MESH = """
services:
  hello:
    command: python3 hello.py
    ports: {http: 80:8000}
    versions: {v1: {}, v2: {}}
"""


def test_a_mesh_file_is_the_objects_that_a_running_mesh_would_have(tmp_path: Path) -> None:
    (tmp_path / "mesh.yaml").write_text(MESH)
    (tmp_path / "other.yaml").write_text("kind: Gateway\n")
    mesh, other = objects_of([str(tmp_path)])
    assert other.text == "kind: Gateway\n"
    assert mesh.name == f"{tmp_path}/mesh.yaml (what it stands for)"
    found = [(each["kind"], each["metadata"]["name"], each.get("spec", {}).get("address")) for each in yaml.safe_load_all(mesh.text)]
    assert found == [
        ("Namespace", "default", None),
        ("Namespace", "istio-system", None),
        ("Service", "hello", None),
        ("WorkloadEntry", "hello-v1", "198.18.0.1"),
        ("WorkloadEntry", "hello-v2", "198.18.0.2"),
    ]


def test_a_mesh_file_that_is_wrong_is_refused_with_all_that_is(tmp_path: Path) -> None:
    file = tmp_path / "mesh.yaml"
    file.write_text("services: {a: {comand: x}}\n")
    with pytest.raises(Trouble) as refused:
        objects_of([str(file)])
    assert refused.value.code == REFUSED
    assert [line.partition(" Mesh mesh.yaml ")[2].partition(":")[0] for line in str(refused.value).splitlines()] == [
        "services.a.comand",
        "services.a",
    ]


def test_a_file_of_objects_may_have_that_name_too(tmp_path: Path) -> None:
    text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: services}\n"
    (tmp_path / "mesh.yaml").write_text(text)
    assert [source.text for source in objects_of([str(tmp_path)])] == [text]
