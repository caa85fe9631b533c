from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from lateen.store.folder import reading
from lateen.values.ref import Ref

PROD = Ref("Namespace", "", "prod")


def identify(manifest: dict[str, Any]) -> Ref | str:
    return Ref(manifest["kind"], "", manifest["metadata"]["name"])


def test_only_files_that_look_different_are_read_again(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(f"kind: Namespace\nmetadata: {{name: {name}}}\n")
    first = reading(tmp_path, {}, (), identify)
    (tmp_path / "b.yaml").write_text("kind: Namespace\nmetadata: {name: other}\n")
    second = reading(tmp_path, first, (), identify)
    assert second[tmp_path / "a.yaml"] is first[tmp_path / "a.yaml"]
    assert list(second[tmp_path / "b.yaml"].manifests) == [Ref("Namespace", "", "other")]


def test_a_file_that_was_touched_is_read_even_if_it_looks_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("kind: Namespace\nmetadata: {name: one}\n")
    first = reading(tmp_path, {}, (), identify)
    before = path.stat()
    path.write_text("kind: Namespace\nmetadata: {name: two}\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert list(reading(tmp_path, first, (), identify)[path].manifests) == [Ref("Namespace", "", "one")]
    assert list(reading(tmp_path, first, {path}, identify)[path].manifests) == [Ref("Namespace", "", "two")]


def test_an_object_twice_in_a_file_is_taken_once_and_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kind: Namespace\nmetadata: {name: prod}\n---\nkind: Namespace\nmetadata: {name: prod, labels: {a: b}}\n")
    file = reading(tmp_path, {}, (), identify)[tmp_path / "a.yaml"]
    assert file.manifests == {PROD: b'{"kind":"Namespace","metadata":{"name":"prod"}}'}
    assert [str(problem) for problem in file.problems] == [
        "a.yaml:4: Namespace prod is in this file twice; the first one counts. Delete or rename one."
    ]


def test_a_link_to_nothing_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to("nowhere.yaml")
    assert reading(tmp_path, {}, (), identify) == {}


def test_a_file_that_cannot_be_read_keeps_its_last_good_state_until_it_can_be(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("kind: Namespace\nmetadata: {name: prod}\n")
    first = reading(tmp_path, {}, (), identify)
    path.unlink()
    path.symlink_to("a.yaml")
    second = reading(tmp_path, first, (), identify)
    assert list(second[path].manifests) == [PROD]
    assert [str(problem) for problem in second[path].problems] == [
        "a.yaml: The file cannot be read: Too many levels of symbolic links. What it held when it could last be read stays in force."
    ]
    path.unlink()
    path.write_text("kind: Namespace\nmetadata: {name: other}\n")
    third = reading(tmp_path, second, (), identify)
    assert (list(third[path].manifests), third[path].problems) == ([Ref("Namespace", "", "other")], ())
