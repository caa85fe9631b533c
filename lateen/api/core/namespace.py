"""Namespace: only its name and labels count (https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/namespace-v1/)."""

from __future__ import annotations

from lateen.api.shape import Tolerant


class Namespace(Tolerant, frozen=True):
    """A namespace has no content of its own."""
