"""Clusters in bytes."""

from __future__ import annotations

import pytest
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.extensions.clusters.dns.v3.dns_cluster_pb2 import DnsCluster
from envoy.extensions.clusters.dynamic_forward_proxy.v3.cluster_pb2 import ClusterConfig
from envoy.extensions.upstreams.http.v3.http_protocol_options_pb2 import HttpProtocolOptions
from google.protobuf import json_format
from google.protobuf.any_pb2 import Any

from lateen.ir.destination import Destination, Discovery, Policy, ServiceName
from lateen.ir.endpoints import Assignment, Endpoint, Group
from lateen.ir.tls import MeshTls, OriginatedTls
from lateen.ir.view import Locality
from lateen.render.cluster import cluster, dns_cache
from lateen.render.cluster_policy import HTTP_OPTIONS
from lateen.values.ref import Ref

NAME = "outbound|80||reviews.default.svc.cluster.local"
MESH = MeshTls("outbound_.80_._.reviews.default.svc.cluster.local")
NAMED = Assignment(NAME, (Group(Locality(), (Endpoint("a.example.com", 443),), 1),))


def rendered(destination: Destination) -> Cluster:
    envelope, out = Any.FromString(cluster(destination).body), Cluster()
    assert envelope.Unpack(out)
    return out


@pytest.mark.rule("XD-3")
def test_an_assigned_destination_asks_for_its_endpoints_over_ads_and_is_followed_by_them() -> None:
    found = rendered(Destination(NAME, Discovery.ASSIGNED))
    assert (found.name, found.type, found.eds_cluster_config.service_name) == (NAME, Cluster.EDS, NAME)
    assert found.eds_cluster_config.eds_config.HasField("ads")
    assert found.eds_cluster_config.eds_config.HasField("initial_fetch_timeout")
    assert cluster(Destination(NAME, Discovery.ASSIGNED)).follows == (NAME,)
    assert cluster(Destination(NAME, Discovery.ORIGINAL)).follows == ()


@pytest.mark.rule("CL-3")
def test_tls_by_endpoint_is_for_those_that_say_they_take_it_and_plain_text_for_the_rest() -> None:
    tls, plain = rendered(Destination(NAME, Discovery.ASSIGNED, tls=MESH, tls_by_endpoint=True)).transport_socket_matches
    assert (tls.name, json_format.MessageToDict(tls.match), tls.transport_socket.name) == ("tlsMode-istio", {"tlsMode": "istio"}, "tls")
    assert (plain.name, json_format.MessageToDict(plain.match), plain.transport_socket.name) == ("tlsMode-disabled", {}, "raw_buffer")


@pytest.mark.rule("CL-3")
def test_tls_of_a_rule_is_for_every_endpoint() -> None:
    found = rendered(Destination(NAME, Discovery.ASSIGNED, tls=MESH))
    assert found.transport_socket.name == "tls"
    assert not found.transport_socket_matches


@pytest.mark.rule("CL-9")
def test_telemetry_is_told_which_service_subset_and_rule_a_cluster_is_of() -> None:
    rule = Ref("DestinationRule", "default", "reviews")
    service = ServiceName("reviews.default.svc.cluster.local", "reviews", "default")
    found = rendered(Destination(NAME, Discovery.ASSIGNED, services=(service,), subset="v1", rule=rule))
    assert json_format.MessageToDict(found.metadata)["filterMetadata"] == {
        "istio": {
            "config": "/apis/networking.istio.io/v1/namespaces/default/destination-rule/reviews",
            "services": [{"host": "reviews.default.svc.cluster.local", "name": "reviews", "namespace": "default"}],
            "service": "reviews.default.svc.cluster.local;reviews;default",
            "subset": "v1",
        }
    }


@pytest.mark.rule("TE-3")
def test_what_is_no_service_is_called_by_its_own_name_in_metrics() -> None:
    found = rendered(Destination("PassthroughCluster", Discovery.ORIGINAL))
    assert json_format.MessageToDict(found.metadata)["filterMetadata"] == {"istio": {"service": "PassthroughCluster"}}


@pytest.mark.rule("SE-3")
def test_names_are_resolved_by_the_proxy_all_addresses_or_the_first() -> None:
    for kind, single in ((Discovery.DNS, False), (Discovery.DNS_FIRST, True)):
        found, config = rendered(Destination(NAME, kind, Policy(resolve_every=30 * 10**9), endpoints=NAMED)), DnsCluster()
        assert found.cluster_type.typed_config.Unpack(config)
        assert config.all_addresses_in_single_endpoint is single
        assert (config.respect_dns_ttl, config.dns_refresh_rate.seconds) == (True, 30)
        assert found.load_assignment.endpoints[0].lb_endpoints[0].endpoint.address.socket_address.address == "a.example.com"


@pytest.mark.rule("SE-3")
def test_names_of_requests_are_resolved_as_they_come() -> None:
    found, config = rendered(Destination(NAME, Discovery.FORWARD)), ClusterConfig()
    assert found.cluster_type.typed_config.Unpack(config)
    assert found.lb_policy == Cluster.CLUSTER_PROVIDED
    assert config.dns_cache_config == dns_cache()
    assert config.allow_insecure_cluster_options


@pytest.mark.rule("DR-8")
@pytest.mark.parametrize(
    ("tls", "sni", "certificate"),
    [
        (OriginatedTls(), True, True),
        (OriginatedTls(names=("x.example.com",)), True, False),
        (OriginatedTls(verified=False), True, False),
    ],
)
def test_without_sni_the_requests_name_is_taken_and_checked_unless_told_otherwise(tls: OriginatedTls, sni: bool, certificate: bool) -> None:
    options = HttpProtocolOptions()
    rendered(Destination(NAME, Discovery.ASSIGNED, tls=tls)).typed_extension_protocol_options[HTTP_OPTIONS].Unpack(options)
    found = options.upstream_http_protocol_options
    assert (found.auto_sni, found.auto_san_validation) == (sni, certificate)


def test_with_an_sni_nothing_is_taken_from_requests() -> None:
    found = rendered(Destination(NAME, Discovery.ASSIGNED, tls=OriginatedTls("x.example.com")))
    assert HTTP_OPTIONS not in found.typed_extension_protocol_options


@pytest.mark.rule("CL-7")
def test_a_black_hole_has_no_endpoints() -> None:
    found = rendered(Destination("BlackHoleCluster", Discovery.FIXED, endpoints=Assignment("BlackHoleCluster")))
    assert found.type == Cluster.STATIC
    assert not found.load_assignment.endpoints


def test_the_version_is_that_of_the_content() -> None:
    one, again, other = (cluster(Destination(NAME, Discovery.ASSIGNED, subset=subset)) for subset in ("v1", "v1", "v2"))
    assert one.version == again.version
    assert one.version != other.version
