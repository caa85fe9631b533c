"""Many sidecars in one process and one thread: `python -m bench.client --help`. Commands on stdin, one JSON object a line on stdout.

expect ID TYPE WHO PATTERN   `seen` once each chosen stream has had PATTERN in a response of TYPE (or `any`)
                             WHO is `all`, `ns:NAMESPACE` or `one:NUMBER`
mark ID NANOSECONDS          the expectation's time runs from then            cancel ID   `seen` with what there is so far
ask NUMBER HOST              that stream asks for a host, as an app resolves it
stats                        counts per type since the start                  quit

Without a command: `connected` when all streams are ready, `resumed` when all streams that had broken have opened again and know that nothing is
missing. Equal responses are parsed once for all streams, so that the client's own cost (`client_cpu_s`) is a few system calls a response.
"""

from __future__ import annotations

import argparse
import os
import resource
import selectors
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final

import msgspec

from bench.http2 import Call, Ended
from bench.sidecar import PROBE, Sidecar
from bench.wire import EDS, HOST, LONG, RDS, SHORT, VHDS, Part, Parts, head, request, scattered
from bench.world import World

_CHUNK: Final = 1 << 18
_AGAIN: Final = 0.05


class Expectation:
    """What somebody waits for."""

    def __init__(self, name: str, type_url: str, chosen: set[int], pattern: bytes, before: Counter[tuple[str, str]]) -> None:
        self.name = name
        self.chosen = chosen
        self.pattern = pattern
        self.types = {type_url, VHDS} if type_url == RDS else {type_url}
        self.before = before
        self.start = time.time_ns()
        self.seen: dict[int, int] = {}
        self.heard = 0  # responses of any kind to the chosen streams


