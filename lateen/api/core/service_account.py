"""ServiceAccount: the name that a workload runs under (https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/service-account-v1/)."""

from __future__ import annotations

from lateen.api.shape import Tolerant


class ServiceAccount(Tolerant, frozen=True):
    """A service account has no content of its own."""
