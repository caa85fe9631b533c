"""IST0173 and IST0174: a DestinationRule must be about a service, and its subsets about some of its endpoints."""

from __future__ import annotations

from collections.abc import Iterator

from lateen.api import inputs
from lateen.api.networking.destination_rule import DestinationRule
from lateen.check.analyses.subjects import Findings, found, full, service
from lateen.flow import Graph, query
from lateen.registry import endpoints
from lateen.registry.service import Resolution, Service
from lateen.values.finding import Finding, Severity
from lateen.values.hosts import is_wildcard
from lateen.values.ref import Ref

SUBSET_WITHOUT_ENDPOINTS = "IST0173"
UNKNOWN_HOST = "IST0174"

_BY_LABELS = frozenset({Resolution.ENDPOINTS, Resolution.DNS, Resolution.DNS_ROUND_ROBIN})


@query
def idle(g: Graph, ref: Ref) -> Findings:
    """Why the DestinationRule, or one of its subsets, has nothing to apply to. A rule for a wildcard host may apply to what comes later."""
    rule = inputs.resource(g, ref)
    if rule is None or is_wildcard(rule.spec.host):
        return ()
    host = full(g, rule.spec.host, ref.namespace)
    declared = service(g, host, ref.namespace)
    if declared is None:
        message = f'no service has the host "{host}".'
        hint = "Declare it by a Service or a ServiceEntry."
        return (found(ref, ("spec", "host"), UNKNOWN_HOST, message, hint, Severity.WARNING),)
    return tuple(_subsets(g, ref, rule.spec, declared))


def _subsets(g: Graph, ref: Ref, spec: DestinationRule, declared: Service) -> Iterator[Finding]:
    if not spec.subsets or declared.resolution not in _BY_LABELS:
        return
    labels = _labels(g, declared)
    for index, subset in enumerate(spec.subsets):
        wanted = subset.labels.items()
        if wanted and not any(wanted <= each.items() for each in labels):
            text = ", ".join(f"{key}: {value}" for key, value in wanted)
            message = f'no endpoint of {declared.host} has the labels "{text}" of subset {subset.name}.'
            yield found(ref, ("spec", "subsets", index), SUBSET_WITHOUT_ENDPOINTS, message, "Calls to it are answered with 503.")


def _labels(g: Graph, declared: Service) -> list[dict[str, str]]:
    ports = (endpoints.endpoints(g, declared.namespace, declared.host, port.number) for port in declared.ports)
    return [dict(endpoint.workload.labels) for of_port in ports for endpoint in of_port]
