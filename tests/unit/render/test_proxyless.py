"""What gRPC is told in place of a proxy."""

from __future__ import annotations

from typing import TypeVar

import pytest
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from envoy.extensions.transport_sockets.tls.v3.tls_pb2 import UpstreamTlsContext
from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message

from lateen.ir.destination import Balancing, Choice, Destination, Discovery, Policy
from lateen.ir.match import Manner, Text
from lateen.ir.routes import Cors, Forward, Rule, Share, VirtualHost
from lateen.ir.tls import MeshTls
from lateen.render import proxyless
from lateen.values.envoy_resource import EnvoyResource

M = TypeVar("M", bound=Message)


def unpacked(resource: EnvoyResource | None, out: M) -> M:
    assert resource is not None
    Any.FromString(resource.body).Unpack(out)
    return out


@pytest.mark.rule("XD-14")
def test_only_assigned_endpoints_are_something_that_grpc_knows() -> None:
    assert proxyless.cluster(Destination("a", Discovery.ORIGINAL)) is None
    assert unpacked(proxyless.cluster(Destination("a", Discovery.ASSIGNED)), Cluster()).eds_cluster_config.service_name == "a"


@pytest.mark.rule("XD-14")
def test_balancing_that_grpc_lacks_becomes_one_that_it_has() -> None:
    def policy(choice: Choice) -> int:
        destination = Destination("a", Discovery.ASSIGNED, Policy(balancing=Balancing(choice)))
        return unpacked(proxyless.cluster(destination), Cluster()).lb_policy

    assert policy(Choice.LEAST_REQUEST) == Cluster.ROUND_ROBIN
    assert policy(Choice.MAGLEV) == Cluster.RING_HASH


@pytest.mark.rule("XD-14")
def test_mutual_tls_is_by_the_certificates_of_the_programs_own_bootstrap_and_only_where_a_rule_demands_it() -> None:
    demanded = Destination("a", Discovery.ASSIGNED, tls=MeshTls("sni", ("spiffe://cluster.local/ns/a/sa/b",)))
    found = unpacked(proxyless.cluster(demanded), Cluster()).transport_socket.typed_config
    context = UpstreamTlsContext.FromString(found.value).common_tls_context
    assert context.tls_certificate_provider_instance.instance_name == "default"
    automatic = Destination("a", Discovery.ASSIGNED, tls=MeshTls("sni"), tls_by_endpoint=True)
    assert not unpacked(proxyless.cluster(automatic), Cluster()).HasField("transport_socket")


@pytest.mark.rule("XD-14")
def test_a_timeout_is_the_longest_duration_of_a_stream_and_cors_is_left_out() -> None:
    rule = Rule(Forward((Share("a"),), timeout=10**9), cors=Cors((Text(Manner.EXACT, "x"),)))
    found = unpacked(proxyless.route_configuration("t", VirtualHost("h", ("*",), (rule,))), RouteConfiguration())
    route = found.virtual_hosts[0].routes[0]
    assert route.route.max_stream_duration.max_stream_duration.seconds == 1
    assert not route.typed_per_filter_config