class Client:
    """All streams, and what has been counted."""

    def __init__(self, server: str, streams: int, world: World, capabilities: Iterable[str], *, remembers: bool, asks: int) -> None:
        self._server = server
        self._sidecars = [Sidecar(number, world, tuple(capabilities), remembers=remembers, asks=asks) for number in range(streams)]
        self._calls: dict[int, tuple[socket.socket, Call]] = {}
        self._selector = selectors.EpollSelector()
        self._parts = Parts()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._expected: dict[str, Expectation] = {}
        self._began = time.time_ns()
        self._ready: dict[int, int] = {}
        self._broken: dict[int, float] = {}
        self._resuming: set[int] = set()
        self._commands = b""

    def run(self) -> None:
        """Serve until `quit` or the end of input."""
        for number in range(len(self._sidecars)):
            self._open(number)
        self._selector.register(sys.stdin.fileno(), selectors.EVENT_READ, -1)
        while True:
            for key, events in self._selector.select(_AGAIN if self._broken else None):
                if key.data < 0:
                    if not self._listen():
                        return
                elif key.data in self._calls:
                    self._serve(key.data, events)
            self._reopen()

    # streams

    def _open(self, number: int) -> None:
        host, _, port = self._server.rpartition(":")
        try:
            connection = socket.create_connection((host, int(port)), timeout=10)
        except OSError:
            self._broken[number] = time.monotonic() + _AGAIN
            return
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setblocking(False)
        call = Call(self._server)
        for message in self._sidecars[number].opening():
            call.send(message)
        self._calls[number] = connection, call
        self._selector.register(connection, selectors.EVENT_READ, number)
        self._write(number)

    def _reopen(self) -> None:
        now = time.monotonic()
        for number in [number for number, due in self._broken.items() if due <= now]:
            del self._broken[number]
            self._open(number)

    def _break(self, number: int) -> None:
        connection, _ = self._calls.pop(number)
        self._selector.unregister(connection)
        connection.close()
        if not self._resuming:
            self._counts_at_break = Counter(self._counts)
        self._resuming.add(number)
        self._counts["", "broken"] += 1
        self._broken[number] = time.monotonic() + _AGAIN

    def _serve(self, number: int, events: int) -> None:
        connection, call = self._calls[number]
        try:
            if events & selectors.EVENT_READ:
                received = connection.recv(_CHUNK)
                now = time.time_ns()
                if not received:
                    raise Ended
                for raw in call.take(received):
                    self._take(number, raw, now)
            self._write(number)
        except BlockingIOError:
            return
        except (Ended, OSError):
            self._break(number)

    def _write(self, number: int) -> None:
        connection, call = self._calls[number]
        if not call.outgoing:
            return
        with suppress(BlockingIOError):
            del call.outgoing[: connection.send(call.outgoing)]
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if call.outgoing else 0)
        if self._selector.get_key(connection).events != wanted:
            self._selector.modify(connection, wanted, number)

    def _take(self, number: int, raw: bytes, now: int) -> None:
        type_url, nonce, start = head(raw)
        if not start:
            type_url, nonce = scattered(raw)
        parts = self._parts.of(type_url, raw[start:])
        short = SHORT.get(type_url, type_url)
        counts = self._counts
        counts[short, "responses"] += 1
        counts[short, "bytes"] += len(raw)
        counts[short, "resources"] += sum([len(part.versions) for part in parts])
        counts[short, "removed"] += sum([len(part.removed) for part in parts])
        sidecar = self._sidecars[number]
        call = self._calls[number][1]
        for message in sidecar.take(type_url, nonce, parts):
            call.send(message)
        if self._expected:
            self._see(number, type_url, parts, now)
        if sidecar.is_ready and number not in self._ready:
            self._ready[number] = now
            if len(self._ready) == len(self._sidecars):
                self._tell("connected", **self._summary([(at - self._began) / 1e6 for at in self._ready.values()]), types=self._types())
        if number in self._resuming and type_url == EDS and any(PROBE in part.removed for part in parts):
            self._resumed(number, now)

    def _resumed(self, number: int, now: int) -> None:
        self._resuming.discard(number)
        if not self._resuming:
            since = Counter(self._counts)
            since.subtract(self._counts_at_break)
            self._tell("resumed", at=now, types=self._types(since))

    # expectations

    def _see(self, number: int, type_url: str, parts: tuple[Part, ...], now: int) -> None:
        for expectation in list(self._expected.values()):
            if number not in expectation.chosen:
                continue
            expectation.heard += 1
            if number in expectation.seen:
                continue
            if not expectation.types & {type_url, "any"}:
                continue
            if any(part.has(expectation.pattern) for part in parts):
                expectation.seen[number] = now
                if len(expectation.seen) == len(expectation.chosen):
                    self._finish(expectation)

    def _finish(self, expectation: Expectation) -> None:
        del self._expected[expectation.name]
        since = Counter(self._counts)
        since.subtract(expectation.before)
        times = [(at - expectation.start) / 1e6 for at in expectation.seen.values()]
        told = {"id": expectation.name, "complete": len(times) == len(expectation.chosen), "seen": len(times), "heard": expectation.heard}
        self._tell("seen", **told, start=expectation.start, types=self._types(since), **self._summary(times))

    # commands

    def _listen(self) -> bool:
        read = os.read(sys.stdin.fileno(), 1 << 16)
        if not read:
            return False
        *lines, self._commands = (self._commands + read).split(b"\n")
        return all(self._obey(line.decode().split()) for line in lines if line.strip())

    def _obey(self, words: list[str]) -> bool:
        match words:
            case ["expect", name, kind, who, pattern]:
                chosen = {number for number, each in enumerate(self._sidecars) if who in ("all", f"ns:{each.namespace}", f"one:{number}")}
                self._expected[name] = Expectation(name, LONG.get(kind, kind), chosen, pattern.encode(), Counter(self._counts))
                self._tell("armed", id=name, of=len(chosen))
            case ["mark", name, at] if name in self._expected:
                self._expected[name].start = int(at)
            case ["cancel", name] if name in self._expected:
                self._finish(self._expected[name])
            case ["ask", number, host]:
                self._calls[int(number)][1].send(request(HOST, subscribe=[host]))
                self._write(int(number))
            case ["stats"]:
                self._tell("stats", types=self._types())
            case ["quit"]:
                return False
        return True

    def _types(self, counts: Counter[tuple[str, str]] | None = None) -> dict[str, dict[str, int]]:
        told: dict[str, dict[str, int]] = {}
        for (short, what), count in (self._counts if counts is None else counts).items():
            if count:
                told.setdefault(short, {})[what] = count
        return told

    @staticmethod
    def _summary(milliseconds: list[float]) -> dict[str, Any]:
        ordered = sorted(milliseconds)
        if not ordered:
            return {}
        return {"p50_ms": ordered[len(ordered) // 2], "p99_ms": ordered[len(ordered) * 99 // 100], "last_ms": ordered[-1]}

    @staticmethod
    def _tell(event: str, **rest: Any) -> None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        told = {"event": event, "client_cpu_s": round(used.ru_utime + used.ru_stime, 3), **rest}
        sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
        sys.stdout.flush()


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="bench.client")
    parser.add_argument("--server", required=True, help="host:port")
    parser.add_argument("--streams", type=int, default=10)
    parser.add_argument("--services", type=int, default=100)
    parser.add_argument("--endpoints", type=int, default=5)
    parser.add_argument("--namespaces", type=int, default=10)
    parser.add_argument("--capability", action="append", default=[], help="what the node says in its metadata LATEEN")
    parser.add_argument("--ask", type=int, default=0, metavar="N", help="ask for N hosts when a stream is opened first")
    parser.add_argument("--remember", action="store_true", help="tell the versions that it has when a stream is opened again")
    told = parser.parse_args()
    world = World(told.services, told.endpoints, told.namespaces)
    Client(told.server, told.streams, world, told.capability, remembers=told.remember, asks=told.ask).run()


if __name__ == "__main__":
    main()
