"""`lateen up` when its parts die: what serves goes on serving, and what has died comes back."""

import os

import pytest

from lateen.agent import leftovers, mode

pytestmark = [
    pytest.mark.envoy,
    pytest.mark.root,
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0 or mode.choose_mode().mode != "transparent", reason="network namespaces cannot be made here"),
]
TWO = """
services:
  a: {command: PYTHON server.py, ports: {http: "80:8000"}}
  b: {command: PYTHON server.py, ports: {http: "80:8000"}}
"""


async def test_an_agent_that_is_killed_fails_no_request_and_takes_over_all_that_runs(meshes, until) -> None:
    mesh = await meshes.up(meshes.folder(TWO))
    running = {each.runs: each for each in mesh.made.processes if each.runs != "agent"}
    async with mesh.traffic("a.default", "b") as traffic:
        await traffic.more(50)
        for times in (1, 2):
            killed = mesh.kill("agent")
            await mesh.says("The agent has ended with code -9", times)
            await until(lambda killed=killed: mesh.is_another("agent", killed))
            await traffic.more(200)
    assert traffic.failures == []
    assert {each.runs: each for each in mesh.made.processes if each.runs != "agent"} == running
    assert await mesh.stop() == 0
    assert not any(leftovers.is_alive(each) for each in running.values())
    assert not (mesh.directory / "made.json").exists()


@pytest.mark.parametrize("who", ["control", "b.default envoy", "b.default app"])
async def test_a_part_that_is_killed_comes_back_by_itself(meshes, until, who) -> None:
    mesh = await meshes.up(meshes.folder(TWO))
    async with mesh.traffic("a.default", "b") as traffic:
        await traffic.more(50)
        killed = mesh.kill(who)
        await until(lambda: mesh.is_another(who, killed))
        await traffic.more(100)
    if who == "control":
        assert traffic.failures == []
