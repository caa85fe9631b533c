"""ConfigMap: text by key (https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/config-map-v1/)."""

from __future__ import annotations

from collections.abc import Mapping

from lateen.api.shape import Tolerant


class ConfigMap(Tolerant, frozen=True):
    """`binary_data` is in base64."""

    data: Mapping[str, str] = {}
    binary_data: Mapping[str, str] = {}
    immutable: bool | None = None
