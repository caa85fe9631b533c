"""Names of headers in the case in which they came, where HTTP/1.1 is spoken on both sides (HC-3)."""

from __future__ import annotations

from functools import lru_cache

from envoy.config.core.v3.protocol_pb2 import Http1ProtocolOptions
from envoy.extensions.http.header_formatters.preserve_case.v3.preserve_case_pb2 import PreserveCaseFormatterConfig

from lateen.render.message import packed


@lru_cache(maxsize=1)
def preserved_case() -> Http1ProtocolOptions.HeaderKeyFormat:
    """The format of a listener's or a cluster's HTTP/1.1. Not to be changed by the caller."""
    out = Http1ProtocolOptions.HeaderKeyFormat()
    out.stateful_formatter.name = "preserve_case"
    out.stateful_formatter.typed_config.CopyFrom(packed(PreserveCaseFormatterConfig(forward_reason_phrase=False)))
    return out
