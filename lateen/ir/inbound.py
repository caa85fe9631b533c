"""What a workload is called on: the listeners of its inbound side.

Replicas of one workload have equal values here, for no address of theirs is part of it, except where something is bound or sent to one.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from lateen.ir.chain import Bytes, Chain, Listener

Policies = tuple[msgspec.Struct, ...]


class Inbound(msgspec.Struct, frozen=True, cache_hash=True):
    """The listener of captured traffic first, if there is one, then those that are bound themselves. `destinations` are all that they
    forward to.
    """

    listeners: tuple[Listener, ...] = ()


def secured(inbound: Inbound, requests: Policies, connections: Policies) -> Inbound:
    """The same with these policies before every chain: on requests where HTTP is understood, else on connections."""

    def guarded(chain: Chain) -> Chain:
        policy = connections if isinstance(chain.handler, Bytes) else requests
        return msgspec.structs.replace(chain, handler=msgspec.structs.replace(chain.handler, policy=policy))

    if not requests and not connections:
        return inbound
    return Inbound(tuple(_with_chains(listener, guarded) for listener in inbound.listeners))


def _with_chains(listener: Listener, change: Callable[[Chain], Chain]) -> Listener:
    otherwise = change(listener.otherwise) if listener.otherwise is not None else None
    return msgspec.structs.replace(listener, chains=tuple(change(chain) for chain in listener.chains), otherwise=otherwise)
