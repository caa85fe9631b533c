"""The clients as a process: start them, expect something, and learn when the last of them had it."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import msgspec

from bench.plane import compiled
from bench.world import World

_PATIENCE: Final = 60.0


class Streams:
    """Many sidecars connected to a control plane."""

    def __init__(
        self, server: str, count: int, world: World, capabilities: Iterable[str] = ("virtualHosts",), *, remember: bool = False, asks: int = 0
    ) -> None:
        size = {"streams": count, "services": world.services, "endpoints": world.endpoints, "namespaces": world.namespaces}
        command = [sys.executable, "-m", "bench.client", "--server", server]
        command += [word for key, value in size.items() for word in (f"--{key}", str(value))]
        command += [word for each in capabilities for word in ("--capability", each)] + (["--remember"] if remember else [])
        command += ["--ask", str(asks)] if asks else []
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=compiled())
        self._events: queue.Queue[dict[str, Any]] = queue.Queue()
        self._kept: list[dict[str, Any]] = []
        self._numbers = iter(range(1 << 30))
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._events.put(msgspec.json.decode(line))

    def wait(self, event: str, patience: float = _PATIENCE, **wanted: Any) -> dict[str, Any]:
        """The next event of a kind. Raises `TimeoutError`."""
        sought = {"event": event, **wanted}.items()
        for found in self._kept:
            if all(found.get(key) == value for key, value in sought):
                self._kept.remove(found)
                return found
        while True:
            try:
                found = self._events.get(timeout=patience)
            except queue.Empty:
                raise TimeoutError(f"The clients did not report {event} within {patience:g} s.") from None
            if all(found.get(key) == value for key, value in sought):
                return found
            self._kept.append(found)

    def say(self, *words: object) -> None:
        """Give a command."""
        assert self._process.stdin is not None
        self._process.stdin.write(" ".join(str(word) for word in words).encode() + b"\n")
        self._process.stdin.flush()

    def expect(self, kind: str, pattern: str, who: str = "all") -> str:
        """Watch for a pattern; `seen` then tells how it went."""
        name = f"e{next(self._numbers)}"
        self.say("expect", name, kind, who, pattern)
        self.wait("armed", id=name)
        return name

    def seen(self, name: str, patience: float = 20.0) -> dict[str, Any]:
        """The outcome of an expectation; incomplete when it took too long."""
        try:
            return self.wait("seen", patience, id=name)
        except TimeoutError:
            self.say("cancel", name)
            return self.wait("seen", id=name)

    def stats(self) -> dict[str, Any]:
        """The counts so far."""
        self.say("stats")
        return self.wait("stats")

    def stop(self) -> None:
        """Disconnect them all."""
        self.say("quit")
        self._process.wait(10)


@contextmanager
def connected(
    server: str, count: int, world: World, capabilities: Iterable[str] = ("virtualHosts",), *, remember: bool = False, asks: int = 0
) -> Iterator[Streams]:
    """Clients that have begun to connect."""
    streams = Streams(server, count, world, capabilities, remember=remember, asks=asks)
    try:
        yield streams
    finally:
        streams.stop()
