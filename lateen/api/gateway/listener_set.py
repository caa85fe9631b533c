"""ListenerSet: listeners that are added to a Gateway (https://gateway-api.sigs.k8s.io/geps/gep-1713/)."""

from __future__ import annotations

from lateen.api.gateway.gateway import Listener
from lateen.api.gateway.references import GROUP
from lateen.api.shape import Tolerant


class ParentGatewayReference(Tolerant, frozen=True):
    """The Gateway that is added to."""

    name: str
    group: str = GROUP
    kind: str = "Gateway"
    namespace: str = ""


class ListenerSet(Tolerant, frozen=True):
    """Listeners and the Gateway that they are added to."""

    parent_ref: ParentGatewayReference
    listeners: tuple[Listener, ...] = ()
