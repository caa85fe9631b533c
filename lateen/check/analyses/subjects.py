"""What all analyses share: which services a name may mean, and how a finding is made."""

from __future__ import annotations

from lateen.api import inputs
from lateen.api.decode import path_text
from lateen.api.indexes import wildcards_over
from lateen.api.text import Path
from lateen.flow import Graph
from lateen.registry import services
from lateen.registry.service import Service
from lateen.values import hosts
from lateen.values.finding import Finding, Severity
from lateen.values.ref import Ref

Findings = tuple[Finding, ...]


def found(ref: Ref, path: Path, code: str, message: str, hint: str = "", severity: Severity = Severity.ERROR) -> Finding:
    """A finding on an object of the mesh; where it stands in a file is not known there."""
    return Finding(ref, path_text(path), severity, code, message, hint)


def full(g: Graph, host: str, namespace: str) -> str:
    """The full name of a host written in the namespace (N-1)."""
    return hosts.qualified(host, namespace, inputs.domain(g))


def service(g: Graph, host: str, namespace: str) -> Service | None:
    """The service that the full name means to the namespace: its own first (N-6), else another's that is shown to it (N-4); exact before wildcard."""
    for name in (host, *wildcards_over(host)):
        declaring = services.declaring(g, name)
        for owner in (*(each for each in declaring if each == namespace), *(each for each in declaring if each != namespace)):
            declared = services.service(g, owner, name)
            if declared is not None and _is_shown(declared, namespace):
                return declared
    return None


def _is_shown(declared: Service, namespace: str) -> bool:
    return not declared.export_to or "*" in declared.export_to or namespace in declared.export_to or declared.namespace == namespace
