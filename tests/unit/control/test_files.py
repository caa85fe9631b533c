from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from lateen.api.networking.virtual_service import VirtualService
from lateen.api.resource import Resource
from lateen.check import kinds
from lateen.check.remark import Remarks
from lateen.control.files import contents, findings_of, tell
from lateen.store import MemoryStore
from lateen.store.directory import DirectoryStore
from lateen.values.ref import Ref

ROUTE = """\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: NAME}
spec: {hosts: [a], http: [{route: [{destination: {host: a}}]}]}
"""
GOOD = ROUTE.replace("NAME", "good")
WRONG = ROUTE.replace("NAME", "wrong").replace("hosts: [a]", "hosts: [a, a]")
A_GOOD, A_WRONG = Ref("VirtualService", "default", "good"), Ref("VirtualService", "default", "wrong")


def test_an_object_is_checked_at_the_door_and_the_others_of_its_file_are_taken() -> None:
    found = contents(GOOD + "---\n" + WRONG, "a.yaml")
    assert {ref: json.loads(manifest)["spec"]["hosts"] for ref, manifest in found.manifests.items()} == {A_GOOD: ["a"]}
    assert found.refused == {A_WRONG}
    assert found.is_whole
    assert [str(finding) for finding in found.findings] == [
        'a.yaml:9:19: VirtualService default/wrong spec.hosts[1]: the host "a" is given twice. Keep one of them.'
    ]


def test_an_object_given_twice_in_a_file_is_refused() -> None:
    found = contents(GOOD + "---\n" + GOOD, "a.yaml")
    assert (found.manifests, found.refused) == ({}, {A_GOOD})
    assert [finding.message for finding in found.findings] == ["this object is given twice, first at a.yaml:3."]


def test_of_text_that_is_half_yaml_the_rest_is_known_and_the_whole_is_not() -> None:
    found = contents(GOOD + "---\na: [\n", "a.yaml")
    assert (set(found.manifests), found.is_whole) == ({A_GOOD}, False)


def test_what_is_doubtful_in_an_object_that_is_taken_is_not_told_here() -> None:
    assert contents(GOOD.replace("http: [{", "http: [{mirrorPercent: 5, mirror: {host: b}, "), "a.yaml").findings == ()


def test_an_object_that_a_mesh_has_no_use_for_is_no_part_of_it() -> None:
    found = contents("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n", "a.yaml")
    assert (found.manifests, found.refused) == ({}, frozenset())
    assert [finding.message for finding in found.findings] == ["a mesh has no use for a Deployment; it is passed over."]


def test_a_check_that_fails_is_told_of_its_object_and_the_others_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(of: Resource[VirtualService]) -> Remarks:
        if of.ref == A_WRONG:
            raise ZeroDivisionError
        yield from ()

    monkeypatch.setitem(kinds.CHECKS, "VirtualService", failing)  # type: ignore[arg-type]
    with capture_logs():
        found = contents(GOOD + "---\n" + WRONG, "a.yaml")
    assert set(found.manifests) == {A_GOOD}
    assert [(finding.code, finding.message) for finding in found.findings] == [("IST0001", "this is a mistake in Lateen: ZeroDivisionError().")]


def test_a_store_without_files_has_nothing_to_tell_of_them() -> None:
    assert findings_of(MemoryStore()) == ()


async def test_each_mistake_is_logged_once_and_when_all_are_mended(tmp_path: Path) -> None:
    store = await DirectoryStore.open(tmp_path, contents)

    async def edit(name: str, text: str) -> None:
        (tmp_path / name).write_text(text)
        await store.refresh()

    with capture_logs() as logged:
        telling = asyncio.create_task(tell(store))
        for name, text in (("a.yaml", WRONG), ("b.yaml", "a: ["), ("b.yaml", GOOD), ("a.yaml", "")):
            await edit(name, text)
            for _ in range(3):
                await asyncio.sleep(0)
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
    assert [(each["log_level"], each["event"].rpartition(": ")[2]) for each in logged] == [
        ("error", 'the host "a" is given twice. Keep one of them. Until then there is no such object.'),
        ("error", "did not find expected node content while parsing a flow node."),
        ("info", "The files are as they should be again."),
    ]
