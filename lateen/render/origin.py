"""The object behind a piece of configuration, as Envoy metadata: `istio: {config: …}`, which Istio's users and tools read."""

from __future__ import annotations

import re
from functools import lru_cache

from lateen.render.metadata import metadata
from lateen.values.ref import Ref

NAMESPACE = "istio"

_GROUPS = {
    "VirtualService": "networking.istio.io/v1",
    "DestinationRule": "networking.istio.io/v1",
    "Ingress": "networking.k8s.io/v1",
    "HTTPRoute": "gateway.networking.k8s.io/v1",
    "GRPCRoute": "gateway.networking.k8s.io/v1",
}


@lru_cache(maxsize=4096)
def origin_metadata(origin: Ref) -> bytes:
    """A serialised `envoy.config.core.v3.Metadata` that names the object."""
    return metadata({NAMESPACE: {"config": origin_path(origin)}})


def origin_path(origin: Ref) -> str:
    """Where the object is, as Istio writes it: `/apis/networking.istio.io/v1/namespaces/default/virtual-service/reviews`."""
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", origin.kind).lower()
    return f"/apis/{_GROUPS.get(origin.kind, 'networking.istio.io/v1')}/namespaces/{origin.namespace}/{kind}/{origin.name}"
