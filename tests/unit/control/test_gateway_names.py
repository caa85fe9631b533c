"""Addresses of gateways that are known by name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from lateen.api import decode, inputs
from lateen.control.gateway_names import REFRESH, GatewayNames, resolve
from lateen.flow import Graph, Key
from lateen.kit.clock import ManualClock
from lateen.registry import networks
from lateen.values.ref import Ref

REF = Ref("Service", "istio-system", "east-west")
NAME = "lb.example.com"


class World:
    """A graph, a resolver that knows `names`, and a clock that stands still."""

    def __init__(self) -> None:
        self.g = Graph()
        self.clock = ManualClock()
        self.names: dict[str, tuple[str, ...]] = {}
        self.kept = GatewayNames(self.g, self.put, self.resolve, self.clock)

    async def put(self, values: Mapping[Key[Any], Any]) -> int:
        with self.g.batch() as batch:
            for key, value in values.items():
                batch.set(key, value)
        return self.g.revision

    async def resolve(self, name: str) -> tuple[str, ...]:
        if name not in self.names:
            raise OSError(f"{name} is not known")
        return self.names[name]

    def write(self, name: str = "") -> None:
        """The only gateway has this name; none: it is gone."""
        metadata = {"name": REF.name, "namespace": REF.namespace, "labels": {"topology.istio.io/network": "far"}}
        told = {"spec": {"ports": [{"port": 15443}]}, "status": {"loadBalancer": {"ingress": [{"hostname": name}]}}}
        found, _ = decode.decode({"apiVersion": "v1", "kind": "Service", "metadata": metadata} | told)
        with self.g.batch() as batch:
            inputs.write(self.g, batch, [(REF, found if name else None)])
        self.kept.changed()

    def addresses(self) -> list[str]:
        return [each.address for each in networks.gateways(self.g)]


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    of = World()
    running = asyncio.create_task(of.kept.run())
    await asyncio.sleep(0)
    yield of
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def turns() -> None:
    """Let everybody come to where they wait."""
    for _ in range(50):
        await asyncio.sleep(0)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0)


@pytest.mark.rule("MC-2")
async def test_a_name_is_resolved_as_soon_as_a_gateway_has_it_and_forgotten_with_it() -> None:
    async with world() as of:
        of.names[NAME] = ("192.0.2.1", "192.0.2.2")
        of.write(NAME)
        await until(lambda: of.addresses() == ["192.0.2.1", "192.0.2.2"])
        of.write()
        await until(lambda: networks.resolved(of.g, NAME) == ())


@pytest.mark.rule("MC-2")
async def test_a_name_is_asked_for_again_and_what_was_found_stays_while_nobody_knows() -> None:
    async with world() as of:
        of.names[NAME] = ("192.0.2.1",)
        of.write(NAME)
        await until(lambda: of.addresses() == ["192.0.2.1"])
        del of.names[NAME]
        await of.clock.advance(REFRESH)
        await turns()
        assert of.addresses() == ["192.0.2.1"]
        of.names[NAME] = ("192.0.2.3",)
        await of.clock.advance(REFRESH)
        await until(lambda: of.addresses() == ["192.0.2.3"])


async def test_the_resolver_of_the_machine_knows_it_by_name() -> None:
    assert "127.0.0.1" in await resolve("localhost")
    with pytest.raises(OSError, match=r"\w"):
        await resolve("nobody.invalid")
