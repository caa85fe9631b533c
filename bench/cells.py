"""What one change costs inside: how many cells run, how many bytes change, and how that does not depend on the size of the mesh.

Here the graph and its keeper work without a network, so the counts are exact and the same on any machine.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any, Final

from bench import world as worlds
from bench.figures import Figure
from bench.world import World
from lateen.api import decode, inputs
from lateen.api.kinds import KINDS
from lateen.assembly import offline
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

    def __init__(self, world: World, sidecars: int = SIDECARS) -> None:
        self.world = world
        self.g = Graph()
        self._keeper = Keeper(self.g)
        self._write("---\n".join(world.documents()))
        for number in range(min(sidecars, world.services)):
            self._keeper.hold(_view(world, number))
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


def size(publication: Publication) -> int:
    """Bytes of the resources that a publication brings, each counted once per shelf."""
    edits = [shelf.at(name) for shelves in publication.changes.values() for shelf, names in shelves.items() for name in names]
    return sum([len(edit.entry) for edit in edits if isinstance(edit, EnvoyResource)])


def told(publication: Publication) -> Mapping[str, int]:
    """How many resources of each type change or go."""
    return {type_url.rpartition(".")[2]: sum(map(len, shelves.values())) for type_url, shelves in publication.changes.items()}


def kinds(_count: int) -> Iterator[Figure]:
    """One change of each of twelve kinds, in a mesh of a thousand services."""
    quiet = Quiet(World())
    for kind, ran, publication in _one_of_each(quiet):
        yield Figure(f"one {kind}", "queries run", sum(ran.values()))
        yield Figure(f"one {kind}", "resources", sum(told(publication).values()))
        yield Figure(f"one {kind}", "bytes", size(publication))


def _one_of_each(quiet: Quiet) -> Iterator[tuple[str, Counter[str], Publication]]:
    for kind, first, second in EDITS:
        assert kind in KINDS, kind
        quiet.change(first)
        yield kind, *quiet.change(second)


def _namespaced(group: str, kind: str, name: str, spec: str) -> str:
    return f"apiVersion: {group}\nkind: {kind}\nmetadata: {{name: {name}, namespace: ns-3}}\nspec: {spec}\n"


_NETWORKING: Final = "networking.istio.io/v1"
_WORLD: Final = World()
_HOST: Final = _WORLD.host(SERVICE)


def _before_and_after() -> Iterator[tuple[str, str, str]]:
    def each(group: str, kind: str, name: str, spec: str, old: object, new: object) -> tuple[str, str, str]:
        return kind, _namespaced(group, kind, name, spec.replace("$", str(old))), _namespaced(group, kind, name, spec.replace("$", str(new)))

    yield "ServiceEntry", _WORLD.service_entry(SERVICE), _WORLD.service_entry(SERVICE, ["10.200.0.1", *_WORLD.addresses(SERVICE)[1:]])
    yield "VirtualService", _WORLD.virtual_service(SERVICE), _WORLD.virtual_service(SERVICE, 50)
    yield "DestinationRule", _WORLD.destination_rule(SERVICE), _WORLD.destination_rule(SERVICE, 7)
    yield each(_NETWORKING, "WorkloadEntry", "w", "{address: 10.9.9.$, labels: {app: w}}", 1, 2)
    yield each(_NETWORKING, "Gateway", "g", '{selector: {istio: x}, servers: [{port: {number: $, name: h, protocol: HTTP}, hosts: ["*"]}]}', 80, 81)
    yield each(_NETWORKING, "Sidecar", "default", '{egress: [{hosts: ["./*", "ns-$/*"]}]}', 4, 5)
    yield each("security.istio.io/v1", "PeerAuthentication", "default", "{mtls: {mode: $}}", "STRICT", "PERMISSIVE")
    yield each("security.istio.io/v1", "AuthorizationPolicy", "a", '{rules: [{from: [{source: {principals: ["$"]}}]}]}', "a", "b")
    yield each("security.istio.io/v1", "RequestAuthentication", "r", '{jwtRules: [{issuer: $, jwks: "{\\"keys\\":[]}"}]}', "a", "b")
    yield each("telemetry.istio.io/v1", "Telemetry", "default", "{accessLogging: [{disabled: $}]}", "true", "false")
    yield "Service", _service_document(80), _service_document(81)
    yield "ConfigMap", _mesh_config("1s"), _mesh_config("2s")


def _service_document(port: int) -> str:
    spec = f"{{clusterIP: 10.96.0.1, selector: {{app: k}}, ports: [{{name: http, port: {port}}}]}}"
    return f"apiVersion: v1\nkind: Service\nmetadata: {{name: k, namespace: ns-3}}\nspec: {spec}\n"


def _mesh_config(timeout: str) -> str:
    return f"""\
apiVersion: v1
kind: ConfigMap
metadata: {{name: istio, namespace: istio-system}}
data:
  mesh: |
    connectTimeout: {timeout}
"""


EDITS: Final = tuple(_before_and_after())


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


def scratch(_count: int) -> Iterator[Figure]:
    """Everything translated and rendered once."""
    from lateen.assembly.config_dump import resources

    world = World()
    objects, _ = decode.resources("---\n".join(world.documents()), "bench.yaml")
    costs, counted = [], 0
    for _ in range(3):
        began = time.thread_time()
        counted = sum(1 for _ in resources(offline.graph(objects), _view(world, SERVICE)))
        costs.append(time.thread_time() - began)
    yield Figure("1,000 services from scratch", "processor time", median(costs), "s")
    yield Figure("1,000 services from scratch", "resources", counted)


def validate(_count: int) -> Iterator[Figure]:
    """`lateen validate` of a thousand documents."""
    import subprocess
    import sys
    import tempfile
    from pathlib import Path

    documents = list(World(900, ruled=0.056).documents())[:1000]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "mesh.yaml").write_text("---\n".join(documents))
        costs: list[Any] = []
        for _ in range(3):
            began = time.monotonic()
            command = "from lateen.cli.main import main; main()"
            done = subprocess.run([sys.executable, "-c", command, "validate", "-f", folder], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            costs.append(time.monotonic() - began)
    yield Figure(f"lateen validate of {len(documents):,} documents", "time", median(costs), "s")
