"""What all analyses share: which services a name may mean, who sees what, and how a finding is made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from lateen.api import inputs, mesh
from lateen.api.decode import path_text
from lateen.api.indexes import wildcards_over
from lateen.api.text import Path
from lateen.check.analyses.codes import CODES
from lateen.flow import Graph, query
from lateen.registry import services, workloads
from lateen.registry.service import Labels, Service, Workload
from lateen.values import hosts
from lateen.values.finding import Finding
from lateen.values.ref import Ref

Findings = tuple[Finding, ...]

EVERYBODY = "*"


def found(ref: Ref, path: Path, code: str, message: str, hint: str = "") -> Finding:
    """A finding on an object of the mesh, as bad as its code; where it stands in a file is not known there."""
    return Finding(ref, path_text(path), CODES[code].severity, code, message, hint)


def listed(words: Iterable[str]) -> str:
    """`a, b and c`."""
    *rest, last = words if (words := list(words)) else [""]
    return f"{', '.join(rest)} and {last}" if rest else last


class Dated(Protocol):
    """What has a creation time in the form of `Resource.created`."""

    @property
    def created(self) -> str: ...


def why(winner: Dated, loser: Dated) -> str:
    """By which rule of N-5 one of two wins: "creationTimestamp, then name, then namespace"."""
    return "is older" if winner.created < loser.created else "is as old and comes first by name"


def full(g: Graph, host: str, namespace: str) -> str:
    """The full name of a host written in the namespace (N-1)."""
    return hosts.qualified(host, namespace, inputs.domain(g))


def service(g: Graph, host: str, namespace: str) -> Service | None:
    """The service that the full name means to the namespace: its own first (N-6), else another's that is shown to it (N-4); exact before wildcard."""
    for name in (host, *wildcards_over(host)):
        declaring = services.declaring(g, name)
        for owner in (*(each for each in declaring if each == namespace), *(each for each in declaring if each != namespace)):
            declared = services.service(g, owner, name)
            if declared is not None and (
                owner == namespace or seen_by(declared.export_to, owner, mesh.default_service_export_to(g)) & {EVERYBODY, namespace}
            ):
                return declared
    return None


def seen_by(export_to: tuple[str, ...], owner: str, default: tuple[str, ...]) -> frozenset[str]:
    """The namespaces that see what `owner` exports so (N-4); `EVERYBODY` for all."""
    return frozenset(owner if word == "." else word for word in export_to or default or (EVERYBODY,)) - {"~"}


def meet(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    """The namespaces that see both."""
    return other if EVERYBODY in one else one if EVERYBODY in other else one & other


@query
def knows_workloads(g: Graph) -> bool:
    """Whether any workload is described; where none is, nothing can be said of selectors."""
    return any(inputs.namespaces(g, kind) for kind in workloads.KINDS)


def selected(g: Graph, namespace: str, selector: Labels) -> tuple[Workload, ...]:
    """The workloads of the namespace with all these labels, by kind and name."""
    return tuple(each for kind in workloads.KINDS for each in workloads.selected(g, kind, namespace, selector))


@query
def selects_any(g: Graph, selector: Labels) -> bool:
    """Whether any workload of the mesh has all these labels."""
    owners = {namespace for kind in workloads.KINDS for namespace in inputs.namespaces(g, kind)}
    return any(selected(g, namespace, selector) for namespace in sorted(owners))
