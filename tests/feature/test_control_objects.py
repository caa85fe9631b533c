"""Kubernetes' REST conventions, over HTTP against a real control plane."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from lateen.cli.connection import Refused
from lateen.control.plane import ControlPlane

RULES = "/apis/networking.istio.io/v1/namespaces/default/virtualservices"
SERVICES = "/api/v1/namespaces/default/services"


def rule(name: str, host: str = "reviews", **metadata: Any) -> dict[str, Any]:
    spec = {"hosts": [host], "http": [{"route": [{"destination": {"host": host}}]}]}
    return {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": name} | metadata, "spec": spec}


def service(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {"ports": [{"port": 80, "name": "http"}]}}


async def refusal(call: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        await call
    return caught.value


async def test_an_object_that_was_posted_can_be_read_in_every_version(client: Any) -> None:
    posted = await client.call("POST", RULES, rule("reviews"))
    older = await client.get("/apis/networking.istio.io/v1beta1/namespaces/default/virtualservices/reviews")
    assert older["apiVersion"] == "networking.istio.io/v1beta1"
    assert older["metadata"] == posted["metadata"]
    assert posted["metadata"]["resourceVersion"] == "1"
    assert posted["metadata"]["uid"]


async def test_posting_an_object_twice_is_already_exists(client: Any) -> None:
    await client.call("POST", RULES, rule("reviews"))
    refused = await refusal(client.call("POST", RULES, rule("reviews")))
    assert (refused.status, refused.answer["reason"]) == (409, "AlreadyExists")


async def test_a_put_with_an_old_version_is_a_conflict_and_changes_nothing(client: Any) -> None:
    first = await client.call("POST", RULES, rule("reviews"))
    await client.call("PUT", f"{RULES}/reviews", rule("reviews", "ratings"))
    refused = await refusal(client.call("PUT", f"{RULES}/reviews", rule("reviews", "details", resourceVersion=first["metadata"]["resourceVersion"])))
    assert (refused.status, refused.answer["reason"]) == (409, "Conflict")
    assert (await client.get(f"{RULES}/reviews"))["spec"]["hosts"] == ["ratings"]


async def test_a_missing_object_is_not_found(client: Any) -> None:
    refused = await refusal(client.get(f"{RULES}/nobody"))
    assert (refused.status, str(refused)) == (404, 'virtualservices.networking.istio.io "nobody" not found')


async def test_all_mistakes_of_an_object_are_told_at_once(client: Any) -> None:
    wrong = rule("bad") | {"spec": {"hostz": ["a"], "http": [{"rout": []}], "exportTo": "x"}}
    refused = await refusal(client.call("POST", RULES, wrong))
    assert (refused.status, refused.answer["reason"]) == (422, "Invalid")
    assert {cause["field"] for cause in refused.answer["details"]["causes"]} == {
        "spec.hostz",
        "spec.http[0].rout",
        "spec.http[0]",
        "spec.exportTo",
    }
    assert (await client.get(RULES))["items"] == []


async def test_a_dry_run_answers_as_if_and_stores_nothing(client: Any) -> None:
    answered = await client.call("POST", SERVICES, service("reviews"), dryRun="All")
    assert answered["spec"]["clusterIP"].startswith("240.241.")
    assert (await client.get(SERVICES))["items"] == []


async def test_a_service_gets_a_cluster_ip_and_keeps_it(client: Any) -> None:
    given = (await client.call("POST", SERVICES, service("reviews")))["spec"]["clusterIP"]
    assert given.startswith("240.241.")
    await client.call("PUT", f"{SERVICES}/reviews", service("reviews"))
    assert (await client.get(f"{SERVICES}/reviews"))["spec"]["clusterIP"] == given


async def test_the_type_of_a_patch_decides_how_lists_merge(control_plane: ControlPlane, client: Any) -> None:
    await client.call("POST", SERVICES, service("reviews"))
    added = {"spec": {"ports": [{"port": 81, "name": "more"}]}}
    await patch(control_plane, "application/strategic-merge-patch+json", added)
    assert [port["port"] for port in (await client.get(f"{SERVICES}/reviews"))["spec"]["ports"]] == [80, 81]
    await patch(control_plane, "application/merge-patch+json", added)
    assert [port["port"] for port in (await client.get(f"{SERVICES}/reviews"))["spec"]["ports"]] == [81]


async def patch(plane: ControlPlane, media_type: str, body: Any) -> None:
    import http.client
    import ssl
    from urllib.parse import urlsplit

    def send() -> int:
        url = urlsplit(plane.connection.server)
        tls = ssl.create_default_context(cadata=plane.connection.roots)
        connection = http.client.HTTPSConnection(str(url.hostname), url.port, timeout=10, context=tls)
        headers = {"Authorization": f"Bearer {plane.token}", "Content-Type": media_type}
        connection.request("PATCH", f"{SERVICES}/reviews", msgspec.json.encode(body), headers)
        return connection.getresponse().status

    assert await asyncio.to_thread(send) == 200


async def test_only_the_status_is_written_by_way_of_the_status(client: Any) -> None:
    await client.call("POST", RULES, rule("reviews"))
    changed = rule("reviews", "other") | {"status": {"conditions": [{"type": "Reconciled"}]}}
    await client.call("PUT", f"{RULES}/reviews/status", changed)
    found = await client.get(f"{RULES}/reviews")
    assert (found["spec"]["hosts"], found["status"], found["metadata"]["generation"]) == (["reviews"], changed["status"], 1)


async def test_lists_are_narrowed_by_labels_and_fields(client: Any) -> None:
    await client.call("POST", RULES, rule("a", labels={"app": "web"}))
    await client.call("POST", RULES, rule("b", labels={"app": "api"}))
    assert [item["metadata"]["name"] for item in (await client.get(RULES, labelSelector="app in (web, x)"))["items"]] == ["a"]
    assert [item["metadata"]["name"] for item in (await client.get(RULES, fieldSelector="metadata.name!=a"))["items"]] == ["b"]


async def test_a_watch_tells_what_there_is_and_then_every_change(client: Any) -> None:
    await client.call("POST", RULES, rule("a"))

    def watched() -> list[tuple[str, str]]:
        found = []
        for event in client.mesh.lines(RULES, {"watch": "true", "timeoutSeconds": "30"}):
            found.append((event["type"], event["object"]["metadata"]["name"]))
            if event["type"] == "DELETED":
                return found
        return found

    watching = asyncio.create_task(asyncio.to_thread(watched))
    await client.call("POST", RULES, rule("b"))
    await client.call("PUT", f"{RULES}/b", rule("b", "other"))
    await client.call("DELETE", f"{RULES}/a")
    events = await watching
    assert events[0] == ("ADDED", "a")
    assert events[-1] == ("DELETED", "a")
    assert ("ADDED", "b") in events


async def test_a_watch_from_a_revision_misses_nothing(client: Any) -> None:
    for name in "abc":
        await client.call("POST", RULES, rule(name))
    lines = await asyncio.to_thread(lambda: list(client.mesh.lines(RULES, {"watch": "true", "resourceVersion": "1", "timeoutSeconds": "1"})))
    assert [(each["type"], each["object"]["metadata"]["name"]) for each in lines] == [("ADDED", "b"), ("ADDED", "c")]


async def test_without_the_token_nobody_gets_in_but_health_is_open(control_plane: ControlPlane, client: Any) -> None:
    from lateen.cli.connection import Mesh, Settings

    stranger = Mesh(Settings(server=control_plane.connection.server, token="wrong", roots_file=str(_roots(control_plane))))
    with pytest.raises(Refused) as caught:
        await asyncio.to_thread(stranger.get, RULES)
    assert caught.value.status == 401
    await asyncio.to_thread(stranger.get, "/healthz")
    await asyncio.to_thread(stranger.get, "/readyz")


def _roots(plane: ControlPlane) -> Any:
    path = plane.options.home.path / "roots.pem"
    path.write_text(plane.connection.roots)
    return path


@pytest.mark.rule("SE-9")
async def test_a_service_entry_gets_addresses_in_the_same_revision(client: Any) -> None:
    entry = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "ServiceEntry",
        "metadata": {"name": "out"},
        "spec": {"hosts": ["a.example.com", "*.example.com"], "resolution": "DNS", "ports": [{"number": 443, "name": "tls", "protocol": "TLS"}]},
    }
    refused_or_stored = await client.call(
        "POST", "/apis/networking.istio.io/v1/namespaces/default/serviceentries", entry | {"spec": entry["spec"] | {"hosts": ["a.example.com"]}}
    )
    addresses = refused_or_stored["status"]["addresses"]
    assert [each["host"] for each in addresses] == ["a.example.com", "a.example.com"]
    assert [each["value"].partition(":2:")[0].partition(".240.")[0] for each in addresses] == ["2001", "240"]
    assert refused_or_stored["metadata"]["resourceVersion"] == "1"


@pytest.mark.parametrize("metadata", ["x", ["x"], 5])
async def test_metadata_that_are_no_mapping_are_refused_with_a_sentence(client: Any, metadata: Any) -> None:
    refused = await refusal(client.call("POST", RULES, rule("reviews") | {"metadata": metadata}))
    assert refused.status == 400
    assert "expected a mapping with name, namespace, labels." in str(refused)
