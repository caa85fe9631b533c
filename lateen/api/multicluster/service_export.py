"""ServiceExport: the service of the same name is offered to the whole cluster set (https://multicluster.sigs.k8s.io/api-types/service-export/)."""

from __future__ import annotations

from lateen.api.shape import Tolerant


class ServiceExport(Tolerant, frozen=True):
    """An export has no content of its own."""
