"""What a rule tells HTTP filters, as `typed_per_filter_config`: faults (VS-51) and cross-origin policies (VS-50)."""

from __future__ import annotations

from envoy.extensions.filters.common.fault.v3.fault_pb2 import FaultDelay
from envoy.extensions.filters.http.cors.v3.cors_pb2 import CorsPolicy
from envoy.extensions.filters.http.fault.v3.fault_pb2 import FaultAbort, HTTPFault
from envoy.type.v3.percent_pb2 import FractionalPercent
from google.protobuf.any_pb2 import Any

from lateen.ir.routes import MILLION, Cors, Fault
from lateen.render.match import string_matcher
from lateen.render.message import duration, packed

FAULT = "envoy.filters.http.fault"
CORS = "envoy.filters.http.cors"


def filter_settings(fault: Fault | None, cors: Cors | None) -> dict[str, Any]:
    """Filter name -> its settings for the rule."""
    out: dict[str, Any] = {}
    if fault is not None:
        out[FAULT] = packed(_fault(fault))
    if cors is not None:
        out[CORS] = packed(_cors(cors))
    return out


def _fault(fault: Fault) -> HTTPFault:
    out = HTTPFault()
    if fault.delay is not None:
        out.delay.CopyFrom(FaultDelay(fixed_delay=duration(fault.delay.duration), percentage=_fraction(fault.delay.part)))
    if fault.abort is not None:
        if fault.abort.grpc_status is not None:
            out.abort.CopyFrom(FaultAbort(grpc_status=fault.abort.grpc_status))
        else:
            out.abort.CopyFrom(FaultAbort(http_status=fault.abort.status))
        out.abort.percentage.CopyFrom(_fraction(fault.abort.part))
    return out


def _cors(cors: Cors) -> CorsPolicy:
    out = CorsPolicy(
        allow_origin_string_match=[string_matcher(origin) for origin in cors.origins],
        allow_methods=",".join(cors.methods),
        allow_headers=",".join(cors.headers),
        expose_headers=",".join(cors.exposed),
        max_age="" if cors.max_age is None else str(cors.max_age),
    )
    if cors.credentials is not None:
        out.allow_credentials.value = cors.credentials
    out.forward_not_matching_preflights.value = cors.forward_unmatched
    out.filter_enabled.default_value.CopyFrom(_fraction(MILLION))
    return out


def _fraction(part: int) -> FractionalPercent:
    return FractionalPercent(numerator=part, denominator=FractionalPercent.MILLION)
