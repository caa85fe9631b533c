"""What one change costs inside: how many cells run, how many bytes change, and how that does not depend on the size of the mesh.

Here the graph and its keeper work without a network, so the counts are exact and the same on any machine.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Final

from bench import world as worlds
from bench.edge import APART, LABELS, LOOPBACK, NAMESPACE
from bench.figures import Figure, of
from bench.world import World
from lateen.api import decode, inputs
from lateen.assembly import offline
from lateen.assembly.config_dump import resources
from lateen.control.keeper import Keeper
from lateen.flow import Graph
from lateen.ir.view import ProxyKind, View
from lateen.values.envoy_resource import EnvoyResource
from lateen.values.ref import Ref
from lateen.xds.shelf import Publication

SIDECARS: Final = 20
SERVICE: Final = 3


class Quiet:
    """A mesh with sidecars of the first namespaces, held to its inputs and not served to anybody."""

    def __init__(self, world: World, sidecars: int = SIDECARS, written: Iterable[str] | None = None, gateways: Iterable[View] = ()) -> None:
        self.world = world
        self.g = Graph()
        self._keeper = Keeper(self.g)
        self._write("---\n".join(world.documents() if written is None else written))
        for number in range(min(sidecars, world.services)):
            self._keeper.hold(_view(world, number))
        for view in gateways:
            self._keeper.hold(view)
        self._publication()

    def change(self, *documents: str) -> tuple[Counter[str], Publication]:
        """Apply documents; the queries that ran, and what is published."""
        self.g.ran.clear()
        self._write("---\n".join(documents))
        publication = self._publication()
        return Counter(self.g.ran), publication

    def remove(self, kind: str, namespace: str, name: str) -> tuple[Counter[str], Publication]:
        """Delete an object, likewise."""
        self.g.ran.clear()
        with self.g.batch() as batch:
            inputs.write(self.g, batch, [(Ref(kind, namespace, name), None)])
        publication = self._publication()
        return Counter(self.g.ran), publication

    def _write(self, text: str) -> None:
        found, findings = decode.resources(text, "bench.yaml")
        assert not findings, findings[0]
        with self.g.batch() as batch:
            inputs.write(self.g, batch, ((each.ref, each) for each in found))

    def _publication(self) -> Publication:
        for _ in self._keeper.changes():
            pass
        assert not self._keeper.failures, next(iter(self._keeper.failures.items()))
        return self._keeper.outcome()[0]


def _view(world: World, number: int) -> View:
    return View(
        kind=ProxyKind.SIDECAR,
        namespace=world.namespace(number),
        labels=(("app", f"svc-{number}"),),
        addresses=(worlds.address(number * world.endpoints),),
        service_account=f"svc-{number}",
        capabilities=frozenset({"virtualHosts"}),
    )


def gateway_view() -> View:
    """The View of the measured gateway."""
    return View(
        kind=ProxyKind.GATEWAY,
        namespace=NAMESPACE,
        labels=tuple(LABELS.items()),
        addresses=(LOOPBACK,),
        capabilities=frozenset(APART),
    )


def size(publication: Publication) -> int:
    """Bytes of the resources that a publication brings, each counted once per shelf."""
    edits = [shelf.at(name) for shelves in publication.changes.values() for shelf, names in shelves.items() for name in names]
    return sum([len(edit.entry) for edit in edits if isinstance(edit, EnvoyResource)])


def told(publication: Publication) -> Mapping[str, int]:
    """How many resources of each type change or go."""
    return {type_url.rpartition(".")[2]: sum(map(len, shelves.values())) for type_url, shelves in publication.changes.items()}


def sizes(_count: int) -> Iterator[Figure]:
    """One endpoint changed, in meshes of three sizes."""
    runs: dict[int, int] = {}
    times: dict[int, float] = {}
    for services in (100, 1_000, 10_000):
        quiet = Quiet(World(services))
        runs[services], times[services] = _endpoint_cost(quiet)
        yield Figure(f"endpoint changed among {services:,} services", "queries run", runs[services])
        yield Figure(f"endpoint changed among {services:,} services", "processor time of the graph", times[services] * 1e3, "ms")
        yield Figure(f"endpoint changed among {services:,} services", "cells of the graph", len(quiet.g))
    yield Figure("endpoint changed, 100 to 10,000 services", "most queries ÷ fewest", max(runs.values()) / min(runs.values()), "", 1.2)
    yield Figure("endpoint changed, 100 to 10,000 services", "most time ÷ least", max(times.values()) / min(times.values()), "", 1.2)


def _endpoint_cost(quiet: Quiet, repeat: int = 41) -> tuple[int, float]:
    costs: list[float] = []
    ran: Counter[str] = Counter()
    world = quiet.world
    for number in range(repeat):
        document = world.service_entry(SERVICE, [*world.addresses(SERVICE)[:-1], f"10.200.0.{number + 1}"])
        found, _ = decode.resources(document, "bench.yaml")
        quiet.g.ran.clear()
        began = time.thread_time()
        with quiet.g.batch() as batch:
            inputs.write(quiet.g, batch, ((each.ref, each) for each in found))
        quiet._publication()
        costs.append(time.thread_time() - began)
        ran = Counter(quiet.g.ran)
    return sum(ran.values()), median(costs)


def scratch(_count: int, world: World | None = None, repeat: int = 3) -> Iterator[Figure]:
    """Everything translated and rendered once for one View, with three hundred rules of either kind; then for the View of another namespace."""
    made = world or World(ruled=0.3)
    objects, _ = decode.resources("---\n".join(made.documents()), "bench.yaml")
    first, second, counted = [], [], 0
    for _ in range(repeat):
        began = time.thread_time()
        g = offline.graph(objects)
        counted = sum(1 for _ in resources(g, _view(made, SERVICE)))
        between = time.thread_time()
        assert counted == sum(1 for _ in resources(g, _view(made, SERVICE + 1)))
        first.append(between - began)
        second.append(time.thread_time() - between)
    row = f"{made.services:,} services from scratch, {round(made.services * made.ruled)} VirtualServices and as many DestinationRules"
    yield of(row, "processor time for one View", first, "s", 3)
    yield of(row, "then for a View of another namespace", second, "s", 0.05)
    yield Figure(row, "resources", counted)


def validate(_count: int, documents: int = 1000, repeat: int = 3) -> Iterator[Figure]:
    """`lateen validate` of a thousand documents, from the start of the process to its end."""
    written = list(World(documents * 9 // 10, ruled=0.056).documents())[:documents]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "mesh.yaml").write_text("---\n".join(written))
        costs = [_validated(folder) for _ in range(repeat)]
    yield of(f"lateen validate of {len(written):,} documents", "time", costs, "s", 3)


def _validated(folder: str) -> float:
    began = time.monotonic()
    command = [sys.executable, "-c", "from lateen.cli.main import main; main()", "validate", "-f", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return time.monotonic() - began
