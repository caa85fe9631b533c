"""What clients' requests are held to, and what of their paths and headers is let in (HC-2), in Envoy's HttpConnectionManager."""

from __future__ import annotations

from envoy.config.core.v3.protocol_pb2 import HttpProtocolOptions
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import HttpConnectionManager

from lateen.ir.chain import Bounds, HttpOptions
from lateen.render.message import duration


def bound(out: HttpConnectionManager, of: Bounds) -> None:
    """Say the bounds that are given. A stream that is silent is usually waited for."""
    out.stream_idle_timeout.CopyFrom(duration(of.silence or 0))
    if of.request is not None:
        out.request_timeout.CopyFrom(duration(of.request))
    if of.headers is not None:
        out.request_headers_timeout.CopyFrom(duration(of.headers))
    for name, value in (
        ("max_concurrent_streams", of.streams),
        ("initial_stream_window_size", of.stream_window),
        ("initial_connection_window_size", of.connection_window),
    ):
        if value is not None:
            getattr(out.http2_protocol_options, name).value = value


def normalise(out: HttpConnectionManager, options: HttpOptions) -> None:
    """Policies and routes see the path that the upstream gets."""
    kept, forwarded = HttpConnectionManager.KEEP_UNCHANGED, HttpConnectionManager.UNESCAPE_AND_FORWARD
    word = options.normalization
    if word != "NONE":
        out.normalize_path.value = True
    merged = word in ("MERGE_SLASHES", "DECODE_AND_MERGE_SLASHES") if options.merges_slashes is None else options.merges_slashes
    out.merge_slashes = merged
    out.path_with_escaped_slashes_action = forwarded if word == "DECODE_AND_MERGE_SLASHES" else kept
    if options.escaped_slashes:
        out.path_with_escaped_slashes_action = HttpConnectionManager.PathWithEscapedSlashesAction.Value(options.escaped_slashes)
    if options.underscores:
        action = HttpProtocolOptions.HeadersWithUnderscoresAction.Value(options.underscores)
        out.common_http_protocol_options.headers_with_underscores_action = action
