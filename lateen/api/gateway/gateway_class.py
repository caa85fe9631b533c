"""GatewayClass: who serves the Gateways of a class (https://gateway-api.sigs.k8s.io/api-types/gatewayclass/)."""

from __future__ import annotations

from lateen.api.gateway.references import ObjectReference
from lateen.api.shape import Tolerant


class GatewayClass(Tolerant, frozen=True):
    """`controller_name` is `istio.io/gateway-controller` for us."""

    controller_name: str
    description: str = ""
    parameters_ref: ObjectReference | None = None
