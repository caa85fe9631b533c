"""Faults made on purpose (VS-51)."""

from __future__ import annotations

from lateen.api.networking.virtual_service import Abort, Delay, HTTPFaultInjection
from lateen.api.text import Path
from lateen.check import percentages
from lateen.check.durations import at_least_millisecond
from lateen.check.remark import Remarks, deprecated, doubtful, wrong
from lateen.check.statuses import answer, is_grpc_status


def http_fault(fault: HTTPFaultInjection | None, path: Path) -> Remarks:
    """A delay, an abort, or both. None passes."""
    if fault is None:
        return
    if fault.delay is None and fault.abort is None:
        yield wrong(path, "the fault is empty.", "Give delay or abort.")
    if fault.delay is not None:
        yield from _delay(fault.delay, (*path, "delay"))
    if fault.abort is not None:
        yield from _abort(fault.abort, (*path, "abort"))


def _delay(delay: Delay, path: Path) -> Remarks:
    yield from percentages.share(delay.percentage, (*path, "percentage"))
    if delay.percent is not None:
        yield from percentages.whole(delay.percent, (*path, "percent"))
        yield deprecated((*path, "percent"), "percent is deprecated.", f"Write percentage: {{value: {delay.percent}}}.")
    if delay.exponential_delay is not None:
        yield wrong((*path, "exponentialDelay"), "exponentialDelay does not work.", "Write fixedDelay.")
    elif delay.fixed_delay is None:
        yield doubtful(path, "the delay has no length.", "Give fixedDelay.")
    yield from at_least_millisecond(delay.fixed_delay, (*path, "fixedDelay"))


def _abort(abort: Abort, path: Path) -> Remarks:
    yield from percentages.share(abort.percentage, (*path, "percentage"))
    if abort.http2_error is not None:
        yield wrong((*path, "http2Error"), "http2Error does not work.", "Write httpStatus or grpcStatus.")
    elif abort.http_status is not None:
        yield from answer(abort.http_status, (*path, "httpStatus"))
    elif abort.grpc_status is not None:
        if not is_grpc_status(abort.grpc_status):
            yield wrong((*path, "grpcStatus"), f'found "{abort.grpc_status}", expected the name of a gRPC status such as UNAVAILABLE.')
    else:
        yield doubtful(path, "the abort says nothing of the answer.", "Give httpStatus or grpcStatus.")
