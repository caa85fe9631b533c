"""Assignments in bytes."""

from __future__ import annotations

import pytest
from envoy.config.core.v3.health_check_pb2 import HealthStatus
from envoy.config.endpoint.v3.endpoint_components_pb2 import LbEndpoint
from envoy.config.endpoint.v3.endpoint_pb2 import ClusterLoadAssignment
from google.protobuf import json_format
from google.protobuf.any_pb2 import Any

from lateen.ir.endpoints import Assignment, Condition, Endpoint, Group
from lateen.ir.view import Locality
from lateen.render import endpoint as rendering
from lateen.values.envoy_resource import EnvoyResource
from lateen.values.ref import Ref

NAME = "outbound|80||reviews.default.svc.cluster.local"
HERE = Locality("r", "z", "s")


def read(resource: EnvoyResource) -> ClusterLoadAssignment:
    envelope, out = Any.FromString(resource.body), ClusterLoadAssignment()
    assert envelope.Unpack(out)
    return out


def read_endpoint(resource: EnvoyResource) -> LbEndpoint:
    envelope, out = Any.FromString(resource.body), LbEndpoint()
    assert envelope.Unpack(out)
    return out


def group(*endpoints: Endpoint, weight: int = 0, priority: int = 0) -> Group:
    return Group(HERE, endpoints, weight or sum(each.weight for each in endpoints), priority)


def test_an_assignment_holds_its_endpoints_by_locality() -> None:
    full = Endpoint("10.0.0.1", 8080, True, "reviews;default;reviews;v1;c1", 3)
    found = json_format.MessageToDict(read(rendering.assignment(Assignment(NAME, (group(full, priority=1),)))))
    assert found == {
        "clusterName": NAME,
        "endpoints": [
            {
                "locality": {"region": "r", "zone": "z", "subZone": "s"},
                "lbEndpoints": [
                    {
                        "endpoint": {"address": {"socketAddress": {"address": "10.0.0.1", "portValue": 8080}}},
                        "metadata": {
                            "filterMetadata": {
                                "envoy.transport_socket_match": {"tlsMode": "istio"},
                                "istio": {"workload": "reviews;default;reviews;v1;c1"},
                            }
                        },
                        "loadBalancingWeight": 3,
                    }
                ],
                "loadBalancingWeight": 3,
                "priority": 1,
            }
        ],
    }


def test_an_assignment_without_endpoints_is_an_answer_too() -> None:
    found = rendering.assignment(Assignment(NAME))
    assert found.name == NAME
    assert read(found) == ClusterLoadAssignment(cluster_name=NAME)


def test_a_socket_is_a_pipe() -> None:
    found = LbEndpoint.FromString(rendering.endpoint_bytes(Endpoint("unix:///run/app.sock", 0)))
    assert found.endpoint.address.pipe.path == "/run/app.sock"


@pytest.mark.rule("SD-12")
def test_a_draining_endpoint_says_so() -> None:
    found = LbEndpoint.FromString(rendering.endpoint_bytes(Endpoint("10.0.0.1", 80, condition=Condition.DRAINING)))
    assert found.health_status == HealthStatus.DRAINING


def test_bytes_remembered_for_large_assignments_are_those_of_small_ones() -> None:
    many = tuple(Endpoint(f"10.0.{each // 250}.{each % 250}", 80, True, "w", each % 7 + 1) for each in range(rendering.LARGE + 1))
    (found,) = read(rendering.assignment(Assignment(NAME, (group(*many),)))).endpoints
    assert [each.SerializeToString(deterministic=True) for each in found.lb_endpoints] == [rendering.endpoint_bytes(each) for each in many]


def test_equal_assignments_have_equal_versions_and_others_have_not() -> None:
    one = Assignment(NAME, (group(Endpoint("10.0.0.1", 80)),))
    other = Assignment(NAME, (group(Endpoint("10.0.0.1", 81)),))
    assert rendering.assignment(one).version == rendering.assignment(Assignment(NAME, (group(Endpoint("10.0.0.1", 80)),))).version
    assert rendering.assignment(one).version != rendering.assignment(other).version


def test_a_collection_has_one_resource_for_each_endpoint_under_the_name_that_the_assignment_gives() -> None:
    origin = (Ref("Service", "default", "reviews"),)
    of = Assignment(NAME, (group(Endpoint("10.0.0.1", 80, True), Endpoint("::1", 80)),), origin)
    (locality,) = read(rendering.assignment_leds(of, "mesh")).endpoints
    glob = locality.leds_cluster_locality_config.leds_collection_name
    first, second = rendering.collection(of, "mesh")
    assert glob == f"xdstp://mesh/envoy.config.endpoint.v3.LbEndpoint/{NAME}/r|z|s|0/*"
    assert first.name == glob[:-1] + "10.0.0.1_80"
    assert second.name == glob[:-1] + "=3A=3A1_80"
    assert read_endpoint(first) == LbEndpoint.FromString(rendering.endpoint_bytes(Endpoint("10.0.0.1", 80, True)))
    assert first.origins == origin
    assert not locality.lb_endpoints


def test_an_endpoint_that_comes_or_goes_leaves_the_assignment_of_a_collection_as_it_is() -> None:
    before = Assignment(NAME, (group(Endpoint("10.0.0.1", 80)),))
    after = Assignment(NAME, (group(Endpoint("10.0.0.1", 80), Endpoint("10.0.0.2", 80)),))
    assert rendering.assignment_leds(before, "mesh") == rendering.assignment_leds(after, "mesh")


@pytest.mark.rule("LB-1")
def test_shares_given_to_one_locality_are_told_for_all_for_one_without_would_get_nothing() -> None:
    near = Group(Locality("near"), (Endpoint("10.0.0.1", 80), Endpoint("10.0.0.2", 80)), 2)
    far = Group(Locality("far"), (Endpoint("10.0.0.3", 80),), 8)
    told = read(rendering.assignment_leds(Assignment(NAME, (near, far)), "mesh")).endpoints
    assert [each.load_balancing_weight.value for each in told] == [2, 8]


def test_an_assignment_is_followed_by_its_collections() -> None:
    resource = rendering.assignment_leds(Assignment(NAME, (group(Endpoint("10.0.0.1", 80)),)), "mesh")
    assert resource.follows == tuple(each.leds_cluster_locality_config.leds_collection_name for each in read(resource).endpoints)


def test_a_share_given_by_a_rule_stays_with_the_assignment_of_a_collection() -> None:
    (locality,) = read(rendering.assignment_leds(Assignment(NAME, (group(Endpoint("10.0.0.1", 80), weight=80),)), "mesh")).endpoints
    assert locality.load_balancing_weight.value == 80
