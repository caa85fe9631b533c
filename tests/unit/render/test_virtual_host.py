"""Virtual hosts, inside a route configuration and as resources."""

from __future__ import annotations

from envoy.config.route.v3.route_components_pb2 import FilterConfig
from envoy.config.route.v3.route_components_pb2 import VirtualHost as Message
from google.protobuf.any_pb2 import Any

from lateen.ir.routes import Forward, Rule, Share, VirtualHost
from lateen.render.virtual_host import virtual_host, virtual_host_resource
from lateen.values.ref import Ref

REVIEWS = Ref("Service", "default", "reviews")
HOST = VirtualHost("reviews:80", ("reviews", "10.0.0.1"), (Rule(Forward((Share("a"),))),), origins=(REVIEWS,))


def test_a_virtual_host_counts_attempts_and_keeps_the_order_of_its_rules():
    seen = Message.FromString(virtual_host(HOST))

    assert (seen.name, list(seen.domains), len(seen.routes)) == ("reviews:80", ["reviews", "10.0.0.1"], 1)
    assert seen.include_request_attempt_count
    assert seen.require_tls == Message.NONE


def test_a_virtual_host_for_https_only_redirects_everything():
    seen = Message.FromString(virtual_host(VirtualHost("a", ("*",), (), https_only=True)))

    assert seen.require_tls == Message.ALL


def test_where_requests_may_be_grpc_the_filters_for_it_take_part():
    seen = Message.FromString(virtual_host(VirtualHost("a", ("*",), (), grpc=True)))
    other = Message.FromString(virtual_host(HOST))

    assert set(seen.typed_per_filter_config) == {"envoy.filters.http.grpc_web", "envoy.filters.http.grpc_stats"}
    for settings in seen.typed_per_filter_config.values():
        found = FilterConfig()
        assert settings.Unpack(found) and found.HasField("config") and not found.disabled
    assert not other.typed_per_filter_config


def test_as_a_resource_its_name_begins_with_its_route_configuration_inside_and_outside():
    resource = virtual_host_resource("80", HOST)
    inside = Any.FromString(resource.body)

    assert (resource.name, resource.type, resource.origins) == ("80/reviews:80", inside.type_url, (REVIEWS,))
    seen = Message.FromString(inside.value)
    assert seen.name == "80/reviews:80"
    seen.name = "reviews:80"
    assert seen == Message.FromString(virtual_host(HOST))
