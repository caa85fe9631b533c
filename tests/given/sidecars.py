"""Sidecars, and what they are told."""

from __future__ import annotations

from lateen.assembly import config_dump
from lateen.assembly.views import view_of
from lateen.flow import Graph
from lateen.ir.view import View


def view(namespace: str = "default", **metadata: object) -> View:
    """A sidecar of a namespace, with further metadata of its node."""
    return view_of(f"sidecar~10.9.0.1~a.{namespace}~{namespace}.svc.cluster.local", {"NAMESPACE": namespace, **metadata})


def told(g: Graph, kind: str, view: View) -> dict[str, bytes]:
    """The bodies of the resources of a kind (`Listener`) that this proxy is told, by name."""
    return {each.name: each.body for each in config_dump.resources(g, view) if each.type.endswith(f".{kind}")}
