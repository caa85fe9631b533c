"""Faults and cross-origin policies of HTTP routes (VS-50, VS-51)."""

from __future__ import annotations

from lateen.api.networking import virtual_service as api
from lateen.ir.match import Manner, Text
from lateen.ir.routes import MILLION, Abort, Cors, Delay, Fault
from lateen.translate.route_matches import text_of
from lateen.translate.route_policies import part
from lateen.values import grpc_status

_ANY_TEXT = Text(Manner.REGEX, ".*")


def fault(injection: api.HTTPFaultInjection | None) -> Fault | None:
    """The faults that hit any request at all: without a percentage none do."""
    if injection is None:
        return None
    found = Fault(_delay(injection.delay), _abort(injection.abort))
    return found if found.delay or found.abort else None


def _delay(delay: api.Delay | None) -> Delay | None:
    if delay is None or delay.fixed_delay is None:
        return None
    share = part(delay.percentage) if delay.percentage is not None else min(max(delay.percent or 0, 0), 100) * MILLION // 100
    return Delay(share, delay.fixed_delay.nanoseconds) if share else None


def _abort(abort: api.Abort | None) -> Abort | None:
    if abort is None or not part(abort.percentage):
        return None
    if abort.grpc_status is not None:
        number = grpc_status.number(abort.grpc_status)
        return Abort(part(abort.percentage), grpc_status=number) if number is not None else None
    return Abort(part(abort.percentage), status=abort.http_status) if abort.http_status is not None else None


def cors(policy: api.CorsPolicy | None) -> Cors | None:
    """Which origins may call; `allowOrigin` is the old way to name them exactly."""
    if policy is None:
        return None
    exact = tuple(Text(Manner.EXACT, origin) for origin in policy.allow_origin)
    return Cors(
        origins=tuple(text_of(origin) or _ANY_TEXT for origin in policy.allow_origins) or exact,
        methods=policy.allow_methods,
        headers=policy.allow_headers,
        exposed=policy.expose_headers,
        max_age=int(policy.max_age.seconds) if policy.max_age is not None else None,
        credentials=policy.allow_credentials,
        forward_unmatched=policy.unmatched_preflights is not api.UnmatchedPreflights.IGNORE,
    )
