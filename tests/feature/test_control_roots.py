"""The rotation of the mesh's root as agents hear of it: on the stream of discovery, each step at once."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import pytest
from envoy.service.discovery.v3.discovery_pb2 import DeltaDiscoveryRequest, DeltaDiscoveryResponse

from lateen.agent import discovery
from lateen.cli.trouble import Trouble
from lateen.control.plane import ControlPlane

METHOD = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"


@contextlib.asynccontextmanager
async def asking(plane: ControlPlane) -> AsyncIterator[Any]:
    """A stream of discovery of an agent that has asked for the roots."""
    async with grpc.aio.insecure_channel(plane.plaintext) as channel:
        call = channel.stream_stream(METHOD, DeltaDiscoveryRequest.SerializeToString, DeltaDiscoveryResponse.FromString)()
        first = DeltaDiscoveryRequest(type_url=discovery.ROOTS, resource_names_subscribe=[discovery.TRUSTED])
        first.node.id = "sidecar~10.0.0.1~a.default~default.svc.cluster.local"
        await call.write(first)
        yield call
        call.cancel()


async def roots(call: Any) -> tuple[int, str]:
    """How many roots the next response has, and its nonce."""
    response = await call.read()
    (resource,) = response.resources
    return resource.resource.value.count(b"BEGIN CERTIFICATE"), response.nonce


@pytest.mark.rule("CA-4")
async def test_a_new_root_does_not_sign_before_agents_say_that_they_trust_it(control_plane: ControlPlane, client: Any) -> None:
    async with asking(control_plane) as call:
        count, nonce = await roots(call)
        assert count == 1
        await call.write(DeltaDiscoveryRequest(type_url=discovery.ROOTS, response_nonce=nonce))
        await client.call("POST", "/lateen/v1/ca/announce", {})
        count, nonce = await roots(call)
        assert count == 2
        with pytest.raises(Trouble, match=r"1 of the proxies \(sidecar~10.0.0.1~a.default.*\) do not trust the announced root yet"):
            await client.call("POST", "/lateen/v1/ca/switch", {})
        await call.write(DeltaDiscoveryRequest(type_url=discovery.ROOTS, response_nonce=nonce))
        await control_plane.pusher.states.arrived(control_plane.pusher.g.revision)
        told = await client.call("POST", "/lateen/v1/ca/switch", {})
        assert [root["signs"] for root in told["roots"]] == [False, True]
        count, _ = await roots(call)
        assert count == 2
