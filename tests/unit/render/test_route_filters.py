"""Faults and cross-origin policies as settings of HTTP filters."""

from __future__ import annotations

import pytest
from envoy.extensions.filters.http.cors.v3.cors_pb2 import CorsPolicy
from envoy.extensions.filters.http.fault.v3.fault_pb2 import HTTPFault
from envoy.extensions.filters.http.stateful_session.v3.stateful_session_pb2 import StatefulSessionPerRoute
from google.protobuf.json_format import MessageToDict

from lateen.ir.match import Manner, Text
from lateen.ir.routes import Abort, Cors, Delay, Fault, Session
from lateen.render.route_filters import CORS, FAULT, SESSION, filter_settings


@pytest.mark.rule("VS-51")
def test_a_fault_delays_and_aborts_parts_of_a_million():
    fault = Fault(Delay(1_000, 2 * 10**9), Abort(500_000, grpc_status=14))

    seen = MessageToDict(HTTPFault.FromString(filter_settings(fault, None)[FAULT].value), preserving_proto_field_name=True)

    assert seen == {
        "delay": {"fixed_delay": "2s", "percentage": {"numerator": 1000, "denominator": "MILLION"}},
        "abort": {"grpc_status": 14, "percentage": {"numerator": 500000, "denominator": "MILLION"}},
    }


@pytest.mark.rule("VS-50")
def test_cors_is_always_on_for_the_origins_named():
    cors = Cors((Text(Manner.EXACT, "https://a.example"),), ("GET", "POST"), ("x-a",), ("x-b",), 86400, False, forward_unmatched=False)

    seen = MessageToDict(CorsPolicy.FromString(filter_settings(None, cors)[CORS].value), preserving_proto_field_name=True)

    assert seen == {
        "allow_origin_string_match": [{"exact": "https://a.example"}],
        "allow_methods": "GET,POST",
        "allow_headers": "x-a",
        "expose_headers": "x-b",
        "max_age": "86400",
        "allow_credentials": False,
        "forward_not_matching_preflights": False,
        "filter_enabled": {"default_value": {"numerator": 1000000, "denominator": "MILLION"}},
    }


@pytest.mark.rule("LB-2")
@pytest.mark.parametrize(
    ("session", "kind", "state"),
    [
        (Session(cookie="at", path="/cart"), "cookie.v3.CookieBasedSessionState", {"cookie": {"name": "at", "path": "/cart", "ttl": "0s"}}),
        (Session(header="x-at"), "header.v3.HeaderBasedSessionState", {"name": "x-at"}),
    ],
)
def test_a_session_is_kept_by_a_cookie_of_the_browsers_session_or_by_a_header(session: Session, kind: str, state: dict[str, object]):
    seen = MessageToDict(StatefulSessionPerRoute.FromString(filter_settings(None, None, session)[SESSION].value))
    found = seen["statefulSession"]["sessionState"]["typedConfig"]
    assert found.pop("@type") == f"type.googleapis.com/envoy.extensions.http.stateful_session.{kind}"
    assert found == state
