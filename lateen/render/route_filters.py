"""What a rule tells HTTP filters, as `typed_per_filter_config`: faults (VS-51), cross-origin policies (VS-50) and sessions that persist (LB-2); and a
virtual host those for gRPC.
"""

from __future__ import annotations

from envoy.config.route.v3.route_components_pb2 import FilterConfig
from envoy.extensions.filters.common.fault.v3.fault_pb2 import FaultDelay
from envoy.extensions.filters.http.cors.v3.cors_pb2 import CorsPolicy
from envoy.extensions.filters.http.fault.v3.fault_pb2 import FaultAbort, HTTPFault
from envoy.extensions.filters.http.stateful_session.v3.stateful_session_pb2 import StatefulSession, StatefulSessionPerRoute
from envoy.extensions.http.stateful_session.cookie.v3.cookie_pb2 import CookieBasedSessionState
from envoy.extensions.http.stateful_session.header.v3.header_pb2 import HeaderBasedSessionState
from envoy.type.http.v3.cookie_pb2 import Cookie
from envoy.type.v3.percent_pb2 import FractionalPercent
from google.protobuf.any_pb2 import Any

from lateen.ir.routes import MILLION, Cors, Fault, Session
from lateen.render.match import string_matcher
from lateen.render.message import duration, packed

FAULT = "envoy.filters.http.fault"
CORS = "envoy.filters.http.cors"
SESSION = "envoy.filters.http.stateful_session"
GRPC_WEB = "envoy.filters.http.grpc_web"
GRPC_STATS = "envoy.filters.http.grpc_stats"


def _taking_part() -> Any:
    out = FilterConfig()
    out.config.SetInParent()
    return packed(out)


TAKES_PART = _taking_part()
"""The settings with which a filter that waits for a rule takes part as it is."""


def filter_settings(fault: Fault | None, cors: Cors | None, session: Session | None = None) -> dict[str, Any]:
    """Filter name -> its settings for the rule."""
    out: dict[str, Any] = {}
    if fault is not None:
        out[FAULT] = packed(_fault(fault))
    if cors is not None:
        out[CORS] = packed(_cors(cors))
    if session is not None:
        out[SESSION] = packed(StatefulSessionPerRoute(stateful_session=_stateful_session(session)))
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


def _stateful_session(session: Session) -> StatefulSession:
    """A lifetime of 0 makes a cookie that ends with the browser's session."""
    out = StatefulSession()
    if session.cookie:
        cookie = Cookie(name=session.cookie, path=session.path, ttl=duration(0))
        out.session_state.name = "envoy.http.stateful_session.cookie"
        out.session_state.typed_config.CopyFrom(packed(CookieBasedSessionState(cookie=cookie)))
    else:
        out.session_state.name = "envoy.http.stateful_session.header"
        out.session_state.typed_config.CopyFrom(packed(HeaderBasedSessionState(name=session.header)))
    return out


def _fraction(part: int) -> FractionalPercent:
    return FractionalPercent(numerator=part, denominator=FractionalPercent.MILLION)
