"""What is known of each proxy, and when a revision has arrived."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from lateen.control import states as module
from lateen.control.states import States
from lateen.xds.events import Acked, Subscribed

EDS = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"


class Connected:
    """A stream, as far as its state is asked."""

    def __init__(self, behind: int | None) -> None:
        self.session = self
        self.behind = behind


async def waiting_for(states: States, revision: int) -> asyncio.Task[None]:
    waiting = asyncio.create_task(states.arrived(revision))
    await asyncio.sleep(0)
    assert not waiting.done()
    return waiting


async def test_a_revision_has_arrived_when_the_last_proxy_acknowledges_it() -> None:
    states, stream = States(), Connected(behind=7)
    told: Any = stream
    states.connected(told)
    waiting = await waiting_for(states, 7)
    stream.behind = None
    states.reported(told, Acked(EDS, 7, ("a",)))
    await asyncio.wait_for(waiting, 60)


async def test_a_revision_has_arrived_also_when_a_proxy_gives_up_what_it_was_yet_to_be_told() -> None:
    states, stream = States(), Connected(behind=7)
    told: Any = stream
    states.connected(told)
    waiting = await waiting_for(states, 7)
    stream.behind = None
    states.reported(told, Subscribed(EDS, (), ("a",)))
    await asyncio.wait_for(waiting, 60)


async def test_a_revision_has_arrived_also_when_what_was_yet_to_be_told_was_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_AGAIN", 0.0)
    states, stream = States(), Connected(behind=7)
    told: Any = stream
    states.connected(told)
    waiting = await waiting_for(states, 7)
    stream.behind = None
    await asyncio.wait_for(waiting, 60)


async def test_a_proxy_that_leaves_is_waited_for_no_more() -> None:
    states, stream = States(), Connected(behind=7)
    told: Any = stream
    states.connected(told)
    waiting = await waiting_for(states, 7)
    states.disconnected(told)
    await asyncio.wait_for(waiting, 60)
