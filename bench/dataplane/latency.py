"""What two sidecars add to a request: 1 kB answers, 1,000 a second in an open loop, beside a direct call and a pair of Envoys set up by hand.

The three ways are taken in turn, in short slices and many rounds, so that whatever else the machine does meets all of them alike. A percentile is
the median of those of the rounds, and ways are compared round by round; processor time is that of a way's Envoys, which a busy machine moves less
than it moves the latency.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from statistics import median
from typing import Final

from bench.dataplane import pair
from bench.dataplane.load import percentile
from bench.dataplane.mesh import Mesh, Trouble, fresh_folder, idle, load, mesh, origin
from bench.figures import Figure, of
from lateen.agent import find
from lateen.agent.leftovers import Record
from lateen.agent.namespaces import Namespaces, entering

RATE: Final = 1000.0
ROUNDS: Final = 10
WARM: Final = 1.0
SLICE: Final = 3.0
REACH: Final = 1.10
PARTS: Final = {"p50": 0.5, "p90": 0.9, "p99": 0.99}
_PORT: Final = 8080
_OBJECTS: Final = """\
apiVersion: v1
kind: Service
metadata: {{name: server, namespace: default}}
spec: {{selector: {{app: server}}, ports: [{{name: http, port: 80, targetPort: 8080}}]}}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {{name: server, namespace: default}}
spec: {{address: {address}, labels: {{app: server}}, serviceAccount: server, ports: {{http: 8080}}}}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {{name: default, namespace: istio-system}}
spec: {{mtls: {{mode: STRICT}}}}
"""
HOST: Final = "server.default.svc.cluster.local"


class Way:
    """One way for a request, and what was measured on it. `envoys` are the processes on it."""

    def __init__(self, name: str, namespace: Path, host: str, port: int, envoys: Sequence[int]) -> None:
        self.name = name
        self.percentiles: dict[str, list[float]] = {name: [] for name in PARTS}
        self.late: list[float] = []
        self.failures = 0
        self.processor: list[float] = []
        self._namespace, self._host, self._port, self._envoys = namespace, host, port, envoys

    async def slice(self, seconds: float) -> None:
        """Send for a while."""
        before = _processor(self._envoys)
        told = await load(self._namespace, self._host, self._port, RATE, WARM, seconds)
        for name, part in PARTS.items():
            self.percentiles[name].append(percentile(told["microseconds"], part) / 1e3)
        self.late.append(told["late_p99_us"])
        self.failures += sum(told["failures"].values())
        self.processor.append((_processor(self._envoys) - before) * 1e6 / (RATE * (WARM + seconds)))

    def figures(self) -> list[Figure]:
        """What was measured."""
        row = f"latency, {self.name}"
        found = [of(row, name, values, "ms") for name, values in self.percentiles.items()]
        found += [Figure(row, "generator late, p99", median(self.late) / 1e3, "ms"), Figure(row, "failed", self.failures, "", 0)]
        return [*found, of(row, "Envoys' processor time a request", self.processor, "µs")] if self._envoys else found


def _processor(processes: Sequence[int]) -> float:
    ticks = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13] for pid in processes]
    return sum(int(each) for both in ticks for each in both) / os.sysconf("SC_CLK_TCK")


async def ready(made: Mesh) -> None:
    """Tell the mesh of its server, and let the client call it once."""
    await made.apply([_OBJECTS.format(address=made.addresses["server"])])
    for _ in range(50):
        told = json.loads(await made.run("client", "bench.dataplane.names", "80", stdin=HOST + "\n"))
        if told["second"][2].startswith("HTTP/1.1 200 "):
            return
        await asyncio.sleep(0.1)
    raise Trouble(f"The server did not answer through the sidecars: {told}")


@contextlib.asynccontextmanager
async def plain(name: str, places: Sequence[str]) -> AsyncIterator[tuple[dict[str, Path], dict[str, str], Path]]:
    """Namespaces without capture, with their addresses, and a folder."""
    directory = fresh_folder(name)
    record = Record(directory)
    namespaces = Namespaces(f"bench-{name}", directory, record)
    try:
        made = [namespaces.place(place, None) for place in places]
        yield {each.name: Path(each.namespace) for each in made}, {each.name: each.address for each in made}, directory
    finally:
        namespaces.close()
        record.close()
        shutil.rmtree(directory, ignore_errors=True)


@contextlib.asynccontextmanager
async def started(namespace: Path, *command: str) -> AsyncIterator[int]:
    """A process in a namespace, for as long as the block runs."""
    child = await asyncio.create_subprocess_exec(*entering(namespace), "setpriv", "--pdeathsig=SIGKILL", "--", *command)
    try:
        yield child.pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()


async def measured(rounds: int = ROUNDS, seconds: float = SLICE) -> list[Figure]:
    """All three ways."""
    async with contextlib.AsyncExitStack() as stack:
        made = await stack.enter_async_context(mesh("latency", (origin("server", _PORT), idle("client"))))
        await ready(made)
        places, addresses, directory = await stack.enter_async_context(plain("plain", ("client", "server")))
        await stack.enter_async_context(started(places["server"], sys.executable, "-m", "bench.dataplane.origin", str(_PORT)))
        by_hand = []
        for place, config in zip(("client", "server"), pair.configurations(addresses["server"], _PORT), strict=True):
            file = directory / f"{place}.json"
            file.write_text(json.dumps(config))
            words = [str(find("").path), "-c", str(file), "--concurrency", "1", "--disable-hot-restart", "--log-level", "warning"]
            by_hand.append(await stack.enter_async_context(started(places[place], *words)))
        await asyncio.sleep(1.5)
        ways = (
            Way("direct", places["client"], addresses["server"], _PORT, ()),
            Way("by hand", places["client"], "127.0.0.1", pair.OUTBOUND, by_hand),
            Way("ours", made.namespace("client"), HOST, 80, [made.envoy("client"), made.envoy("server")]),
        )
        await made.settle()
        for number in range(rounds):
            for way in ways[number % len(ways) :] + ways[: number % len(ways)]:
                await way.slice(seconds)
    return [*(figure for way in ways for figure in way.figures()), *_compared(ways[1], ways[2])]


def _compared(by_hand: Way, ours: Way) -> list[Figure]:
    row = "latency, ours against by hand"
    found = [of(row, name, _ratios(ours.percentiles[name], by_hand.percentiles[name]), "×", REACH) for name in PARTS]
    return [*found, of(row, "processor time", _ratios(ours.processor, by_hand.processor), "×")]


def _ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    return [mine / other for mine, other in zip(ours, theirs, strict=True)]
