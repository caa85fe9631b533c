"""Where policies, logs and the like become Envoy filters: one open table from the type of an ir value to the function that renders it.

A module that renders a policy registers itself: `@http_filters.register` for values in `Requests.policy`, `@network_filters.register` for
those in `Bytes.policy`, `@access_log.register` for those in `Observation.logs`, `@tracing.register` for `Observation.tracing`. A value
nobody registered for is a bug.
"""

from __future__ import annotations

from functools import singledispatch

from envoy.config.accesslog.v3.accesslog_pb2 import AccessLog
from envoy.config.listener.v3.listener_components_pb2 import Filter
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import HttpConnectionManager, HttpFilter
from google.protobuf.message import Message

from lateen.render.message import packed


@singledispatch
def http_filters(policy: object) -> tuple[HttpFilter, ...]:
    """The HTTP filters that enforce a policy on requests, in order."""
    raise TypeError(f"nobody renders {type(policy).__name__} for requests")


@singledispatch
def network_filters(policy: object) -> tuple[Filter, ...]:
    """The network filters that enforce a policy on connections, in order."""
    raise TypeError(f"nobody renders {type(policy).__name__} for connections")


@singledispatch
def access_log(log: object) -> AccessLog:
    """The access logger that writes a log."""
    raise TypeError(f"nobody renders the log {type(log).__name__}")


@singledispatch
def tracing(of: object) -> HttpConnectionManager.Tracing:
    """How requests are traced."""
    raise TypeError(f"nobody renders the tracing {type(of).__name__}")


def http_filter(name: str, config: Message) -> HttpFilter:
    """An HTTP filter with its configuration."""
    return HttpFilter(name=name, typed_config=packed(config))


def network_filter(name: str, config: Message) -> Filter:
    """A network filter with its configuration."""
    return Filter(name=name, typed_config=packed(config))
