"""Policies before the chains of a workload."""

from __future__ import annotations

import msgspec

from lateen.ir.chain import Bytes, Chain, Listener, Requests, Side
from lateen.ir.inbound import Inbound, secured


class Rule(msgspec.Struct, frozen=True):
    """Stands for any policy."""

    name: str


def test_requests_and_connections_are_guarded_each_by_their_own_policies():
    chains = (Chain("h", Requests("h")), Chain("b", Bytes((("x", 1),))))
    inbound = Inbound((Listener("l", ("0.0.0.0",), 1, Side.INBOUND, chains, otherwise=Chain("o", Bytes((("x", 1),)))),))

    (listener,) = secured(inbound, (Rule("http"),), (Rule("tcp"),)).listeners

    assert [chain.handler.policy for chain in listener.chains] == [(Rule("http"),), (Rule("tcp"),)]
    assert listener.otherwise is not None and listener.otherwise.handler.policy == (Rule("tcp"),)


def test_no_policies_change_nothing():
    inbound = Inbound((Listener("l", ("0.0.0.0",), 1, Side.INBOUND),))
    assert secured(inbound, (), ()) is inbound
