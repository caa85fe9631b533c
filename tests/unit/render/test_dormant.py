"""Filters that take part only where a rule asks for them, or a virtual host."""

from __future__ import annotations

import pytest
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import HttpFilter

from lateen.ir.chain import Requests, Side
from lateen.ir.policy import Authorizer, Consultation, Protocol
from lateen.ir.token import Tokens
from lateen.render.dormant import by_rule, for_grpc, wake


def disabled(of: Requests) -> dict[str, bool]:
    return {each.name.rpartition(".")[2]: each.disabled for each in (*for_grpc(of), *by_rule(of))}


@pytest.mark.rule("HC-1")
def test_they_stand_in_their_order_and_take_no_part_by_themselves():
    names = ["grpc_web", "grpc_stats", "fault", "cors", "stateful_session"]
    assert list(disabled(Requests("x", table="80")).items()) == [(name, True) for name in names]
    assert list(disabled(Requests("x", side=Side.INBOUND)).items()) == [(name, True) for name in names[:-1]]


def test_at_a_gateway_any_request_may_be_grpc():
    found = disabled(Requests("x", table="80", side=Side.GATEWAY))
    assert [name for name, waits in found.items() if not waits] == ["grpc_web", "grpc_stats"]


@pytest.mark.parametrize("rerouted", [True, False])
def test_where_a_policy_may_have_the_route_chosen_anew_they_take_part(rerouted: bool):
    asks = Consultation(Authorizer(Protocol.GRPC, "outbound|9000||asked.default.svc.cluster.local", "asked", 10**9, rerouted=rerouted), ())
    for policy in (Tokens((), rerouted), asks):
        assert set(disabled(Requests("x", table="80", policy=(policy,))).values()) == {not rerouted}


def test_all_of_them_are_woken_and_no_others():
    filters = [*for_grpc(Requests("x")), *by_rule(Requests("x")), HttpFilter(name="mine", disabled=True)]
    wake(filters)
    assert [each.disabled for each in filters] == [False, False, False, False, False, True]
