"""`lateen explain`, as users run it: of files, and of a mesh that is running."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import grpc.aio
from envoy.service.discovery.v3.discovery_pb2 import DeltaDiscoveryRequest, DeltaDiscoveryResponse

from lateen.control.plane import ControlPlane
from tests.feature.conftest import Client, run_process
from tests.given.calls import SHOP, SUBSETS, routes
from tests.given.objects import istio
from tests.given.running import eventually

BY_USER = "{match: [{headers: {x-user: {exact: ann}}}], route: [{destination: {host: reviews, subset: v2}}]}"
WORLD = f"{SHOP}---{SUBSETS}---{routes(f'[{BY_USER}, {{route: [{{destination: {{host: reviews, subset: v1}}}}]}}]')}"
NOBODY = istio("AuthorizationPolicy", "nobody", "{selector: {matchLabels: {version: v2}}}").replace("networking.istio", "security.istio")
METHOD = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"


async def offline(folder: Path, *words: str) -> Any:
    return await run_process(sys.executable, "-m", "lateen.cli.main", "explain", *words, "--files", "mesh.yaml", cwd=folder, HOME=str(folder))


async def test_files_alone_are_a_mesh_and_each_step_has_its_line(tmp_path: Path) -> None:
    (tmp_path / "mesh.yaml").write_text(WORLD)
    ended = await offline(tmp_path, "web", "http://reviews/ratings", "-H", "x-user: ann")
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0].split() == ["name", "+", "reviews", "is", "reviews.default.svc.cluster.local", "Service", "default/reviews", "(mesh.yaml:2)"]
    rule = next(line for line in lines if line.startswith("rule"))
    assert rule.split("   ")[-1] == " VirtualService default/routes spec.http[0].match[0] (mesh.yaml:30)".strip()
    assert lines[-1] == "It goes to reviews.default.svc.cluster.local:80, subset v2, at 10.1.0.2:8080."


async def test_a_call_that_is_denied_ends_with_one_and_says_what_would_let_it_in(tmp_path: Path) -> None:
    (tmp_path / "mesh.yaml").write_text(f"{WORLD}\n---\n{NOBODY}\n")
    ended = await offline(tmp_path, "web", "http://reviews/", "-H", "x-user: ann")
    assert ended.code == 1
    assert ended.out.splitlines()[-1].startswith("It is denied at 10.1.0.2:8080 with 403")
    assert (await offline(tmp_path, "web", "http://reviews/")).code == 0


async def test_json_says_the_same(tmp_path: Path) -> None:
    (tmp_path / "mesh.yaml").write_text(WORLD)
    told = json.loads((await offline(tmp_path, "web", "http://reviews/", "-o", "json")).out)
    assert told["reaches"]
    assert [step["outcome"] for step in told["steps"] if step["stage"] == "rule"] == ["passed", "taken"]
    assert [each["address"] for each in told["destinations"][0]["endpoints"]] == ["10.1.0.1"]


async def test_a_question_that_is_none_ends_with_two(tmp_path: Path) -> None:
    (tmp_path / "mesh.yaml").write_text(WORLD)
    unknown = await offline(tmp_path, "wbe-1", "http://reviews/")
    assert (unknown.code, unknown.err) == (
        2,
        'Nobody is called "wbe-1": expected a workload, a gateway, or a node id in Istio\'s form. Did you mean "web-1"?\n',
    )
    assert (await offline(tmp_path, "web", "ftp://reviews/")).code == 2


async def test_mistakes_in_files_are_told_beside(tmp_path: Path) -> None:
    (tmp_path / "mesh.yaml").write_text(f"{WORLD}\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: x}}\nspec: {{ports: 7}}\n")
    ended = await offline(tmp_path, "web", "http://reviews/")
    assert ended.code == 0
    assert "Service default/x spec.ports" in ended.err


async def test_the_mesh_that_runs_is_asked_without_files(lateen: Any) -> None:
    await lateen("apply", "-f", "-", stdin=WORLD)
    ended = await lateen("explain", "web", "http://reviews/", "-H", "x-user: ann")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines()[-1] == "It goes to reviews.default.svc.cluster.local:80, subset v2, at 10.1.0.2:8080."
    await lateen("apply", "-f", "-", stdin=NOBODY)
    denied = await lateen("explain", "web", "http://reviews/", "-H", "x-user: ann")
    assert denied.code == 1
    assert "AuthorizationPolicy default/nobody" in denied.out


async def test_what_the_mesh_cannot_answer_is_said(lateen: Any, client: Client) -> None:
    ended = await lateen("explain", "nobody", "http://reviews/")
    assert (ended.code, ended.err) == (2, 'Nobody is called "nobody": expected a workload, a gateway, or a node id in Istio\'s form.\n')
    assert (await client.call("POST", "/lateen/v1/explain", {"caller": "sidecar~10.9.0.1~a.b~b.svc.cluster.local", "url": "http://x"}))["reaches"]


async def test_a_connected_proxy_goes_by_its_name_and_counts_as_it_describes_itself(control_plane: ControlPlane, client: Client) -> None:
    await client.apply(
        f"{WORLD}---{routes('[{match: [{sourceLabels: {team: a}}], directResponse: {status: 418}}]').replace('name: routes', 'name: a')}"
    )
    async with grpc.aio.insecure_channel(control_plane.plaintext) as through:
        call = through.stream_stream(METHOD, DeltaDiscoveryRequest.SerializeToString, DeltaDiscoveryResponse.FromString)()
        first = DeltaDiscoveryRequest(type_url="type.googleapis.com/envoy.config.cluster.v3.Cluster")
        first.node.id = "sidecar~10.9.0.1~stranger.default~default.svc.cluster.local"
        first.node.metadata.update({"LABELS": {"team": "a"}})
        await call.write(first)

        async def connected() -> list[str]:
            return [each["name"] for each in (await client.get("/lateen/v1/proxies"))["proxies"]]

        await eventually(connected, ["stranger"])
        for name in ("stranger", "stranger.default", "default/stranger", first.node.id):
            told = await client.call("POST", "/lateen/v1/explain", {"caller": name, "url": "http://reviews/"})
            assert told["steps"][0]["said"] == "reviews is reviews.default.svc.cluster.local"
            assert [each["status"] for each in told["answers"]] == [418]
        call.cancel()
