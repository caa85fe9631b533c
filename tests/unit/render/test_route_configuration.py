"""Route configurations out of virtual hosts that are bytes already."""

from __future__ import annotations

import pytest
from envoy.config.core.v3.base_pb2 import HeaderValueOption
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from google.protobuf.any_pb2 import Any

from lateen.ir.routes import VirtualHost
from lateen.render.route_configuration import route_configuration, route_configuration_vhds
from lateen.render.virtual_host import virtual_host


def test_a_route_configuration_holds_its_virtual_hosts_in_order_and_trusts_that_clusters_come():
    resource = route_configuration("80", [virtual_host(VirtualHost(name, (name,), ())) for name in ("b", "a")])

    seen = RouteConfiguration.FromString(Any.FromString(resource.body).value)

    assert (resource.name, seen.name, [host.name for host in seen.virtual_hosts]) == ("80", "80", ["b", "a"])
    assert seen.HasField("validate_clusters") and not seen.validate_clusters.value
    assert seen.ignore_port_in_host_matching
    assert seen.max_direct_response_body_size_bytes.value == 1048576
    assert not seen.HasField("vhds")


def test_with_discovery_only_the_catch_all_is_inside():
    resource = route_configuration_vhds("80", [virtual_host(VirtualHost("allow_any", ("*",), ()))])

    seen = RouteConfiguration.FromString(Any.FromString(resource.body).value)

    assert seen.vhds.config_source.HasField("ads")
    assert [host.name for host in seen.virtual_hosts] == ["allow_any"]


@pytest.mark.rule("GW-10")
def test_responses_offer_http3_where_nothing_in_them_says_where_else_to_go():
    for resource in (route_configuration("443", (), offered=443), route_configuration_vhds("443", (), offered=443)):
        (offer,) = RouteConfiguration.FromString(Any.FromString(resource.body).value).response_headers_to_add
        assert (offer.header.key, offer.header.value) == ("alt-svc", 'h3=":443"; ma=86400')
        assert offer.append_action == HeaderValueOption.ADD_IF_ABSENT
    assert not RouteConfiguration.FromString(Any.FromString(route_configuration("443", ()).body).value).response_headers_to_add
