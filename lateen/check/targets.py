"""What policies apply to: a selector, or references to objects (AZ-12)."""

from __future__ import annotations

from typing import Protocol

from lateen.api.selector import PolicyTargetReference, WorkloadSelector
from lateen.api.text import Path
from lateen.check.labels import selector
from lateen.check.remark import Remarks, wrong

KINDS = frozenset(
    {
        ("", "Service"),
        ("core", "Service"),
        ("networking.istio.io", "ServiceEntry"),
        ("gateway.networking.k8s.io", "Gateway"),
        ("gateway.networking.k8s.io", "GatewayClass"),
    }
)


class Targeted(Protocol):
    """A spec that says what it applies to."""

    @property
    def selector(self) -> WorkloadSelector | None: ...
    @property
    def target_refs(self) -> tuple[PolicyTargetReference, ...]: ...


def targets(spec: Targeted) -> Remarks:
    """A selector or references, not both; each valid in itself."""
    single: PolicyTargetReference | None = getattr(spec, "target_ref", None)
    given = [
        name
        for name, is_given in (("selector", spec.selector is not None), ("targetRef", single is not None), ("targetRefs", bool(spec.target_refs)))
        if is_given
    ]
    if len(given) > 1:
        yield wrong(("spec",), f"{' and '.join(given)} are given, expected only one of them.")
    if spec.selector is not None:
        yield from selector(spec.selector.match_labels, ("spec", "selector", "matchLabels"))
    if single is not None:
        yield from reference(single, ("spec", "targetRef"))
    for index, target in enumerate(spec.target_refs):
        yield from reference(target, ("spec", "targetRefs", index))


def reference(target: PolicyTargetReference, path: Path) -> Remarks:
    """A Service, ServiceEntry, Gateway or GatewayClass, of the same namespace."""
    if not target.name:
        yield wrong((*path, "name"), "the name is empty.")
    if target.namespace:
        yield wrong((*path, "namespace"), f'found the namespace "{target.namespace}", expected none: a policy applies to its own namespace.')
    if (target.group, target.kind) not in KINDS:
        found = f"{target.kind} of {target.group}" if target.group else target.kind
        expected = "a Service, a ServiceEntry of networking.istio.io, or a Gateway or GatewayClass of gateway.networking.k8s.io"
        yield wrong(path, f"found a {found}, expected {expected}.")
