"""Many objects as one transaction; history and rollback; what proxies have of it."""

from __future__ import annotations

from typing import Any

import pytest

from lateen.cli.connection import Refused
from lateen.control.plane import ControlPlane
from tests.given.objects import reviews_and_rule

WORLD = "\n" + reviews_and_rule()

FIVE_MISTAKES = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: a}
spec: {hostz: [reviews], http: [{rout: []}]}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: B}
spec: {host: 5}
---
apiVersion: networking.istio.io/v9
kind: Gateway
metadata: {name: c}
---
apiVersion: v1
kind: Service
metadata: {name: fine}
spec: {ports: [{port: 80}]}
"""


async def test_several_documents_are_one_revision(control_plane: ControlPlane, client: Any) -> None:
    answer = await client.apply(WORLD)
    assert answer["revision"] == 1
    assert answer["changed"] == ["Service default/reviews", "VirtualService default/reviews"]
    assert (await control_plane.feed.landed(1)).stored == 1


async def test_applying_the_same_again_makes_no_revision(client: Any) -> None:
    await client.apply(WORLD)
    again = await client.apply(WORLD)
    assert (again["revision"], again["changed"]) == (1, [])
    assert [each["action"] for each in again["objects"]] == ["unchanged", "unchanged"]


async def test_five_mistakes_are_told_at_once_with_their_places_and_nothing_is_stored(client: Any) -> None:
    with pytest.raises(Refused) as caught:
        await client.apply(FIVE_MISTAKES)
    errors = [finding for finding in caught.value.answer["findings"] if finding["severity"] == "error"]
    assert {(each["line"], each["path"]) for each in errors} >= {
        (5, "spec.hostz"),
        (5, "spec.http[0].rout"),
        (9, "metadata.name"),
        (10, "spec.host"),
        (12, "apiVersion"),
    }
    assert (await client.get("/api/v1/services"))["items"] == []


async def test_an_object_given_twice_is_a_mistake(client: Any) -> None:
    with pytest.raises(Refused) as caught:
        await client.apply(WORLD + "---" + WORLD)
    assert [finding["message"] for finding in caught.value.answer["findings"]] == [
        f"this object is given twice, first at mesh.yaml:{line}." for line in (4, 9)
    ]


async def test_an_address_that_a_refused_apply_would_have_taken_is_free_again(control_plane: ControlPlane, client: Any) -> None:
    with pytest.raises(Refused):
        await client.apply(FIVE_MISTAKES)
    given = (await client.apply(FIVE_MISTAKES.split("---")[3], dryRun=True))["objects"][0]["after"]["spec"]["clusterIP"]
    assert (await client.apply(FIVE_MISTAKES.split("---")[3]))["revision"] == 1
    assert (await client.get("/api/v1/namespaces/default/services/fine"))["spec"]["clusterIP"] == given


async def test_waiting_with_no_proxy_connected_ends_at_once(client: Any) -> None:
    answer = await client.apply(WORLD, wait=30)
    assert (answer["arrived"], answer["proxies"], answer["behind"]) == (True, 0, [])


async def test_a_dry_run_says_what_would_change(client: Any) -> None:
    await client.apply(WORLD)
    answer = await client.apply(WORLD.replace("port: 80", "port: 81"), dryRun=True)
    changed = {each["ref"]: each["action"] for each in answer["objects"]}
    assert changed == {"Service default/reviews": "configured", "VirtualService default/reviews": "unchanged"}
    assert answer["objects"][0]["after"]["spec"]["ports"][0]["port"] == 81
    assert (await client.get("/lateen/v1/history"))["revisions"][0]["revision"] == 1


async def test_history_says_who_why_and_what(client: Any) -> None:
    await client.apply(WORLD, reason="first release")
    await client.call("DELETE", "/api/v1/namespaces/default/services/reviews")
    revisions = (await client.get("/lateen/v1/history"))["revisions"]
    assert [each["revision"] for each in revisions] == [2, 1]
    assert revisions[1]["reason"] == "lateen apply: first release"
    assert "@" in revisions[1]["author"]
    assert revisions[0]["changes"] == [{"ref": "Service default/reviews", "action": "deleted"}]
    only = (await client.get("/lateen/v1/history", ref="vs/default/reviews"))["revisions"]
    assert [each["revision"] for each in only] == [1]


async def test_rollback_makes_the_configuration_what_it_was(client: Any) -> None:
    await client.apply(WORLD)
    before = await client.get("/api/v1/namespaces/default/services/reviews")
    await client.apply(WORLD.replace("port: 80", "port: 81") + "---" + FIVE_MISTAKES.split("---")[3])
    await client.call("DELETE", "/apis/networking.istio.io/v1/namespaces/default/virtualservices/reviews")
    answer = await client.call("POST", "/lateen/v1/rollback", {"revision": 1})
    assert {each["ref"]: each["action"] for each in answer["objects"]} == {
        "Service default/fine": "deleted",
        "Service default/reviews": "configured",
        "VirtualService default/reviews": "created",
    }
    after = await client.get("/api/v1/namespaces/default/services/reviews")
    assert after["spec"] == before["spec"]
