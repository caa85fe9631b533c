"""Route configurations out of virtual hosts that are bytes already."""

from __future__ import annotations

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
