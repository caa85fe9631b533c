"""Requests at a fixed rate, whatever becomes of those before: `python -m bench.dataplane.load --help`. One JSON object at the end.

Open loop: each request has its time, and its latency counts from then, also when it had to be sent later. A request takes an idle connection, or
opens one; beyond `MOST` it waits its turn, and the wait counts. One thread waits with `select`, whose clock is finer than epoll's
milliseconds; `late` tells how late the requests left, which is the generator's own error.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import cycle
from typing import Any, Final

MOST: Final = 100
_SET_TIMER_SLACK: Final = 29
_LENGTH: Final = b"content-length: "
_PATIENCE: Final = 5.0
_CONNECT_WITHIN: Final = 3.0
_TOLD: Final = 20
_FOR_LONG: Final = 86_400.0


class Connection:
    """One connection, with at most one request on its way."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, _CONNECT_WITHIN)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.due = 0.0
        self._received = b""

    def fileno(self) -> int:
        """For `select`."""
        return self.socket.fileno()

    def send(self, request: bytes, due: float) -> None:
        """Send a request that was to leave at `due`."""
        self.due = due
        self._received = b""
        self.socket.sendall(request)

    def status(self) -> int:
        """Read what has come: the status once the answer is complete, else 0. Raises OSError when the connection has ended."""
        more = self.socket.recv(1 << 16)
        if not more:
            raise OSError("ended")
        self._received += more
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return 0
        at = self._received.find(_LENGTH, 0, end) + len(_LENGTH)
        size = int(self._received[at : self._received.find(b"\r\n", at)])
        return int(self._received[9:12]) if len(self._received) >= end + 4 + size else 0


class Load:
    """A run of these requests in turn, and what came of it: seconds for each that was answered with 200, and why others were not, the first few of
    them with the second in which that was."""

    def __init__(self, address: tuple[str, int], requests: Sequence[bytes]) -> None:
        self._address = address
        self._requests = cycle(requests)
        self._idle: list[Connection] = []
        self._busy: set[Connection] = set()
        self._queue: deque[float] = deque()
        self.latencies: list[float] = []
        self.late: list[float] = []
        self.failures: dict[str, int] = {}
        self.first: list[tuple[float, str]] = []
        self.most = 0
        self._start = 0.0

    def run(self, rate: float, seconds: float, ended: Callable[[], bool] = lambda: False) -> None:
        """Send for as long, or until it is `ended`; then wait for the last answers."""
        total, sent = round(rate * seconds), 0
        start = self._start = time.perf_counter()
        while sent < total or self._queue or self._busy:
            now = time.perf_counter()
            if sent < total and ended():
                total, seconds = sent, now - start
            while sent < total and start + sent / rate <= now:
                self._queue.append(start + sent / rate)
                sent += 1
            self._send()
            due = start + sent / rate if sent < total else now + 0.05
            self._take(max(0.0, due - time.perf_counter()))
            if sent == total and now > start + seconds + _PATIENCE:
                self._fail("no answer", len(self._busy) + len(self._queue))
                return

    def _send(self) -> None:
        while self._queue and (self._idle or len(self._busy) < MOST):
            due = self._queue.popleft()
            try:
                connection = self._idle.pop() if self._idle else Connection(self._address)
                self.late.append(time.perf_counter() - due)
                connection.send(next(self._requests), due)
            except OSError as error:
                self._fail(type(error).__name__)
                continue
            self._busy.add(connection)
        self.most = max(self.most, len(self._busy))

    def _take(self, patience: float) -> None:
        ready, _, _ = select.select([*self._busy, *self._idle], (), (), patience)
        for connection in ready:
            if connection not in self._busy:  # The other end has closed an idle connection, as it may.
                self._idle.remove(connection)
                connection.socket.close()
                continue
            try:
                status = connection.status()
            except OSError:
                self._busy.discard(connection)
                connection.socket.close()
                self._fail("connection ended")
                continue
            if status:
                self._busy.discard(connection)
                self._idle.append(connection)
                self._answered(connection.due, status)

    def _answered(self, due: float, status: int) -> None:
        if status == 200:
            self.latencies.append(time.perf_counter() - due)
        else:
            self._fail(str(status))

    def _fail(self, why: str, count: int = 1) -> None:
        if count:
            self.failures[why] = self.failures.get(why, 0) + count
            if len(self.first) < _TOLD:
                self.first.append((round(time.perf_counter() - self._start, 3), why))


def percentile(values: Sequence[float], part: float) -> float:
    """The value below which that part of the values lies; of none, infinity."""
    return sorted(values)[min(int(len(values) * part), len(values) - 1)] if values else float("inf")


def told(
    address: tuple[str, int], names: Sequence[str], rate: float, warm: float, seconds: float, ended: Callable[[], bool] = lambda: False
) -> dict[str, Any]:
    """Ask for the names in turn: warm up, then measure; latencies in microseconds."""
    load = Load(address, [f"GET / HTTP/1.1\r\nHost: {name}\r\n\r\n".encode() for name in names])
    load.run(rate, warm)
    warming = dict(load.failures)
    load.latencies.clear()
    load.late.clear()
    began = time.perf_counter()
    load.run(rate, seconds, ended)
    return {
        "seconds": time.perf_counter() - began,
        "microseconds": [round(each * 1e6) for each in load.latencies],
        "late_p99_us": round(percentile(load.late or [0.0], 0.99) * 1e6),
        "failures": load.failures,
        "failures_while_warming": warming,
        "first_failures": load.first,
        "connections": load.most,
    }


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="bench.dataplane.load")
    parser.add_argument("host", help="name or address; a name is looked up once")
    parser.add_argument("port", type=int)
    parser.add_argument("--rate", type=float, default=1000.0)
    parser.add_argument("--warm", type=float, default=1.0)
    parser.add_argument("--seconds", type=float, default=3.0, help="0: until standard input ends")
    parser.add_argument("--name", action="append", default=[], help="what to ask for, in turn with others; the host when there is none")
    told_by = parser.parse_args()
    gc.disable()
    ctypes.CDLL(None).prctl(_SET_TIMER_SLACK, 1, 0, 0, 0)
    address = socket.getaddrinfo(told_by.host, told_by.port, socket.AF_INET, socket.SOCK_STREAM)[0][4]
    where, names = (str(address[0]), int(address[1])), told_by.name or [told_by.host]
    if told_by.seconds:
        found = told(where, names, told_by.rate, told_by.warm, told_by.seconds)
    else:
        found = told(where, names, told_by.rate, told_by.warm, _FOR_LONG, _input_ended)
    json.dump(found, sys.stdout)


def _input_ended() -> bool:
    return bool(select.select([sys.stdin], (), (), 0)[0]) and not sys.stdin.read(1)


if __name__ == "__main__":
    main()
