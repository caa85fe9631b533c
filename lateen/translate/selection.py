"""Which policies apply to a workload: those of the root namespace and of its own, narrowed by selector or by target (AZ-3, AZ-12).

"The selector restricts in both; a selector policy in the root ns therefore applies to matching workloads of ALL namespaces." Whoever asks
gives only the labels that any such policy looks at, so that workloads that differ in other labels are asked about once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lateen.api import inputs, mesh
from lateen.api.resource import Resource
from lateen.api.selector import PolicyTargetReference
from lateen.flow import Graph, query
from lateen.ir.view import Labels

GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name"
GATEWAY_CLASS = "gateway.networking.k8s.io/gateway-class-name"
TARGET_LABELS = {"Gateway": GATEWAY_NAME, "GatewayClass": GATEWAY_CLASS}
"""The labels of workloads that stand for the objects that policies are attached to."""


def looked_at(g: Graph, kinds: tuple[str, ...], namespace: str, labels: Labels) -> Labels:
    """Those of the labels that policies of the kinds look at."""
    keys = {key for kind in kinds for owner in owners(g, namespace) for key in label_keys(g, kind, owner)}
    return tuple(pair for pair in labels if pair[0] in keys)


def owners(g: Graph, namespace: str) -> tuple[str, ...]:
    """The namespaces whose policies can apply in this one, "once when equal"."""
    return tuple(dict.fromkeys((mesh.root_namespace(g), namespace)))


@query
def label_keys(g: Graph, kind: str, namespace: str) -> tuple[str, ...]:
    """The label keys that the policies of a namespace look at, sorted."""
    return tuple(sorted({key for policy in inputs.resources(g, kind, namespace) for key in _keys(policy)}))


def applying(g: Graph, kind: str, namespace: str, labels: Labels) -> Iterator[Resource[Any]]:
    """The policies of the kind for a workload with these labels, those of the root namespace first, the oldest first."""
    carried = dict(labels)
    root = mesh.root_namespace(g)
    for owner in owners(g, namespace):
        for policy in inputs.resources(g, kind, owner):
            if _applies(policy, owner, namespace, root, carried):
                yield policy


def _keys(policy: Resource[Any]) -> Iterator[str]:
    yield from (TARGET_LABELS[each.kind] for each in _targets(policy) if each.kind in TARGET_LABELS)
    if policy.spec.selector is not None:
        yield from policy.spec.selector.match_labels


def _targets(policy: Resource[Any]) -> tuple[PolicyTargetReference, ...]:
    one: PolicyTargetReference | None = policy.spec.target_ref
    many: tuple[PolicyTargetReference, ...] = policy.spec.target_refs
    return (one, *many) if one is not None else many


def _applies(policy: Resource[Any], owner: str, namespace: str, root: str, carried: dict[str, str]) -> bool:
    targets = _targets(policy)
    if targets:
        return any(is_target(each, owner, namespace, root, carried) for each in targets)
    return policy.spec.selector is None or policy.spec.selector.match_labels.items() <= carried.items()


def is_target(target: PolicyTargetReference, owner: str, namespace: str, root: str, carried: Mapping[str, str]) -> bool:
    """Whether what a policy of the namespace `owner` points at is a workload of `namespace` with these labels. A Gateway lies in the namespace of its
    policy; a class belongs to nobody, so its policies are those of the root namespace.
    """
    place = root if target.kind == "GatewayClass" else namespace
    return owner == place and target.kind in TARGET_LABELS and carried.get(TARGET_LABELS[target.kind]) == target.name
