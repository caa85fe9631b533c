"""Virtual hosts as Envoy's VirtualHost: bytes to be put into a RouteConfiguration, or a resource of its own.

Everything but the name is the same in both forms, and is made once.
"""

from __future__ import annotations

from envoy.config.route.v3.route_components_pb2 import VirtualHost as Message

from lateen.ir.routes import VirtualHost
from lateen.render.message import serialised
from lateen.render.route import route
from lateen.render.route_filters import GRPC_STATS, GRPC_WEB, TAKES_PART
from lateen.values.envoy_resource import EnvoyResource, envoy_resource, length_delimited

TYPE = "type.googleapis.com/envoy.config.route.v3.VirtualHost"

_NAME, _DOMAINS, _ROUTES = 1, 2, 3
_COUNTED = serialised(Message(include_request_attempt_count=True))
_HTTPS_ONLY = serialised(Message(require_tls=Message.ALL))
_GRPC = serialised(Message(typed_per_filter_config=dict.fromkeys((GRPC_WEB, GRPC_STATS), TAKES_PART)))


def virtual_host(of: VirtualHost) -> bytes:
    """The serialised `envoy.config.route.v3.VirtualHost`, under its own name."""
    return _named(of.name, _content(of))


def virtual_host_resource(route_configuration: str, of: VirtualHost) -> EnvoyResource:
    """The virtual host as a resource of the route configuration of that name; Envoy demands that the names in and on it are equal."""
    name = f"{route_configuration}/{of.name}"
    value = _named(name, _content(of))
    body = length_delimited(1, TYPE.encode()) + length_delimited(2, value)
    return envoy_resource(TYPE, name, body, of.origins)


def _named(name: str, content: bytes) -> bytes:
    return length_delimited(_NAME, name.encode()) + content


def _content(of: VirtualHost) -> bytes:
    parts = [length_delimited(_DOMAINS, domain.encode()) for domain in of.domains]
    parts += [length_delimited(_ROUTES, route(rule)) for rule in of.rules]
    if of.counted:
        parts.append(_COUNTED)
    if of.https_only:
        parts.append(_HTTPS_ONLY)
    if of.grpc:
        parts.append(_GRPC)
    return b"".join(parts)
