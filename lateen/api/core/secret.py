"""Secret: keys, certificates and tokens (https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/secret-v1/)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from lateen.api.shape import Tolerant


class Secret(Tolerant, frozen=True):
    """`data` is in base64; `string_data` is plain and wins over it."""

    type: str = "Opaque"
    data: Mapping[str, str] = {}
    string_data: Mapping[str, str] = {}
    immutable: bool | None = None

    def value(self, key: str) -> bytes | None:
        """The plain value of a key; None when the secret has no such key, or no base64 there."""
        if key in self.string_data:
            return self.string_data[key].encode()
        try:
            return base64.b64decode(self.data[key], validate=True) if key in self.data else None
        except binascii.Error:
            return None
