"""What becomes of connections to a host that are not plain HTTP: the rules of VirtualServices (VS-6, VS-52), else straight to the host."""

from __future__ import annotations

import msgspec

from lateen.flow import Graph, query
from lateen.ir.chain import Bytes
from lateen.ir.routes import outbound
from lateen.registry import services
from lateen.translate.claims import Claim
from lateen.values.ref import Ref


class Stream(msgspec.Struct, frozen=True, cache_hash=True):
    """Connections with one of the `server_names` to one of the `networks`, empty for all, and what becomes of them."""

    handler: Bytes
    server_names: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    origins: tuple[Ref, ...] = ()


@query
def streams(g: Graph, claim: Claim) -> tuple[Stream, ...]:
    """The streams of a claim, those that are looked at first before the others."""
    service = services.service(g, claim.namespace, claim.host)
    names = (claim.host,) if claim.names else ()
    straight = Stream(Bytes(((outbound(claim.host, claim.number), 1),)), names, claim.networks, (service.origin,) if service else ())
    return (straight,)
