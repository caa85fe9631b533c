"""Workloads that register themselves over the stream that brings them their configuration, and tell whether they are well."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc.aio
import pytest
from envoy.config.endpoint.v3.endpoint_pb2 import ClusterLoadAssignment
from envoy.service.discovery.v3.discovery_pb2 import DeltaDiscoveryRequest, DeltaDiscoveryResponse

from lateen.control import registrar
from lateen.control.plane import ControlPlane

METHOD = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"
ENDPOINTS = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"
CLUSTERS = "type.googleapis.com/envoy.config.cluster.v3.Cluster"
HEALTH = "type.googleapis.com/istio.v1.HealthInformation"
WORLD = """
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: vm}
spec:
  hosts: [vm.example.com]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{number: 80, name: http, protocol: HTTP}]
  workloadSelector: {labels: {app: vm}}
---
apiVersion: networking.istio.io/v1
kind: WorkloadGroup
metadata: {name: vm}
spec: {template: {serviceAccount: robot, labels: {app: vm}, ports: {http: 8080}}}
"""


class Proxy:
    """A proxy on the plaintext port. `addresses` are those of the endpoints that it was last told of."""

    def __init__(self, call: Any) -> None:
        self._call = call
        self.addresses: list[str] | None = None
        self.ended = ""

    async def say(self, **request: Any) -> None:
        await self._call.write(DeltaDiscoveryRequest(**request))

    async def tell(self, reason: str = "") -> None:
        request = DeltaDiscoveryRequest(type_url=HEALTH)
        if reason:
            request.error_detail.message = reason
        await self._call.write(request)

    async def converse(self, is_silent: bool) -> None:
        try:
            async for response in self._call:
                if is_silent:
                    continue
                await self.say(type_url=response.type_url, response_nonce=response.nonce)
                for resource in response.resources if response.type_url == ENDPOINTS else ():
                    found = ClusterLoadAssignment.FromString(resource.resource.value)
                    groups = [each.endpoint.address.socket_address for group in found.endpoints for each in group.lb_endpoints]
                    self.addresses = [f"{each.address}:{each.port_value}" for each in groups]
        except grpc.aio.AioRpcError as error:
            self.ended = str(error.details())


@asynccontextmanager
async def proxy(plane: ControlPlane, address: str, is_silent: bool = False, **metadata: Any) -> AsyncIterator[Proxy]:
    """A proxy's stream. One that `is_silent` says who it is and no more: gRPC tells no reason to who is writing when it is sent away."""
    async with grpc.aio.insecure_channel(plane.plaintext) as through:
        call = through.stream_stream(METHOD, DeltaDiscoveryRequest.SerializeToString, DeltaDiscoveryResponse.FromString)()
        first = DeltaDiscoveryRequest(type_url=CLUSTERS)
        first.node.id = f"sidecar~{address}~web.default~default.svc.cluster.local"
        first.node.metadata.update(metadata)
        await call.write(first)
        of = Proxy(call)
        if not is_silent:
            await of.say(type_url=ENDPOINTS, resource_names_subscribe=["outbound|80||vm.example.com"])
        conversation = asyncio.create_task(of.converse(is_silent))
        try:
            yield of
        finally:
            conversation.cancel()
            call.cancel()


async def until(true: Any) -> None:
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.02)


@pytest.mark.rule("WE-2", "WE-3")
async def test_a_workload_that_registers_is_called_while_it_is_well(
    control_plane: ControlPlane, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registrar, "GRACE", 0.2)
    await client.apply(WORLD)
    async with proxy(control_plane, "10.0.0.1") as caller:
        await until(lambda: caller.addresses == [])
        async with proxy(control_plane, "10.0.0.2", AUTO_REGISTER_GROUP="vm", SERVICE_ACCOUNT="robot", LATEEN={"health": True}) as machine:
            entry = "/apis/networking.istio.io/v1/namespaces/default/workloadentries/vm-10.0.0.2"
            await machine.tell()
            await until(lambda: caller.addresses == ["10.0.0.2:8080"])
            await machine.tell("no answer on port 8080")
            await until(lambda: caller.addresses == [])
            found = await client.get(entry)
            assert found["status"]["conditions"][0]["message"] == "no answer on port 8080"
            await machine.tell()
            await until(lambda: caller.addresses == ["10.0.0.2:8080"])
        await until(lambda: caller.addresses == [])


@pytest.mark.rule("WE-3")
async def test_a_workload_of_another_account_is_sent_away(control_plane: ControlPlane, client: Any) -> None:
    await client.apply(WORLD)
    async with proxy(control_plane, "10.0.0.2", is_silent=True, AUTO_REGISTER_GROUP="vm", SERVICE_ACCOUNT="other") as machine:
        await until(lambda: machine.ended)
        assert "cannot join WorkloadGroup default/vm" in machine.ended
