"""What the control plane knows of proxies: who may connect as whom, what they have acknowledged, and how long a change took to arrive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import grpc
import grpc.aio
import pytest
from envoy.service.discovery.v3.discovery_pb2 import DeltaDiscoveryRequest, DeltaDiscoveryResponse

from lateen.agent.certificates import ControlPlane as Where
from lateen.agent.certificates import bearer, channel, fetch
from lateen.cli.connection import Refused
from lateen.control.plane import ControlPlane
from lateen.values.spiffe import Identity

METHOD = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"
CLUSTER = "type.googleapis.com/envoy.config.cluster.v3.Cluster"
NODE = "sidecar~10.0.0.1~web-1.default~default.svc.cluster.local"

WORLD = """
apiVersion: v1
kind: Service
metadata: {name: reviews}
spec: {ports: [{port: 80, name: http}]}
"""


@asynccontextmanager
async def proxy(through: grpc.aio.Channel, *, acknowledges: bool = True, metadata: Any = (), account: str = "") -> AsyncIterator[list[str]]:
    """A proxy that asks for clusters and acknowledges what it is sent; yields the names that it has been sent."""
    call = through.stream_stream(METHOD, DeltaDiscoveryRequest.SerializeToString, DeltaDiscoveryResponse.FromString)(metadata=metadata)
    first = DeltaDiscoveryRequest(type_url=CLUSTER)
    first.node.id = NODE
    if account:
        first.node.metadata.update({"SERVICE_ACCOUNT": account})
    await call.write(first)
    names: list[str] = []
    started = asyncio.Event()

    async def converse() -> None:
        async for response in call:
            names.extend(resource.name for resource in response.resources)
            names.extend(f"-{name}" for name in response.removed_resources)
            if acknowledges:
                await call.write(DeltaDiscoveryRequest(type_url=CLUSTER, response_nonce=response.nonce))
            else:
                refusal = DeltaDiscoveryRequest(type_url=CLUSTER, response_nonce=response.nonce)
                refusal.error_detail.message = f"Error adding cluster {names[-1]}: no"
                await call.write(refusal)
            started.set()

    conversation = asyncio.create_task(converse())
    done, _ = await asyncio.wait({conversation, asyncio.create_task(started.wait())}, timeout=10, return_when=asyncio.FIRST_COMPLETED)
    if conversation in done:
        conversation.result()
    try:
        yield names
    finally:
        conversation.cancel()
        call.cancel()


def plaintext(plane: ControlPlane) -> grpc.aio.Channel:
    return grpc.aio.insecure_channel(plane.plaintext)


async def token(client: Any, account: str) -> str:
    return str((await client.call("POST", "/lateen/v1/tokens", {"namespace": "default", "serviceAccount": account}))["token"])


async def test_an_apply_that_waits_says_when_every_proxy_has_it(control_plane: ControlPlane, client: Any) -> None:
    async with plaintext(control_plane) as through, proxy(through) as names:
        answer = await client.apply(WORLD, wait=10)
        assert (answer["arrived"], answer["proxies"], answer["behind"]) == (True, 1, [])
        assert answer["milliseconds"] < 10_000
        assert "outbound|80||reviews.default.svc.cluster.local" in names


@pytest.mark.rule("XD-11")
async def test_a_proxy_that_has_acknowledged_everything_is_synced(control_plane: ControlPlane, client: Any) -> None:
    async with plaintext(control_plane) as through, proxy(through):
        await client.apply(WORLD, wait=10)
        [found] = (await client.get("/lateen/v1/proxies"))["proxies"]
        assert (found["id"], found["name"], found["namespace"]) == (NODE, "web-1", "default")
        assert {short: state["status"] for short, state in found["types"].items()} == {
            "cds": "SYNCED",
            "lds": "NOT SENT",
            "eds": "NOT SENT",
            "rds": "NOT SENT",
            "vhds": "NOT SENT",
            "sds": "NOT SENT",
            "ecds": "NOT SENT",
        }
    with pytest.raises(Refused, match="No proxy"):
        await gone(client)


async def gone(client: Any) -> None:
    for _ in range(100):
        await client.get("/lateen/v1/proxies/web-1.default")


@pytest.mark.rule("XD-11")
async def test_what_a_proxy_refuses_is_told_with_the_object_that_it_came_from(control_plane: ControlPlane, client: Any) -> None:
    async with plaintext(control_plane) as through, proxy(through, acknowledges=False):
        answer = await client.apply(WORLD, wait=10)
        found = await client.get("/lateen/v1/proxies/web-1.default")
        assert found["types"]["cds"]["status"] == "NACK"
        assert answer["arrived"]


async def test_the_configuration_of_a_proxy_is_shown_as_envoy_would(control_plane: ControlPlane, client: Any) -> None:
    await client.apply(WORLD)
    async with plaintext(control_plane) as through, proxy(through):
        dump = await client.get("/lateen/v1/proxies/web-1/config")
        clusters = [entry["cluster"]["name"] for entry in dump["configs"][0]["dynamic_active_clusters"]]
        assert "outbound|80||reviews.default.svc.cluster.local" in clusters


@pytest.mark.rule("XD-10")
async def test_over_tls_a_proxy_must_show_who_it_is(control_plane: ControlPlane) -> None:
    where = Where(control_plane.connection.discovery, control_plane.connection.roots.encode())
    async with channel(where) as through:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            async with proxy(through):
                pass
    assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED


@pytest.mark.rule("XD-10")
async def test_a_proxy_must_be_of_the_namespace_and_account_of_its_certificate(control_plane: ControlPlane, client: Any) -> None:
    where = Where(control_plane.connection.discovery, control_plane.connection.roots.encode())
    own = await fetch(where, Identity("cluster.local", "default", "web"), await token(client, "web"))
    shown = bearer(own, datetime.now(UTC))
    async with channel(where, own) as through:
        async with proxy(through, metadata=shown, account="web") as names:
            assert names
        with pytest.raises(grpc.aio.AioRpcError, match='cannot be a proxy of the service account "admin"'):
            async with proxy(through, metadata=shown, account="admin"):
                pass


async def test_a_join_token_is_good_for_its_account_only(control_plane: ControlPlane, client: Any) -> None:
    from lateen.agent.certificates import RefusedError

    where = Where(control_plane.connection.discovery, control_plane.connection.roots.encode())
    with pytest.raises(RefusedError, match="for service account web"):
        await fetch(where, Identity("cluster.local", "default", "admin"), await token(client, "web"))


@pytest.mark.rule("XD-13")
async def test_the_control_plane_measures_itself_by_istiods_names(control_plane: ControlPlane, client: Any) -> None:
    async with plaintext(control_plane) as through, proxy(through):
        await client.apply(WORLD, wait=10)
        text = control_plane.pusher.metrics.text().decode()
    for name in (
        "pilot_xds 1.0",
        'pilot_xds_pushes{type="cds"} 2.0',
        "pilot_services 1.0",
        "pilot_proxy_convergence_time_count",
        "pilot_total_xds_rejects 0.0",
    ):
        assert name in text


LEFT_OUT = """
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: bad}
spec:
  priority: 1
  configPatches:
  - applyTo: CLUSTER
    match: {cluster: {service: reviews.default.svc.cluster.local}}
    patch: {operation: MERGE, value: {connect_timeout: 0s}}
