"""What a proxy would be told, computed at once: from a graph, from files, or from objects in memory. Nothing is served and nobody is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from lateen.api import decode
from lateen.assembly import left_out, offline, patches
from lateen.assembly.stacks import stacks, visible
from lateen.assembly.views import view_of
from lateen.flow import Graph
from lateen.ir.view import View
from lateen.render import dump as rendering
from lateen.values.envoy_resource import EnvoyResource
from lateen.values.finding import Finding


def resources(g: Graph, view: View) -> Iterator[EnvoyResource]:
    """All resources that a proxy of the View is told, type by type."""
    for _, listings in stacks(g, view):
        for _, leaf in visible(g, listings):
            if (found := g.read(leaf.node, leaf.args)) is not None:
                yield found


def dump(g: Graph, view: View) -> dict[str, Any]:
    """The same in the shape of Envoy's `/config_dump`."""
    return rendering.config_dump(resources(g, view))


def config_dump(objects: Iterable[Mapping[str, Any]], node: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """What such a proxy would be told in a world of these manifests; those that are refused are left out."""
    plain: list[dict[str, Any]] = msgspec.json.decode(msgspec.json.encode(list(objects)))  # As JSON has them: keys are text, whoever read the YAML.
    found = (decode.decode(manifest)[0] for manifest in plain)
    return dump(offline.graph(resource for resource in found if resource is not None), view_of(node, metadata))


def from_files(folder: Path, node: str, metadata: Mapping[str, Any]) -> tuple[dict[str, Any], list[Finding]]:
    """What such a proxy would be told in the world of the folder's YAML and JSON files, and what is wrong with those files, or is left out of it."""
    findings: list[Finding] = []
    objects = []
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".yaml", ".yml", ".json"):
            read, wrong = decode.resources(path.read_text(), str(path.relative_to(folder)))
            objects += read
            findings += wrong
    g, view = offline.graph(objects), view_of(node, metadata)
    found = dump(g, view)
    return found, [*findings, *left_out.findings((node, each) for each in patches.refused(g, stacks(g, view)))]
