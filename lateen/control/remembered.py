"""What groups of workloads call, kept over the end of the control plane: a small file of the state folder, written soon after something was learned.

So a mesh that is started again, and a replica that comes before any other of its group has, start warm. A file that cannot be read is as good as
none: what is called is asked for again.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import msgspec

from lateen.control.dependencies import Dependencies
from lateen.identity import files
from lateen.kit.clock import Clock, SystemClock
from lateen.kit.logging import logger

SOON: Final = 1.0
"""Seconds for which more may be learned before it is written."""

_log = logger("dependencies")


class _Kept(msgspec.Struct, frozen=True):
    """A group with its hosts."""

    namespace: str
    labels: dict[str, str]
    hosts: tuple[str, ...]


def read(path: Path) -> Dependencies:
    """What was kept; nothing where nothing was, or nothing that can be read."""
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=list[_Kept])
    except FileNotFoundError:
        return Dependencies()
    except (OSError, msgspec.DecodeError) as error:
        _log.warning(f"{path} cannot be read: {error}. What apps call is learned anew.")
        return Dependencies()
    return Dependencies({(each.namespace, tuple(sorted(each.labels.items()))): each.hosts for each in kept})


def written(dependencies: Dependencies) -> str:
    """The same as text, in the order in which groups learned something."""
    kept = [_Kept(namespace, dict(labels), hosts) for (namespace, labels), hosts in dependencies.groups.items()]
    return msgspec.json.format(msgspec.json.encode(kept)).decode() + "\n"


class Keeping:
    """Writes the dependencies to the file at `path` while `run` does, and at its end. Raises `OSError` when it cannot."""

    def __init__(self, dependencies: Dependencies, path: Path, clock: Clock | None = None) -> None:
        self._dependencies = dependencies
        self._path = path
        self._clock = clock or SystemClock()
        self._news = asyncio.Event()
        dependencies.changed = self._news.set

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                await self._news.wait()
                await self._clock.sleep(SOON)
                text = self._taken()
                await asyncio.to_thread(files.write, self._path, text, files.SECRET)
        finally:
            if self._news.is_set():
                files.write(self._path, self._taken(), files.SECRET)

    def _taken(self) -> str:
        self._news.clear()
        return written(self._dependencies)
