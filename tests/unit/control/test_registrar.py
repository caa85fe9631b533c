"""Workloads that come and go, against a real store and a clock that stands still."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from envoy.config.core.v3.base_pb2 import Node
from google.protobuf import json_format

from lateen.control import registration
from lateen.control.manifests import manifest_of
from lateen.control.registrar import DEAD, GRACE, RENEW, RETURN, Registrar
from lateen.kit.clock import ManualClock
from lateen.store import Delete, MemoryStore, Put
from lateen.store.store import Unwritable
from lateen.values.ref import Ref
from lateen.xds.node import proxy
from lateen.xds.stream import Stream

ENTRY = Ref("WorkloadEntry", "default", "vm-10.0.0.1")
GROUP = Ref("WorkloadGroup", "default", "vm")
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


class Guest(Stream):
    """A proxy that has connected; why it was sent away, if it was."""

    def __init__(self, **metadata: Any) -> None:
        given = {"NAMESPACE": "default", "AUTO_REGISTER_GROUP": "vm"} | metadata
        message = {"id": "sidecar~10.0.0.1~vm.default~default.svc.cluster.local", "metadata": given}
        self.proxy = proxy(json_format.ParseDict(message, Node()))
        self.dropped = ""

    def drop(self, reason: str, code: Any = None) -> None:
        self.dropped = reason


class World:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.store = MemoryStore()
        self.registrar = self.another("here")

    def another(self, controller: str) -> Registrar:
        return Registrar(self.store, controller, self.clock, lambda: BEGIN + timedelta(seconds=self.clock.now()))

    async def write(self, ref: Ref, **rest: Any) -> None:
        manifest = {"apiVersion": "networking.istio.io/v1", "kind": ref.kind, "metadata": {"name": ref.name, "namespace": ref.namespace}}
        await self.store.write([Put(ref, msgspec.json.encode(manifest | rest))], author="me", reason="test")

    async def entry(self) -> dict[str, Any] | None:
        stored = await self.store.get(ENTRY)
        return manifest_of(stored) if stored is not None else None

    async def marks(self) -> set[str]:
        found = await self.entry()
        return {key.partition("/")[2] for key in registration.marks(found)} if found is not None else set()


CONNECTED = {"autoRegistrationGroup", "workloadController", "connectedAt"}
LEFT = {"autoRegistrationGroup", "workloadController", "disconnectedAt"}


@asynccontextmanager
async def world(group: dict[str, Any] | None = None) -> AsyncIterator[World]:
    of = World()
    await of.write(GROUP, spec=group if group is not None else {"template": {}})
    async with at_work(of.registrar):
        yield of


@asynccontextmanager
async def at_work(registrar: Registrar) -> AsyncIterator[None]:
    running = asyncio.create_task(registrar.run())
    await asyncio.sleep(0)
    yield
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def settled(turns: int = 50) -> None:
    for _ in range(turns):
        await asyncio.sleep(0)


async def until(true: Callable[[], Any]) -> None:
    async with asyncio.timeout(60):
        while not await true():
            await asyncio.sleep(0)


async def came_and_left(of: World) -> None:
    """A workload has been registered, and its stream has ended."""
    guest = Guest()
    of.registrar.arrived(guest)
    await until(of.entry)
    of.registrar.left(guest)
    await settled()


@pytest.mark.rule("WE-3")
async def test_a_workload_that_connects_is_registered() -> None:
    async with world({"template": {"labels": {"app": "vm"}}}) as of:
        of.registrar.arrived(Guest())
        await until(of.entry)
        found = await of.entry()
        assert found is not None
        assert found["spec"] == {"address": "10.0.0.1", "labels": {"app": "vm"}}
        assert await of.marks() == CONNECTED


async def test_a_proxy_that_joins_no_group_is_not_registered() -> None:
    async with world() as of:
        guest = Guest(AUTO_REGISTER_GROUP="")
        of.registrar.arrived(guest)
        of.registrar.told(guest, None)
        of.registrar.left(guest)
        await settled()
        assert [each.ref for each in (await of.store.list()).objects] == [GROUP]


@pytest.mark.rule("WE-3")
async def test_one_that_leaves_is_marked_and_removed_after_the_grace() -> None:
    async with world() as of:
        await came_and_left(of)
        assert await of.marks() == LEFT
        await of.clock.advance(GRACE - 1)
        assert await of.entry() is not None
        await of.clock.advance(1)
        await settled()
        assert await of.entry() is None


@pytest.mark.rule("WE-3")
async def test_one_that_comes_back_within_the_grace_stays() -> None:
    async with world() as of:
        await came_and_left(of)
        of.registrar.arrived(Guest())
        await of.clock.advance(GRACE)
        await settled()
        assert await of.marks() == CONNECTED


@pytest.mark.rule("WE-2", "WE-3")
async def test_one_that_comes_back_within_the_grace_is_heard_at_once() -> None:
    async with world() as of:
        await came_and_left(of)
        guest = Guest()
        of.registrar.arrived(guest)
        of.registrar.told(guest, "no answer")
        await settled()
        assert await of.marks() == CONNECTED
        found = await of.entry()
        assert found is not None and found["status"]["conditions"][0]["message"] == "no answer"


@pytest.mark.rule("WE-3")
async def test_one_that_comes_back_and_leaves_again_has_the_whole_grace_again() -> None:
    async with world() as of:
        await came_and_left(of)
        await of.clock.advance(GRACE - 1)
        guest = Guest()
        of.registrar.arrived(guest)
        of.registrar.left(guest)
        await settled()
        await of.clock.advance(GRACE - 1)
        await settled()
        assert await of.marks() == LEFT
        await of.clock.advance(1)
        await settled()
        assert await of.entry() is None


@pytest.mark.rule("WE-3")
async def test_one_that_comes_back_to_another_control_plane_stays() -> None:
    async with world() as of:
        await came_and_left(of)
        there = of.another("there")
        async with at_work(there):
            there.arrived(Guest())
            await settled()
            await of.clock.advance(GRACE)
            await settled()
            found = await of.entry()
            assert found is not None
            assert registration.marks(found)["istio.io/workloadController"] == "there"
            assert await of.marks() == CONNECTED


@pytest.mark.rule("WE-3")
async def test_one_that_is_at_another_control_plane_before_the_first_hears_that_it_has_left_stays() -> None:
    async with world() as of:
        guest = Guest()
        of.registrar.arrived(guest)
        await until(of.entry)
        there = of.another("there")
        async with at_work(there):
            there.arrived(Guest())
            await settled()
            of.registrar.left(guest)
            await settled()
            assert await of.marks() == CONNECTED
            await of.clock.advance(GRACE)
            await settled()
            assert await of.marks() == CONNECTED


async def test_a_new_stream_takes_the_place_of_one_that_has_not_ended_yet() -> None:
    async with world() as of:
        old, new = Guest(), Guest()
        of.registrar.arrived(old)
        of.registrar.arrived(new)
        of.registrar.left(old)
        await settled()
        await of.clock.advance(GRACE)
        await settled()
        assert await of.marks() == CONNECTED


@pytest.mark.rule("WE-3")
async def test_who_may_not_join_is_sent_away_with_a_sentence() -> None:
    async with world({"template": {"serviceAccount": "robot"}}) as of:
        guest = Guest(SERVICE_ACCOUNT="other")
        of.registrar.arrived(guest)
        await settled()
        assert "cannot join WorkloadGroup default/vm" in guest.dropped
        assert await of.entry() is None


@pytest.mark.rule("WE-2")
async def test_what_an_agent_tells_of_health_becomes_the_condition() -> None:
    async with world() as of:
        guest = Guest()
        of.registrar.arrived(guest)
        of.registrar.told(guest, "no answer")
        await settled()
        found = await of.entry()
        assert found is not None
        assert [(each["type"], each["status"], each["message"]) for each in found["status"]["conditions"]] == [("Healthy", "False", "no answer")]
        of.registrar.told(guest, None)
        await settled()
        found = await of.entry()
        assert found is not None
        assert found["status"]["conditions"][0]["status"] == "True"


@pytest.mark.rule("WE-2")
async def test_an_entry_that_is_there_already_is_told_of_and_never_removed() -> None:
    async with world() as of:
        await of.write(ENTRY, spec={"address": "10.0.0.1"})
        guest = Guest(AUTO_REGISTER_GROUP="", WORKLOAD_ENTRY=ENTRY.name)
        of.registrar.arrived(guest)
        of.registrar.told(guest, "no answer")
        await settled()
        of.registrar.left(guest)
        await of.clock.advance(GRACE)
        await settled()
        found = await of.entry()
        assert found is not None
        assert found["status"]["conditions"][0]["status"] == "False"
        assert await of.marks() == set()


@pytest.mark.rule("WE-3")
async def test_after_a_start_what_does_not_come_back_is_removed() -> None:
    of = World()
    await of.write(GROUP, spec={"template": {}})
    guest = Guest()
    async with at_work(of.registrar):
        of.registrar.arrived(guest)
        await until(of.entry)
    async with at_work(of.another("here")):
        await of.clock.advance(RETURN)
        await settled()
        assert await of.marks() == LEFT
        await of.clock.advance(GRACE)
        await settled()
        assert await of.entry() is None


@pytest.mark.rule("WE-3")
async def test_what_another_control_plane_has_is_removed_only_when_that_one_has_died() -> None:
    of = World()
    await of.write(GROUP, spec={"template": {}})
    async with at_work(of.registrar):
        of.registrar.arrived(Guest())
        await until(of.entry)
    async with at_work(of.another("there")):
        await of.clock.advance(RETURN)
        await settled()
        assert await of.marks() == CONNECTED
        for _ in range(int(DEAD / RENEW)):
            await of.clock.advance(RENEW)
            await settled()
        await of.clock.advance(GRACE)
        await settled()
        assert await of.entry() is None


@pytest.mark.rule("WE-3")
async def test_those_who_are_connected_are_renewed() -> None:
    async with world() as of:
        of.registrar.arrived(Guest())
        await until(of.entry)
        await of.clock.advance(RETURN)
        await of.clock.advance(RENEW)
        await settled()
        found = await of.entry()
        assert found is not None
        now = BEGIN + timedelta(seconds=RETURN + RENEW)
        assert registration.marks(found)["istio.io/connectedAt"] == registration.timestamp(now)


async def test_an_entry_that_somebody_deletes_does_not_trouble_the_one_who_leaves() -> None:
    async with world() as of:
        guest = Guest()
        of.registrar.arrived(guest)
        await until(of.entry)
        await of.store.write([Delete(ENTRY)], author="me", reason="test")
        of.registrar.left(guest)
        await settled()
        assert await of.entry() is None
        of.registrar.arrived(Guest())
        await until(of.entry)


class FullStore(MemoryStore):
    """A store that takes nothing for a while."""

    is_full = False

    async def write(self, operations: Any, *, author: str, reason: str) -> Any:
        if self.is_full:
            raise Unwritable("/here", "the disk is full")
        return await super().write(operations, author=author, reason=reason)


async def test_what_the_store_does_not_take_is_written_when_it_does() -> None:
    of = World()
    of.store = store = FullStore()
    await of.write(GROUP, spec={"template": {}})
    registrar = of.another("here")
    async with at_work(registrar):
        store.is_full = True
        registrar.arrived(Guest())
        await settled()
        assert await of.entry() is None
        store.is_full = False
        await of.clock.advance(1.0)
        await until(of.entry)