"""


@pytest.mark.rule("EX-3")
async def test_a_patch_that_had_to_be_left_out_is_told_and_counted(control_plane: ControlPlane, client: Any) -> None:
    async with plaintext(control_plane) as through, proxy(through) as names:
        answer = await client.apply(WORLD + "---" + LEFT_OUT, wait=10)
        assert "outbound|80||reviews.default.svc.cluster.local" in names
        [told] = answer["analysis"]
        assert (told["code"], told["path"], told["line"]) == ("LAT0005", "spec.configPatches[0].patch", 15)
        assert "connect_timeout is 0s, expected more than 0s." in told["message"]
        standing = await client.get("/lateen/v1/standing", ref="EnvoyFilter/default/bad")
        assert [each["code"] for each in standing["findings"]] == ["LAT0005"]
        assert "pilot_envoy_filter_errors 1.0" in control_plane.pusher.metrics.text().decode()


@pytest.mark.rule("EX-3")
async def test_what_a_proxy_refuses_of_a_patched_resource_is_told_on_the_envoy_filter(control_plane: ControlPlane, client: Any) -> None:
    good = LEFT_OUT.replace("name: bad", "name: good").replace("0s", "2s")
    async with plaintext(control_plane) as through, proxy(through, acknowledges=False):
        await client.apply(WORLD + "---" + good, wait=10)
        standing = await client.get("/lateen/v1/standing", ref="EnvoyFilter/default/good")
        assert [each["proxy"] for each in standing["refusedBy"]] == [NODE]


@pytest.mark.rule("MESH-9")
async def test_an_agent_may_ask_how_a_proxy_is_to_be_set_up(client: Any) -> None:
    await client.apply("""
apiVersion: networking.istio.io/v1beta1
kind: ProxyConfig
metadata: {name: web, namespace: default}
spec: {selector: {matchLabels: {app: web}}, concurrency: 3}
---
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: web, namespace: default}
spec:
  workloadSelector: {labels: {app: web}}
  configPatches:
  - {applyTo: BOOTSTRAP, match: {proxy: {proxyVersion: '^1\\.27'}}, patch: {operation: MERGE, value: {headerPrefix: x}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: "defaultConfig: {drainDuration: 9s}"}
""")
    asked = "/lateen/v1/proxy-settings?namespace=default&labels="
    assert (await client.get(f"{asked}tier%3Dx,app%3Dweb"))["settings"] == {"concurrency": 3, "drainDuration": "9s"}
    assert (await client.get(f"{asked}app%3Dother"))["settings"] == {"drainDuration": "9s"}
    assert (await client.get(f"{asked}app%3Dweb&version=1.27.0"))["bootstrap"] == {"header_prefix": "x"}
    assert (await client.get(f"{asked}app%3Dweb&version=1.26.0"))["bootstrap"] == {}
    assert (await client.get(f"{asked}app%3Dother&version=1.27.0"))["bootstrap"] == {}
