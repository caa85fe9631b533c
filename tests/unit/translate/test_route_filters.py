"""Faults and cross-origin policies."""

from __future__ import annotations

import pytest

from lateen.api.networking import virtual_service as api
from lateen.ir.match import Manner, Text
from lateen.ir.routes import Abort, Cors, Delay, Fault
from lateen.translate.route_filters import cors, fault
from lateen.values.duration import Duration


@pytest.mark.rule("VS-51")
def test_a_fault_without_percentage_hits_nobody():
    delay, abort = api.Delay(fixed_delay=Duration("5s")), api.Abort(http_status=500)

    assert fault(api.HTTPFaultInjection(delay, abort)) is None


@pytest.mark.rule("VS-51")
def test_parts_may_be_fractions_and_status_codes_of_grpc_names():
    delay = api.Delay(fixed_delay=Duration("5s"), percentage=api.Percent(0.1))
    abort = api.Abort(grpc_status="UNAVAILABLE", percentage=api.Percent(100.0))

    assert fault(api.HTTPFaultInjection(delay, abort)) == Fault(Delay(1_000, 5_000_000_000), Abort(1_000_000, grpc_status=14))
    assert fault(api.HTTPFaultInjection(api.Delay(percent=10, fixed_delay=Duration("1s")))) == Fault(Delay(100_000, 1_000_000_000))


@pytest.mark.rule("VS-50")
def test_cors_is_taken_over_with_whole_seconds():
    policy = api.CorsPolicy(
        allow_origins=(api.StringMatch(exact="https://a"), api.StringMatch()),
        allow_methods=("GET",),
        max_age=Duration("1m30.5s"),
        allow_credentials=True,
        unmatched_preflights=api.UnmatchedPreflights.IGNORE,
    )

    assert cors(policy) == Cors(
        (Text(Manner.EXACT, "https://a"), Text(Manner.REGEX, ".*")), ("GET",), max_age=90, credentials=True, forward_unmatched=False
    )
    assert cors(api.CorsPolicy(allow_origin=("*",))) == Cors((Text(Manner.EXACT, "*"),))
