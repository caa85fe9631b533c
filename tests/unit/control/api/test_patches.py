"""Patches of manifests."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from lateen.control.api.failure import Failure
from lateen.control.api.patches import APPLY, JSON, MERGE, STRATEGIC, patched

SERVICE: dict[str, Any] = {
    "metadata": {"name": "web", "finalizers": ["a", "b"]},
    "spec": {"ports": [{"port": 80, "name": "http"}, {"port": 443, "name": "https"}], "type": "ClusterIP"},
}


def changed(media_type: str, patch: Any) -> dict[str, Any]:
    return patched(media_type, SERVICE, msgspec.json.encode(patch))


def test_a_merge_patch_removes_by_null_and_replaces_lists() -> None:
    found = changed(MERGE, {"spec": {"type": None, "ports": [{"port": 1}]}})
    assert found["spec"] == {"ports": [{"port": 1}]}


def test_a_strategic_patch_merges_lists_by_their_key() -> None:
    ports = changed(STRATEGIC, {"spec": {"ports": [{"port": 443, "name": "tls"}, {"port": 8080}]}})["spec"]["ports"]
    assert ports == [{"port": 80, "name": "http"}, {"port": 443, "name": "tls"}, {"port": 8080}]


def test_a_strategic_patch_deletes_and_replaces_on_demand() -> None:
    assert changed(STRATEGIC, {"spec": {"ports": [{"port": 80, "$patch": "delete"}]}})["spec"]["ports"] == [{"port": 443, "name": "https"}]
    assert changed(STRATEGIC, {"spec": {"ports": [{"$patch": "replace"}, {"port": 1}]}})["spec"]["ports"] == [{"port": 1}]
    assert changed(STRATEGIC, {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}})["metadata"]["finalizers"] == ["b"]
    assert changed(STRATEGIC, {"spec": {"$retainKeys": ["type"], "type": "NodePort"}})["spec"] == {"type": "NodePort"}
    assert changed(STRATEGIC, {"spec": {"$setElementOrder/ports": [{"port": 443}]}}) == SERVICE


def test_a_json_patch_is_carried_out_in_order() -> None:
    found = changed(JSON, [{"op": "test", "path": "/spec/type", "value": "ClusterIP"}, {"op": "remove", "path": "/spec/ports/0"}])
    assert found["spec"]["ports"] == [{"port": 443, "name": "https"}]


def test_the_original_is_left_alone() -> None:
    before = msgspec.json.encode(SERVICE)
    for media_type, patch in (
        (JSON, [{"op": "remove", "path": "/spec"}]),
        (MERGE, {"spec": None}),
        (STRATEGIC, {"spec": {"ports": [{"port": 80, "name": "x"}]}}),
    ):
        changed(media_type, patch)
    assert msgspec.json.encode(SERVICE) == before


def test_server_side_apply_reads_yaml_and_keeps_what_it_does_not_mention() -> None:
    found = patched(APPLY, SERVICE, b"metadata: {labels: {a: b}}")
    assert found["metadata"]["labels"] == {"a": "b"}
    assert found["spec"] == SERVICE["spec"]


@pytest.mark.parametrize(
    ("media_type", "patch", "code"),
    [
        (JSON, b'[{"op": "test", "path": "/spec/type", "value": "x"}]', 422),
        (JSON, b'[{"op": "remove", "path": "/nothing/here"}]', 422),
        (JSON, b'{"op": "remove"}', 422),
        (MERGE, b"{", 400),
        (MERGE, b"[]", 400),
        ("text/plain", b"{}", 415),
    ],
)
def test_a_patch_that_does_not_fit_is_refused(media_type: str, patch: bytes, code: int) -> None:
    with pytest.raises(Failure) as caught:
        patched(media_type, SERVICE, patch)
    assert caught.value.code == code
