"""IST0110 and IST0111: several Sidecars for one workload, or for all of a namespace, of which only the oldest counts (SC-2)."""

from __future__ import annotations

from collections.abc import Iterator

from lateen.api import inputs
from lateen.api.resource import Resource
from lateen.check.analyses.subjects import Findings, found, why
from lateen.flow import Graph, query
from lateen.registry import workloads
from lateen.values.finding import Finding

SAME_WORKLOAD = "IST0110"
SEVERAL_DEFAULTS = "IST0111"

_KIND = "Sidecar"


@query
def conflicts(g: Graph, namespace: str) -> Findings:
    """The Sidecars of the namespace that have no effect because an older one takes their place."""
    found_here = inputs.resources(g, _KIND, namespace)
    return (*_same_workload(g, namespace, found_here), *_several_defaults(found_here))


def _several_defaults(sidecars: tuple[Resource[object], ...]) -> Iterator[Finding]:
    defaults = [each for each in sidecars if not _labels(each)]
    for later in defaults[1:]:
        message = f"{defaults[0].ref} {why(defaults[0], later)} and selects all workloads too, so this one has no effect."
        yield found(later.ref, ("spec",), SEVERAL_DEFAULTS, message, "Give it a workloadSelector, or delete one of them.")


def _same_workload(g: Graph, namespace: str, sidecars: tuple[Resource[object], ...]) -> Iterator[Finding]:
    owners: dict[str, Resource[object]] = {}
    for each in sidecars:
        selector = tuple(sorted(_labels(each).items()))
        names = [str(one.origin) for kind in workloads.KINDS for one in workloads.selected(g, kind, namespace, selector)]
        taken = [name for name in names if name in owners]
        if taken:
            message = f"{owners[taken[0]].ref} {why(owners[taken[0]], each)} and selects {taken[0]} too, so this one has no effect there."
            yield found(each.ref, ("spec", "workloadSelector"), SAME_WORKLOAD, message, "Let their selectors exclude each other.")
        for name in names:
            owners.setdefault(name, each)


def _labels(of: Resource[object]) -> dict[str, str]:
    selector = getattr(of.spec, "workload_selector", None)
    return dict(selector.labels) if selector is not None else {}
