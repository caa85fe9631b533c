"""Access logs in files, in Istio's format unless another is given (TE-6)."""

from __future__ import annotations

from functools import lru_cache

from envoy.config.accesslog.v3.accesslog_pb2 import AccessLog, AccessLogFilter
from envoy.extensions.access_loggers.file.v3.file_pb2 import FileAccessLog
from envoy.extensions.access_loggers.filters.cel.v3.cel_pb2 import ExpressionFilter

from lateen.ir.chain import FileLog
from lateen.render.filters import access_log
from lateen.render.message import packed

ISTIO_TEXT = (
    '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% '
    '%CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% %BYTES_SENT% %DURATION% '
    '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" '
    '"%UPSTREAM_HOST%" %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% '
    "%REQUESTED_SERVER_NAME% %ROUTE_NAME%\n"
)
"""What Istio writes where nobody asks for anything else."""


@access_log.register
def file_log(log: FileLog) -> AccessLog:
    """A log in a file. Not to be changed by the caller: equal logs share one message."""
    return _file_log(log)


@lru_cache(maxsize=256)
def _file_log(log: FileLog) -> AccessLog:
    config = FileAccessLog(path=log.path)
    if log.fields:
        config.log_format.json_format.update(dict(log.fields))
    else:
        config.log_format.text_format_source.inline_string = log.text or ISTIO_TEXT
    out = AccessLog(name="envoy.access_loggers.file", typed_config=packed(config))
    if log.condition:
        out.filter.CopyFrom(condition(log.condition))
    return out


def condition(expression: str) -> AccessLogFilter:
    """Log only what the CEL expression holds for."""
    out = AccessLogFilter()
    out.extension_filter.name = "envoy.access_loggers.extension_filters.cel"
    out.extension_filter.typed_config.CopyFrom(packed(ExpressionFilter(expression=expression)))
    return out
