"""HTTP as Envoy's HttpConnectionManager, with its filters in the order in which they must stand (HC-1).

**ALPN.** Proxies of the mesh tell each other in ALPN what follows (RULE 0.1), and that depends on the request's destination, not on the
listener: a filter here takes the list from the *destination's own metadata* as soon as the route is known, and overrides with it the ALPN
of the upstream's TLS for this request. The destination has `istio: {alpn: …}` when it takes the mesh's mutual TLS, and `alpn_h2` besides
when it speaks what the client speaks (`alpn.words`). Without either nothing is overridden, so TLS towards the outside world keeps its own
list. It works for single and weighted destinations, HTTP/1.1 and HTTP/2.

What may not enter: names of services, and anything that differs between proxies. All that equal listeners have in common is serialised
once.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec
from envoy.config.core.v3.config_source_pb2 import ApiVersion, ConfigSource
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from envoy.extensions.filters.common.set_filter_state.v3.value_pb2 import FilterStateValue
from envoy.extensions.filters.http.dynamic_forward_proxy.v3.dynamic_forward_proxy_pb2 import FilterConfig as DynamicForwardProxy
from envoy.extensions.filters.http.router.v3.router_pb2 import Router
from envoy.extensions.filters.http.set_filter_state.v3.set_filter_state_pb2 import Config as SetFilterState
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import HttpConnectionManager, HttpFilter
from envoy.extensions.request_id.uuid.v3.uuid_pb2 import UuidRequestIdConfig

from lateen.ir.chain import HttpOptions, MeshServer, OwnServer, Requests, ServerTls, Side
from lateen.render.alpn import WORD, WORD_HTTP2
from lateen.render.cluster import dns_cache
from lateen.render.dormant import by_rule, for_grpc
from lateen.render.filters import access_log, http_filter, http_filters, tracing
from lateen.render.header_case import preserved_case
from lateen.render.http_bounds import bound, normalise
from lateen.render.message import duration, packed, serialised
from lateen.render.metrics import request_metrics
from lateen.render.origin import NAMESPACE
from lateen.render.virtual_host import virtual_host
from lateen.values.envoy_resource import length_delimited

NAME = "envoy.filters.network.http_connection_manager"
TYPE = f"type.googleapis.com/{HttpConnectionManager.DESCRIPTOR.full_name}"
GATEWAY_SERVER = "istio-envoy"

_ALPN = "envoy.network.application_protocols"
_DESTINATION = f"xds.cluster_metadata.filter_metadata['{NAMESPACE}']"

_FILTER_NAME, _FILTER_CONFIG = 1, 4
_STAT_PREFIX, _RDS, _ROUTE_CONFIG = 2, 3, 4
_VIRTUAL_HOSTS = 2
_FORWARDED = {
    "SANITIZE": HttpConnectionManager.SANITIZE,
    "FORWARD_ONLY": HttpConnectionManager.FORWARD_ONLY,
    "APPEND_FORWARD": HttpConnectionManager.APPEND_FORWARD,
    "SANITIZE_SET": HttpConnectionManager.SANITIZE_SET,
    "ALWAYS_FORWARD_ONLY": HttpConnectionManager.ALWAYS_FORWARD_ONLY,
}
_USUALLY_FORWARDED = {Side.OUTBOUND: "SANITIZE", Side.INBOUND: "APPEND_FORWARD", Side.GATEWAY: "SANITIZE_SET"}

_DETAILS = {Side.OUTBOUND: (), Side.INBOUND: ("subject", "uri", "dns"), Side.GATEWAY: ("subject", "uri", "dns", "cert")}
_MESH_DETAILS = ("subject", "uri")
"""Certificates of the mesh have no DNS names, for which Envoy would search them in each request."""


class Speech(msgspec.Struct, frozen=True, cache_hash=True):
    """The versions of HTTP that a listener speaks, and the latest of them as CEL has it. Where the client decides, its requests go on by HTTP/2."""

    codec: HttpConnectionManager.CodecType
    latest: str


_USUAL = Speech(HttpConnectionManager.AUTO, "HTTP/2")
_QUIC = Speech(HttpConnectionManager.HTTP3, "HTTP/3")


def http_connection_manager(of: Requests, tls: ServerTls | None = None) -> tuple[bytes, ...]:
    """The network filters of a chain that understands HTTP and ends this TLS, each a serialised `Filter`."""
    speech = _QUIC if isinstance(tls, OwnServer) and tls.quic else _USUAL
    alike = msgspec.structs.replace(of, name="", table="", hosts=(), known_as="", options=_options(of, tls))
    fixed = _fixed(alike, tls if of.side is Side.INBOUND else None, speech)
    parts = [length_delimited(_STAT_PREFIX, of.name.encode()), fixed]
    parts.append(length_delimited(_RDS, _discovered(of.table)) if of.table else length_delimited(_ROUTE_CONFIG, _given(of)))
    config = length_delimited(1, TYPE.encode()) + length_delimited(2, b"".join(parts))
    return (length_delimited(_FILTER_NAME, NAME.encode()) + length_delimited(_FILTER_CONFIG, config),)


def _options(of: Requests, tls: ServerTls | None) -> HttpOptions:
    of_mesh = of.side is Side.INBOUND and isinstance(tls, MeshServer) and of.options.forwarded_details is None
    return msgspec.structs.replace(of.options, forwarded_details=_MESH_DETAILS) if of_mesh else of.options


def _discovered(table: str) -> bytes:
    return length_delimited(1, _ads()) + length_delimited(2, table.encode())


@lru_cache(maxsize=1)
def _ads() -> bytes:
    out = ConfigSource(resource_api_version=ApiVersion.V3)
    out.ads.SetInParent()
    out.initial_fetch_timeout.SetInParent()
    return serialised(out)


def _given(of: Requests) -> bytes:
    head = RouteConfiguration(name=of.known_as or of.name)
    head.validate_clusters.value = False
    return serialised(head) + b"".join(length_delimited(_VIRTUAL_HOSTS, virtual_host(each)) for each in of.hosts)


@lru_cache(maxsize=1024)
def _fixed(of: Requests, tls: ServerTls | None, speech: Speech) -> bytes:
    out = HttpConnectionManager(
        codec_type=speech.codec,
        http_filters=_filters(of, speech),
        access_log=[access_log(log) for log in of.observation.logs],
        upgrade_configs=[HttpConnectionManager.UpgradeConfig(upgrade_type=each) for each in ("websocket", *(("CONNECT",) if of.tunnels else ()))],
        proxy_100_continue=True,
    )
    if of.observation.metrics:
        out.access_log.append(request_metrics(of.side, tls))
    if of.observation.tracing is not None:
        out.tracing.CopyFrom(tracing(of.observation.tracing))
    out.use_remote_address.value = of.side is Side.GATEWAY
    _identify(out, of.side, of.options)
    normalise(out, of.options)
    bound(out, of.options.bounds)
    _speak(out, of.options)
    return serialised(out)


def _identify(out: HttpConnectionManager, side: Side, options: HttpOptions) -> None:
    """HC-3: who the proxy says it is, and what it tells of the client."""
    out.server_name = options.server or ("envoy" if side is Side.OUTBOUND else GATEWAY_SERVER)
    if options.hides_server:
        out.server_header_transformation = HttpConnectionManager.PASS_THROUGH
    out.forward_client_cert_details = _FORWARDED[options.forwarded_certificate or _USUALLY_FORWARDED[side]]
    told = _DETAILS[side] if options.forwarded_details is None else options.forwarded_details
    details = out.set_current_client_cert_details
    for name in told:
        if name == "subject":
            details.subject.value = True
        else:
            setattr(details, name, True)
    out.xff_num_trusted_hops = options.trusted_hops
    out.append_x_forwarded_port = options.forwarded_port
    if options.request_id:
        uuid = UuidRequestIdConfig()
        uuid.use_request_id_for_trace_sampling.value = True
        out.request_id_extension.typed_config.CopyFrom(packed(uuid))
    else:
        out.generate_request_id.value = False


def _speak(out: HttpConnectionManager, options: HttpOptions) -> None:
    if options.http10:
        out.http_protocol_options.accept_http_10 = True
    if options.preserve_case:
        out.http_protocol_options.header_key_format.CopyFrom(preserved_case())
    if options.idle_timeout is not None:
        out.common_http_protocol_options.idle_timeout.CopyFrom(duration(options.idle_timeout))


def _filters(of: Requests, speech: Speech) -> list[HttpFilter]:
    """HC-1: policies, then what looks at the request, then what changes it, and the router last."""
    out = [each for policy in of.policy for each in http_filters(policy)]
    out += for_grpc(of)
    if of.side is not Side.INBOUND:
        out.append(_alpn(speech.latest))
    out += by_rule(of)
    if of.resolves:
        out.append(http_filter("envoy.filters.http.dynamic_forward_proxy", DynamicForwardProxy(dns_cache_config=dns_cache())))
    out.append(_router(of.options))
    return out


def _router(options: HttpOptions) -> HttpFilter:
    out = Router(suppress_envoy_headers=not options.debug_headers)
    if not options.statistics:
        out.dynamic_stats.value = False
    return http_filter("envoy.filters.http.router", out)


@lru_cache(maxsize=2)
def _alpn(latest: str) -> HttpFilter:
    by_client = f"%CEL(request.protocol == '{latest}' ? {_DESTINATION}['{WORD_HTTP2}'] : '')%"
    values = [_state(_ALPN, f"%CLUSTER_METADATA({NAMESPACE}:{WORD})%"), _state(_ALPN, by_client)]
    return http_filter("istio.alpn", SetFilterState(on_request_headers=values))


def _state(key: str, text: str) -> FilterStateValue:
    out = FilterStateValue(object_key=key, skip_if_empty=True)
    out.format_string.omit_empty_values = True
    out.format_string.text_format_source.inline_string = text
    return out
