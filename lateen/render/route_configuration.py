"""Route tables as Envoy's RouteConfiguration, made by concatenation of virtual hosts that are serialised already.

A configuration either holds all its virtual hosts, or leaves them to be pushed as resources of their own (VHDS) and holds the catch-all only.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from envoy.config.core.v3.base_pb2 import HeaderValueOption
from envoy.config.core.v3.config_source_pb2 import ApiVersion
from envoy.config.route.v3.route_pb2 import RouteConfiguration

from lateen.render.message import serialised
from lateen.values.envoy_resource import EnvoyResource, envoy_resource, length_delimited
from lateen.values.ref import Ref

TYPE = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration"
ANSWER_BYTES = 1 << 20
"""VS-4: how long the body of a direct response may be."""

REMEMBERED_SECONDS = 86400
"""For how long clients remember that there is HTTP/3."""

_VIRTUAL_HOSTS = 2


def route_configuration(name: str, virtual_hosts: Iterable[bytes], origins: tuple[Ref, ...] = (), *, offered: int = 0) -> EnvoyResource:
    """A route configuration of these serialised virtual hosts, whose names and domains must all differ. Responses offer HTTP/3 at the port
    `offered` unless it is 0, or somebody else says in them where else to go.
    """
    value = b"".join([_head(name), _offering(offered), *(length_delimited(_VIRTUAL_HOSTS, each) for each in virtual_hosts)])
    return _resource(name, value, origins)


def route_configuration_vhds(name: str, inline: Iterable[bytes], origins: tuple[Ref, ...] = (), *, offered: int = 0) -> EnvoyResource:
    """A route configuration whose virtual hosts are pushed to the proxy, except those given, which is where the catch-all belongs. `offered`: as in
    `route_configuration`.
    """
    value = b"".join([_head(name), _offering(offered), _discovered(), *(length_delimited(_VIRTUAL_HOSTS, each) for each in inline)])
    return _resource(name, value, origins)


def route_configuration_by_port(name: str, virtual_hosts: Iterable[bytes]) -> EnvoyResource:
    """One whose domains have ports, which are otherwise not looked at."""
    value = b"".join([_head(name, by_port=True), *(length_delimited(_VIRTUAL_HOSTS, each) for each in virtual_hosts)])
    return _resource(name, value, ())


def _resource(name: str, value: bytes, origins: tuple[Ref, ...]) -> EnvoyResource:
    return envoy_resource(TYPE, name, length_delimited(1, TYPE.encode()) + length_delimited(2, value), origins)


def _head(name: str, *, by_port: bool = False) -> bytes:
    out = RouteConfiguration(name=name, ignore_port_in_host_matching=not by_port)
    out.validate_clusters.value = False
    out.max_direct_response_body_size_bytes.value = ANSWER_BYTES
    return serialised(out)


def _offering(port: int) -> bytes:
    if not port:
        return b""
    out = RouteConfiguration()
    offer = out.response_headers_to_add.add(append_action=HeaderValueOption.ADD_IF_ABSENT)
    offer.header.key, offer.header.value = "alt-svc", f'h3=":{port}"; ma={REMEMBERED_SECONDS}'
    return serialised(out)


@lru_cache(maxsize=1)
def _discovered() -> bytes:
    out = RouteConfiguration()
    out.vhds.config_source.ads.SetInParent()
    out.vhds.config_source.resource_api_version = ApiVersion.V3
    return serialised(out)
