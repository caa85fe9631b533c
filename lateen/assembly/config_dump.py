"""What a proxy would be told, computed at once: from a graph, from files, or from objects in memory. Nothing is served and nobody is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from lateen.api import decode
from lateen.assembly import offline
from lateen.assembly.stacks import stacks
from lateen.flow import Graph
from lateen.ir.view import Locality, ProxyKind, View
from lateen.render import dump as rendering
from lateen.values.envoy_resource import EnvoyResource
from lateen.values.finding import Finding

SETTINGS = (
    "HTTP10",
    "HTTP_PROXY_PORT",
    "IDLE_TIMEOUT",
    "ROUTER_MODE",
    "TLS_CLIENT_CERT_CHAIN",
    "TLS_CLIENT_KEY",
    "TLS_CLIENT_ROOT_CERT",
    "TLS_SERVER_CERT_CHAIN",
    "TLS_SERVER_KEY",
    "TLS_SERVER_ROOT_CERT",
)
"""Metadata of the node that shape configuration."""


def resources(g: Graph, view: View) -> Iterator[EnvoyResource]:
    """All resources that a proxy of the View is told, type by type."""
    for _, listings in stacks(g, view):
        seen: set[str] = set()
        for listing in listings:
            names: list[str] = []
            for chunk in g.read(listing.node, listing.args):
                for name, leaf in g.read(chunk.node, chunk.args):
                    names.append(name)
                    if name not in seen and leaf is not None and (found := g.read(leaf.node, leaf.args)) is not None:
                        yield found
            seen.update(names)


def dump(g: Graph, view: View) -> dict[str, Any]:
    """The same in the shape of Envoy's `/config_dump`."""
    return rendering.config_dump(resources(g, view))


def view_of(node: str, metadata: Mapping[str, Any]) -> View:
    """The View of a proxy with this node id (XD-9) and metadata. Raises `ValueError` when the id has not Istio's form."""
    parts = node.split("~")
    if len(parts) != 4 or parts[0] not in ("sidecar", "router"):
        raise ValueError(f'The node id is "{node}", expected the form "sidecar|router~IP~NAME.NAMESPACE~NAMESPACE.svc.DOMAIN".')
    told = [address.strip() for address in str(metadata.get("INSTANCE_IPS", "")).split(",")]
    own = metadata.get("LATEEN") or {}
    return View(
        kind=ProxyKind(parts[0]),
        namespace=str(metadata.get("NAMESPACE") or parts[3].partition(".")[0]),
        labels=tuple(sorted((str(key), str(value)) for key, value in (metadata.get("LABELS") or {}).items())),
        addresses=tuple(dict.fromkeys(address for address in (parts[1], *told) if address)),
        service_account=str(metadata.get("SERVICE_ACCOUNT") or "default"),
        locality=Locality(),
        network=str(metadata.get("NETWORK") or ""),
        cluster=str(metadata.get("CLUSTER_ID") or ""),
        capabilities=frozenset(key for key, value in own.items() if value),
        interception=str(metadata.get("INTERCEPTION_MODE") or "REDIRECT"),
        settings=tuple((name, str(metadata[name])) for name in SETTINGS if metadata.get(name)),
    )


def config_dump(objects: Iterable[Mapping[str, Any]], node: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """What such a proxy would be told in a world of these manifests; those that are refused are left out."""
    plain: list[dict[str, Any]] = msgspec.json.decode(msgspec.json.encode(list(objects)))  # As JSON has them: keys are text, whoever read the YAML.
    found = (decode.decode(manifest)[0] for manifest in plain)
    return dump(offline.graph(resource for resource in found if resource is not None), view_of(node, metadata))


def from_files(folder: Path, node: str, metadata: Mapping[str, Any]) -> tuple[dict[str, Any], list[Finding]]:
    """What such a proxy would be told in the world of the folder's YAML and JSON files, and what is wrong with those files."""
    findings: list[Finding] = []
    objects = []
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".yaml", ".yml", ".json"):
            read, wrong = decode.resources(path.read_text(), str(path.relative_to(folder)))
            objects += read
            findings += wrong
    return dump(offline.graph(objects), view_of(node, metadata)), findings
