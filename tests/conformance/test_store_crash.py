"""A write that was acknowledged is there after `kill -9` at any moment, and a write is there whole or not at all.

One process imports the store once and forks a writer for each round, so that hundreds of kills take seconds. The writer keeps two writes
under way at a time, each of several objects that all carry the same number, and tells each number once its write has returned.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from lateen.store import Object, SqliteStore

KILLS = 400
ROUNDS_PER_FILE = 20
GROUPS = {"a": 3, "b": 2}

FORKS_WRITERS = """
import asyncio, itertools, json, os, sys
from lateen.store import Put, SqliteStore
from lateen.values.ref import Ref

def manifest(number):
    return json.dumps({"spec": {"number": number, "padding": "x" * (number * 37 % 3000)}}).encode()

async def write_for_ever(path):
    async with asyncio.timeout(60):
        store = await SqliteStore.open(path)
        found = (await store.list("A")).objects
        begin = max((json.loads(each.manifest)["spec"]["number"] for each in found), default=0) + 1
        for number in itertools.count(begin):
            await asyncio.gather(write(store, "a", 3, number), write(store, "b", 2, number))

async def write(store, group, size, number):
    refs = [Ref(group.upper(), "default", f"{group}{index}") for index in range(size)]
    await store.write([Put(ref, manifest(number)) for ref in refs], author=group, reason=str(number))
    os.write(1, f"{group} {number}\\n".encode())

for line in sys.stdin:
    if pid := os.fork():
        os.write(1, f"pid {pid}\\n".encode())
        os.waitpid(pid, 0)
        os.write(1, b"gone 0\\n")
    else:
        asyncio.run(write_for_ever(line.strip()))
"""


@pytest.fixture
def forking() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", FORKS_WRITERS], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield process
        assert process.stdin
        process.stdin.close()


async def test_what_was_acknowledged_survives_a_kill_at_any_moment_and_nothing_is_half_written(
    tmp_path: Path, forking: subprocess.Popen[bytes]
) -> None:
    chance = random.Random(7)
    acknowledged = {"a": 0, "b": 0}
    survived = 0
    for kill in range(KILLS):
        if kill % ROUNDS_PER_FILE == 0:
            acknowledged = {"a": 0, "b": 0}
        path = tmp_path / f"{kill // ROUNDS_PER_FILE}.db"
        acknowledged |= acknowledged_before_a_kill(forking, path, chance)
        numbers = await stored(path)
        for group, number in acknowledged.items():
            assert numbers[group] >= number, f"kill {kill}: write {group} {number} was acknowledged, and {numbers[group]} is stored"
        survived += sum(numbers.values())
    assert survived > KILLS


def acknowledged_before_a_kill(forking: subprocess.Popen[bytes], path: Path, chance: random.Random) -> dict[str, int]:
    """Start a writer, kill it after some acknowledgements and a moment more, and give the last number acknowledged in each group."""
    assert forking.stdin
    assert forking.stdout
    forking.stdin.write(f"{path}\n".encode())
    forking.stdin.flush()
    word, pid = told(forking.stdout)
    assert word == "pid"
    last: dict[str, int] = {}
    for _ in range(chance.choice([0, 0, 1, 2, 5, 20])):
        group, number = told(forking.stdout)
        assert group in GROUPS, "the writer ended by itself"
        last[group] = number
    time.sleep(chance.uniform(0, 0.004))
    os.kill(pid, signal.SIGKILL)
    while (line := told(forking.stdout))[0] != "gone":
        last[line[0]] = line[1]
    return last


def told(pipe: IO[bytes]) -> tuple[str, int]:
    word, number = pipe.readline().split()
    return word.decode(), int(number)


async def stored(path: Path) -> dict[str, int]:
    """The number each group carries, after checking that no group is half written and the log is whole."""
    store = await SqliteStore.open(path)
    snapshot = await store.list()
    numbers = {group: number_of_all(snapshot.objects, group, size) for group, size in GROUPS.items()}
    history = await store.history(limit=1_000_000)
    assert [revision.number for revision in history] == list(range(snapshot.revision, 0, -1))
    assert all(len(revision.changes) == GROUPS[revision.author] for revision in history)
    await store.close()
    return numbers


def number_of_all(objects: tuple[Object, ...], group: str, size: int) -> int:
    found = [json.loads(each.manifest)["spec"]["number"] for each in objects if each.ref.kind == group.upper()]
    assert len(found) in (0, size), f"{len(found)} of {size} objects of a write are there"
    assert len(set(found)) <= 1, f"the objects of one write carry {found}"
    return found[0] if found else 0
