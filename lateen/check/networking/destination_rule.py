"""DestinationRule: what is refused, and what is warned of."""

from __future__ import annotations

from lateen.api.networking.destination_rule import DestinationRule, Subset
from lateen.api.resource import Resource
from lateen.api.text import Path
from lateen.check import hosts
from lateen.check.exports import PATH as EXPORT_TO
from lateen.check.exports import PRIVATE, exports
from lateen.check.labels import labels, selector
from lateen.check.networking.traffic_policy import traffic_policy
from lateen.check.remark import Remarks, wrong


def destination_rule(of: Resource[DestinationRule]) -> Remarks:
    """A host, policies that say something, and subsets with names of their own."""
    spec = of.spec
    yield from hosts.wildcard_name(spec.host, ("spec", "host"))
    yield from traffic_policy(spec.traffic_policy, ("spec", "trafficPolicy"))
    seen: set[str] = set()
    for index, subset in enumerate(spec.subsets):
        path = ("spec", "subsets", index)
        if subset.name in seen:
            yield wrong((*path, "name"), f'the subset "{subset.name}" is given twice.', "Name one of them differently.")
        seen.add(subset.name)
        yield from _subset(subset, path)
    yield from exports(spec.export_to, of.ref.namespace)
    if spec.workload_selector is not None:
        yield from selector(spec.workload_selector.match_labels, ("spec", "workloadSelector", "matchLabels"))
        yield from _stays(spec.export_to, of.ref.namespace)


def _subset(subset: Subset, path: Path) -> Remarks:
    if not hosts.is_label(subset.name):
        yield wrong((*path, "name"), f'found the name "{subset.name}", expected letters and digits with "-" only inside.')
    yield from labels(subset.labels, (*path, "labels"))
    yield from traffic_policy(subset.traffic_policy, (*path, "trafficPolicy"))


def _stays(export_to: tuple[str, ...], namespace: str) -> Remarks:
    """DR-12: a rule with a selector applies to clients of its own namespace, so it cannot be shown to others."""
    for index, word in enumerate(export_to):
        if word not in (PRIVATE, namespace):
            message = f'found "{word}", but a rule with workloadSelector applies to its own namespace only.'
            yield wrong((*EXPORT_TO, index), message, 'Write exportTo: ["."], or leave it out.')
