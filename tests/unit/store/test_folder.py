from __future__ import annotations

import json
import os
from pathlib import Path

from lateen.store.folder import reading
from lateen.values.ref import Ref
from tests.given.texts import read

PROD = Ref("Namespace", "", "prod")


def test_only_files_that_look_different_are_read_again(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(f"kind: Namespace\nmetadata: {{name: {name}}}\n")
    first = reading(tmp_path, {}, (), read)
    (tmp_path / "b.yaml").write_text("kind: Namespace\nmetadata: {name: other}\n")
    second = reading(tmp_path, first, (), read)
    assert second[tmp_path / "a.yaml"] is first[tmp_path / "a.yaml"]
    assert list(second[tmp_path / "b.yaml"].manifests) == [Ref("Namespace", "", "other")]


def test_a_file_that_was_touched_is_read_even_if_it_looks_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("kind: Namespace\nmetadata: {name: one}\n")
    first = reading(tmp_path, {}, (), read)
    before = path.stat()
    path.write_text("kind: Namespace\nmetadata: {name: two}\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert list(reading(tmp_path, first, (), read)[path].manifests) == [Ref("Namespace", "", "one")]
    assert list(reading(tmp_path, first, {path}, read)[path].manifests) == [Ref("Namespace", "", "two")]


def test_a_refused_object_stays_as_it_was_beside_those_that_change(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("kind: Namespace\nmetadata: {name: prod}\nspec: 1\n---\nkind: Namespace\nmetadata: {name: test}\nspec: 1\n")
    first = reading(tmp_path, {}, (), read)
    path.write_text("kind: Namespace\nmetadata: {name: prod}\nspec: wrong\n---\nkind: Namespace\nmetadata: {name: test}\nspec: 22\n")
    second = reading(tmp_path, first, (), read)[path]
    assert {ref.name: json.loads(manifest)["spec"] for ref, manifest in second.manifests.items()} == {"prod": 1, "test": 22}
    assert [str(finding) for finding in second.findings] == [
        f"{path}:1: Namespace prod spec: this is wrong. Mend it. Until then this object stays in force as it last was."
    ]


def test_an_object_that_never_was_right_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kind: Namespace\nmetadata: {name: prod}\nspec: wrong\n")
    file = reading(tmp_path, {}, (), read)[tmp_path / "a.yaml"]
    assert file.manifests == {}
    assert [finding.hint for finding in file.findings] == ["Mend it. Until then there is no such object."]


def test_an_object_that_is_taken_out_of_a_file_goes_though_another_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("kind: Namespace\nmetadata: {name: prod}\n---\nkind: Namespace\nmetadata: {name: test}\n")
    first = reading(tmp_path, {}, (), read)
    path.write_text("kind: Namespace\nmetadata: {name: prod}\nspec: wrong\n")
    assert list(reading(tmp_path, first, (), read)[path].manifests) == [PROD]


def test_a_link_to_nothing_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to("nowhere.yaml")
    assert reading(tmp_path, {}, (), read) == {}


def test_a_file_that_cannot_be_read_keeps_its_last_good_state_until_it_can_be(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("kind: Namespace\nmetadata: {name: prod}\n")
    first = reading(tmp_path, {}, (), read)
    path.unlink()
    path.symlink_to("a.yaml")
    second = reading(tmp_path, first, (), read)
    assert list(second[path].manifests) == [PROD]
    assert [str(finding) for finding in second[path].findings] == [
        f"{path}: This file cannot be read: Too many levels of symbolic links. What it held stays in force until it can be."
    ]
    path.unlink()
    path.write_text("kind: Namespace\nmetadata: {name: other}\n")
    third = reading(tmp_path, second, (), read)
    assert (list(third[path].manifests), third[path].findings) == ([Ref("Namespace", "", "other")], ())


def test_bytes_that_are_no_text_are_told_with_the_first_of_them(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"kind: \xff\n")
    [finding] = reading(tmp_path, {}, (), read)[tmp_path / "a.yaml"].findings
    assert finding.message == "This file is not text in UTF-8: byte 6 is 0xff."
    assert finding.hint == "Nothing of it is in force."
