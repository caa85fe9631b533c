"""Faults and cross-origin policies as settings of HTTP filters."""

from __future__ import annotations

import pytest
from envoy.extensions.filters.http.cors.v3.cors_pb2 import CorsPolicy
from envoy.extensions.filters.http.fault.v3.fault_pb2 import HTTPFault
from google.protobuf.json_format import MessageToDict

from lateen.ir.match import Manner, Text
from lateen.ir.routes import Abort, Cors, Delay, Fault
from lateen.render.route_filters import CORS, FAULT, filter_settings


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
