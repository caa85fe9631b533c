"""Workloads by reference, by namespace and by address, whichever kind of object describes them."""

from __future__ import annotations

from lateen.api import inputs
from lateen.api.indexes import ADDRESS
from lateen.flow import Graph, query
from lateen.registry import entries, kubernetes
from lateen.registry.service import Labels, Workload
from lateen.values.ref import Ref

KINDS = ("Pod", "WorkloadEntry")


@query
def workload(g: Graph, ref: Ref) -> Workload | None:
    """The workload that a Pod or a WorkloadEntry describes."""
    return kubernetes.workload(g, ref) if ref.kind == "Pod" else entries.workload(g, ref)


@query
def selected(g: Graph, kind: str, namespace: str, selector: Labels) -> tuple[Workload, ...]:
    """The workloads of one kind in the namespace that carry all labels of the selector, by name. An empty selector selects none."""
    if not selector:
        return ()
    wanted = set(selector)
    found = (workload(g, Ref(kind, namespace, name)) for name in inputs.names(g, kind, namespace))
    return tuple(each for each in found if each is not None and wanted <= set(each.labels))


def at(g: Graph, address: str) -> tuple[Workload, ...]:
    """The workloads that have the address, inline endpoints included. No query of its own: most addresses have one reader and one workload."""
    found: list[Workload] = []
    for ref in inputs.indexed(g, ADDRESS, address):
        if ref.kind == "ServiceEntry":
            found += [each for each in entries.inline(g, ref) if address in each.addresses]
        elif (one := workload(g, ref)) is not None:
            found.append(one)
    return tuple(found)
