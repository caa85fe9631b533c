"""IST0109: two VirtualServices for one host at the sidecars, of which only the oldest counts (VS-10)."""

from __future__ import annotations

from lateen.api import inputs, mesh
from lateen.api.indexes import RULE_HOST
from lateen.api.resource import Resource
from lateen.check.analyses.subjects import Findings, found, full
from lateen.flow import Graph, query
from lateen.values.ref import Ref

CONFLICT = "IST0109"
_MESH = "mesh"
_EVERYBODY = "*"


@query
def conflicts(g: Graph, ref: Ref) -> Findings:
    """The hosts of the VirtualService that others claim too, where somebody sees both."""
    rule = inputs.resource(g, ref)
    if rule is None or not _is_for_sidecars(rule):
        return ()
    seen_by = _seen_by(g, rule)
    findings = []
    for index, host in enumerate(rule.spec.hosts):
        name = full(g, host, ref.namespace)
        others = [each for each in _rivals(g, ref, name) if _meet(seen_by, _seen_by(g, each))]
        if others:
            winner = min((rule, *others), key=inputs.precedence)
            names = ", ".join(str(each.ref) for each in others)
            message = f'the host "{name}" is also claimed by {names}; only {winner.ref}, the oldest, counts.'
            findings.append(found(ref, ("spec", "hosts", index), CONFLICT, message, "Keep the host in one of them."))
    return tuple(findings)


def _rivals(g: Graph, ref: Ref, host: str) -> list[Resource[object]]:
    refs = (each for each in inputs.indexed(g, RULE_HOST, f"VirtualService {host}") if each != ref)
    return [rule for each in refs if (rule := inputs.resource(g, each)) is not None and _is_for_sidecars(rule)]


def _is_for_sidecars(rule: Resource[object]) -> bool:
    gateways: tuple[str, ...] = getattr(rule.spec, "gateways", ())
    return not gateways or _MESH in gateways


def _seen_by(g: Graph, rule: Resource[object]) -> frozenset[str]:
    """The namespaces that see the rule (N-4); `*` for everybody."""
    written: tuple[str, ...] = getattr(rule.spec, "export_to", ()) or mesh.default_virtual_service_export_to(g)
    return frozenset(rule.ref.namespace if word == "." else word for word in written or (_EVERYBODY,))


def _meet(one: frozenset[str], other: frozenset[str]) -> bool:
    return _EVERYBODY in one or _EVERYBODY in other or bool(one & other)
