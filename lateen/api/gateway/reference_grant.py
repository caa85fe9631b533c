"""ReferenceGrant: objects of other namespaces may name objects of this one (https://gateway-api.sigs.k8s.io/api-types/referencegrant/)."""

from __future__ import annotations

import msgspec

from lateen.api.shape import Tolerant


class ReferenceGrantFrom(Tolerant, frozen=True):
    """Who may refer."""

    kind: str
    namespace: str
    group: str = ""


class ReferenceGrantTo(Tolerant, frozen=True):
    """What may be referred to; no name means all of the kind."""

    kind: str
    group: str = ""
    name: str = ""


class ReferenceGrant(Tolerant, frozen=True):
    """Each of `from_` may refer to each of `to`."""

    from_: tuple[ReferenceGrantFrom, ...] = msgspec.field(default=(), name="from")
    to: tuple[ReferenceGrantTo, ...] = ()
