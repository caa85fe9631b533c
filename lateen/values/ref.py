"""`Ref`: which object. The handle by which config is known everywhere, from the store down to Envoy's metadata."""

from __future__ import annotations

import msgspec


class Ref(msgspec.Struct, frozen=True, order=True, cache_hash=True):
    """One object: its kind as in `api.kinds` (`VirtualService`), its namespace ("" for cluster-scoped kinds) and its name."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """As users read it in a sentence: `VirtualService default/reviews`, or `Namespace default`."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"
