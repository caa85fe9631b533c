"""Scope on demand: what a sidecar that uses eight of 5,000 services costs, beside one in a mesh of eight; and what the first request to a host waits.

All services lead to one real server with a sidecar, over mutual TLS. The client finds them by name, as an app does.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from bench.dataplane.load import percentile
from bench.dataplane.mesh import Mesh, Trouble, idle, mesh, origin
from bench.figures import Figure
from bench.world import World

SERVICES: Final = 5000
USED: Final = 8
NEW: Final = 200
LATER: Final = 50.0
LARGER: Final = 1.10
_QUIET: Final = 12.0
_MEGABYTE: Final = 1e6
_OK: Final = "HTTP/1.1 200 OK"


def documents(world: World, address: str) -> Iterator[str]:
    """The services, each with the one server as its endpoint."""
    for service in range(world.services):
        yield f"""\
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: svc-{service}, namespace: {world.namespace(service)}}}
spec:
  hosts: [{world.host(service)}]
  addresses: [241.{service // 62500}.{service // 250 % 250}.{service % 250 + 1}]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{{number: 80, name: http, protocol: HTTP, targetPort: 8080}}]
  subjectAltNames: ["spiffe://cluster.local/ns/default/sa/server"]
  endpoints: [{{address: {address}, labels: {{app: server, security.istio.io/tlsMode: istio}}}}]
"""


async def measured(services: int = SERVICES, new: int = NEW) -> list[Figure]:
    """Both meshes, one after the other."""
    small, _ = await _measured(World(services=USED, namespaces=4), 0)
    large, first = await _measured(World(services=services, namespaces=50), new)
    row = f"scope, {USED} of {services} services"
    found = []
    for what, size in large.items():
        found += [Figure("scope, mesh of 8 services", what, small[what], "MB"), Figure(row, what, size, "MB", small[what] * LARGER)]
    return found + list(_waits(first))


async def _measured(world: World, new: int) -> tuple[dict[str, float], list[dict[str, Any]]]:
    async with mesh("scope", (origin("server"), idle("client"))) as made:
        await made.apply(documents(world, made.addresses["server"]))
        await made.settle()
        await _asked(made, world, range(USED))
        await asyncio.sleep(_QUIET)  # Envoy's statistics are merged every five seconds, and its allocator gives back what it does not use.
        memory = await _memory(made)
        await made.settle()
        return memory, await _asked(made, world, range(USED, USED + new))


async def _asked(made: Mesh, world: World, services: Iterable[int]) -> list[dict[str, Any]]:
    names = "".join(world.host(service) + "\n" for service in services)
    lines = (await made.run("client", "bench.dataplane.names", "80", stdin=names)).splitlines()
    found = [json.loads(line) for line in lines]
    wrong = [each for each in found if each["first"][2] != _OK or each["second"][2] != _OK]
    if wrong:
        raise Trouble(f"{len(wrong)} of {len(found)} hosts did not answer, such as {wrong[0]}\n" + "\n".join(made.said))
    return found


async def _memory(made: Mesh) -> dict[str, float]:
    """Megabytes of the client's Envoy, by what they are."""
    allocated = json.loads(await made.admin("client", "/memory"))["allocated"]
    rollup = Path(f"/proc/{made.envoy('client')}/smaps_rollup").read_text()
    kilobytes = {name: int(size) for name, size in re.findall(r"^(Rss|Anonymous):\s+(\d+)", rollup, re.MULTILINE)}
    return {
        "allocated by the sidecar": int(allocated) / _MEGABYTE,
        "its resident memory": kilobytes["Rss"] * 1024 / _MEGABYTE,
        "its anonymous memory": kilobytes["Anonymous"] * 1024 / _MEGABYTE,
    }


def _waits(told: list[dict[str, Any]]) -> Iterator[Figure]:
    row = f"scope, first request to {len(told)} new hosts"
    first, second = ([each[which][0] for each in told] for which in ("first", "second"))
    later = [one - two for one, two in zip(first, second, strict=True)]
    looked = [each["first"][1] for each in told]
    yield Figure(row, "later than the second, p50", percentile(later, 0.5), "ms")
    yield Figure(row, "later than the second, p99", percentile(later, 0.99), "ms", LATER, (min(later), max(later)))
    yield Figure(row, "its look-up, p50", percentile(looked, 0.5), "ms")
    yield Figure(row, "its look-up, p99", percentile(looked, 0.99), "ms")
    yield Figure(row, "second request, p50", percentile(second, 0.5), "ms")
    yield Figure(row, "second request, p99", percentile(second, 0.99), "ms")
