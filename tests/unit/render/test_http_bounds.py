"""What clients' requests are held to."""

from __future__ import annotations

import pytest
from envoy.config.core.v3.protocol_pb2 import HttpProtocolOptions
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import HttpConnectionManager

from lateen.ir.chain import Bounds, HttpOptions
from lateen.render.http_bounds import bound, normalise

SECOND = 10**9


def bounded(of: Bounds) -> HttpConnectionManager:
    out = HttpConnectionManager()
    bound(out, of)
    return out


def normalised(**options: object) -> tuple[bool, bool, int]:
    out = HttpConnectionManager()
    normalise(out, HttpOptions(**options))  # type: ignore[arg-type]
    return out.normalize_path.value, out.merge_slashes, out.path_with_escaped_slashes_action


@pytest.mark.rule("HC-2")
def test_nothing_said_is_no_bound_but_that_silence_lasts_for_ever() -> None:
    out = bounded(Bounds())
    assert out.HasField("stream_idle_timeout") and out.stream_idle_timeout.ToNanoseconds() == 0
    assert [field.name for field, _ in out.ListFields()] == ["stream_idle_timeout"]


@pytest.mark.rule("HC-2")
def test_each_bound_is_told() -> None:
    out = bounded(Bounds(request=SECOND, headers=2 * SECOND, silence=3 * SECOND, streams=4, stream_window=65_536, connection_window=70_000))
    assert [each.seconds for each in (out.request_timeout, out.request_headers_timeout, out.stream_idle_timeout)] == [1, 2, 3]
    http2 = out.http2_protocol_options
    assert (http2.max_concurrent_streams.value, http2.initial_stream_window_size.value) == (4, 65_536)
    assert http2.initial_connection_window_size.value == 70_000


@pytest.mark.rule("HC-2")
@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"normalization": "NONE"}, (False, False, HttpConnectionManager.KEEP_UNCHANGED)),
        ({}, (True, False, HttpConnectionManager.KEEP_UNCHANGED)),
        ({"normalization": "MERGE_SLASHES"}, (True, True, HttpConnectionManager.KEEP_UNCHANGED)),
        ({"normalization": "MERGE_SLASHES", "merges_slashes": False}, (True, False, HttpConnectionManager.KEEP_UNCHANGED)),
        ({"normalization": "DECODE_AND_MERGE_SLASHES"}, (True, True, HttpConnectionManager.UNESCAPE_AND_FORWARD)),
        ({"merges_slashes": True, "escaped_slashes": "REJECT_REQUEST"}, (True, True, HttpConnectionManager.REJECT_REQUEST)),
    ],
)
def test_a_proxy_s_own_word_on_slashes_beats_the_mesh_s(options: dict[str, object], found: tuple[bool, bool, int]) -> None:
    assert normalised(**options) == found


def test_headers_with_underscores_may_be_dropped() -> None:
    out = HttpConnectionManager()
    normalise(out, HttpOptions(underscores="DROP_HEADER"))
    assert out.common_http_protocol_options.headers_with_underscores_action == HttpProtocolOptions.DROP_HEADER
