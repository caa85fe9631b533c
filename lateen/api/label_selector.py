"""Kubernetes' label selector (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors)."""

from __future__ import annotations

from collections.abc import Mapping

from lateen.api.shape import Tolerant


class LabelSelectorRequirement(Tolerant, frozen=True):
    """`operator` is `In`, `NotIn`, `Exists` or `DoesNotExist`; another one selects nothing."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def selects(self, labels: Mapping[str, str]) -> bool:
        """Whether the labels fulfil it. "NotIn" also selects what lacks the key."""
        value = labels.get(self.key)
        match self.operator:
            case "In":
                return value is not None and value in self.values
            case "NotIn":
                return value is None or value not in self.values
            case "Exists":
                return value is not None
            case "DoesNotExist":
                return value is None
        return False


class LabelSelector(Tolerant, frozen=True):
    """All labels and requirements must hold; an empty selector selects everything."""

    match_labels: Mapping[str, str] = {}
    match_expressions: tuple[LabelSelectorRequirement, ...] = ()

    def selects(self, labels: Mapping[str, str]) -> bool:
        """Whether the labels fulfil it."""
        return all(labels.get(key) == value for key, value in self.match_labels.items()) and all(
            requirement.selects(labels) for requirement in self.match_expressions
        )
