"""Patches on resources, one after the other."""

from __future__ import annotations

import json
from typing import Any

import pytest
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.endpoint.v3.endpoint_pb2 import ClusterLoadAssignment
from envoy.config.route.v3.route_components_pb2 import VirtualHost
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from google.protobuf.any_pb2 import Any as Envelope
from google.protobuf.message import Message

from lateen.ir.patch import ClusterMatch, Operation, Patch, TableMatch, Target
from lateen.render.message import packed, serialised
from lateen.render.patch import Outcome, added, added_name, patched
from lateen.values.envoy_resource import EnvoyResource, envoy_resource
from lateen.values.ref import Ref

SERVICE = Ref("Service", "default", "reviews")
MERGE, REMOVE, ADD = Operation.MERGE, Operation.REMOVE, Operation.ADD


def patch(name: str, operation: Operation, value: dict[str, Any] | str | None = None, target: Target = Target.CLUSTER, match: Any = None) -> Patch:
    text = value if isinstance(value, str) else json.dumps(value) if value is not None else ""
    return Patch(target, operation, Ref("EnvoyFilter", "default", name), 0, match=match, value=text)


def resource(message: Message, name: str, follows: tuple[str, ...] = ()) -> EnvoyResource:
    return envoy_resource(f"type.googleapis.com/{message.DESCRIPTOR.full_name}", name, serialised(packed(message)), (SERVICE,), follows)


def cluster(**fields: Any) -> EnvoyResource:
    out = Cluster(name="a", type=Cluster.EDS, **fields)
    out.eds_cluster_config.eds_config.ads.SetInParent()
    return resource(out, "a", ("a",))


def read(outcome: Outcome, kind: Any) -> Any:
    assert outcome.resource is not None
    return kind.FromString(Envelope.FromString(outcome.resource.body).value)


@pytest.mark.rule("EX-2")
def test_each_patch_sees_what_the_former_left() -> None:
    outcome = patched(cluster(), (patch("one", MERGE, {"alt_stat_name": "x"}), patch("two", MERGE, {"alt_stat_name": "y"})))
    assert read(outcome, Cluster).alt_stat_name == "y"
    assert not outcome.refused


@pytest.mark.rule("EX-3")
def test_a_patched_resource_comes_from_the_envoy_filters_too() -> None:
    outcome = patched(cluster(), (patch("one", MERGE, {"alt_stat_name": "x"}), patch("no", MERGE, {}, match=ClusterMatch(name="b"))))
    assert outcome.resource is not None
    assert outcome.resource.origins == (SERVICE, Ref("EnvoyFilter", "default", "one"))
    assert outcome.resource.follows == ("a",)


def test_what_no_patch_has_a_place_in_stays_the_same() -> None:
    before = cluster()
    assert patched(before, (patch("no", MERGE, {}, match=ClusterMatch(name="b")),)).resource is before
    endpoints = resource(ClusterLoadAssignment(cluster_name="a"), "a")
    assert patched(endpoints, (patch("one", MERGE, {"alt_stat_name": "x"}),)).resource is endpoints


@pytest.mark.rule("EX-2")
def test_a_resource_that_is_removed_is_gone() -> None:
    assert patched(cluster(), (patch("one", REMOVE), patch("two", MERGE, {"alt_stat_name": "x"}))) == Outcome(None)


@pytest.mark.rule("EX-3")
def test_a_patch_whose_outcome_envoy_could_not_take_is_left_out_and_the_others_hold() -> None:
    outcome = patched(
        cluster(),
        (
            patch("good", MERGE, {"alt_stat_name": "x"}),
            patch("bad", MERGE, {"connect_timeout": "0s"}),
            patch("late", MERGE, {"connect_timeout": "2s"}),
        ),
    )
    assert (read(outcome, Cluster).alt_stat_name, read(outcome, Cluster).connect_timeout.seconds) == ("x", 2)


@pytest.mark.rule("EX-3")
def test_it_is_told_which_patch_was_left_out_and_why() -> None:
    outcome = patched(cluster(), (patch("good", MERGE, {"alt_stat_name": "x"}), patch("bad", MERGE, {"connect_timeout": "0s"})))
    assert [(each.origin.name, each.index, each.resource, each.reason) for each in outcome.refused] == [
        ("bad", 0, "a", "connect_timeout is 0s, expected more than 0s.")
    ]
    assert outcome.resource is not None
    assert [each.name for each in outcome.resource.origins] == ["reviews", "good"]


@pytest.mark.rule("EX-3")
def test_a_value_that_cannot_be_read_is_left_out() -> None:
    outcome = patched(cluster(), (patch("bad", MERGE, '{"connect_timeout": "soon"}'), patch("good", MERGE, {"alt_stat_name": "x"})))
    assert read(outcome, Cluster).alt_stat_name == "x"
    assert [each.origin.name for each in outcome.refused] == ["bad"]


@pytest.mark.rule("EX-3")
def test_patches_that_are_right_only_together_hold() -> None:
    invalid = {"type": "STATIC", "eds_cluster_config": {"eds_config": {"ads": {}}}}
    outcome = patched(
        resource(Cluster(name="a", type=Cluster.STATIC), "a"), (patch("one", MERGE, {"type": "EDS"}), patch("two", MERGE, invalid | {"type": "EDS"}))
    )
    assert read(outcome, Cluster).type == Cluster.EDS
    assert not outcome.refused


def test_a_name_stays_whatever_a_patch_says() -> None:
    assert read(patched(cluster(), (patch("one", MERGE, {"name": "b"}),)), Cluster).name == "a"


def test_a_cluster_that_is_no_longer_told_its_endpoints_is_followed_by_none() -> None:
    outcome = patched(cluster(), (patch("one", MERGE, {"type": "STRICT_DNS"}),))
    assert outcome.resource is not None
    assert outcome.resource.follows == ()


# Virtual hosts of their own


def host() -> EnvoyResource:
    message = VirtualHost(name="80/a.default:80", domains=["a.default"])
    message.routes.add(name="default", match={"prefix": "/"}).route.cluster = "c"
    return resource(message, "80/a.default:80")


@pytest.mark.rule("EX-1")
def test_a_virtual_host_of_its_own_is_known_by_its_own_name() -> None:
    match = TableMatch(port=80, host="a.default:80", route="default")
    outcome = patched(host(), (patch("one", MERGE, {"stat_prefix": "x"}, Target.HTTP_ROUTE, match),))
    told = read(outcome, VirtualHost)
    assert (told.name, told.routes[0].stat_prefix) == ("80/a.default:80", "x")


@pytest.mark.rule("EX-2")
def test_a_virtual_host_of_its_own_can_be_removed() -> None:
    assert patched(host(), (patch("one", REMOVE, None, Target.VIRTUAL_HOST, TableMatch(domain="a.default")),)).resource is None
    kept = host()
    assert patched(kept, (patch("one", REMOVE, None, Target.VIRTUAL_HOST, TableMatch(domain="other")),)).resource is kept


@pytest.mark.rule("EX-2")
def test_a_virtual_host_that_is_added_is_told_in_the_table_and_not_in_the_place_of_another() -> None:
    add = patch("one", ADD, {"name": "extra", "domains": ["extra"]}, Target.VIRTUAL_HOST)
    kept = host()
    assert patched(kept, (add,)).resource is kept
    remove = patch("two", REMOVE, None, Target.VIRTUAL_HOST, TableMatch(domain="a.default"))
    assert patched(host(), (add, remove)).resource is None


@pytest.mark.rule("EX-1")
def test_both_forms_of_a_table_are_patched_alike() -> None:
    patches = (patch("one", MERGE, {"request_headers_to_remove": ["x"]}, Target.VIRTUAL_HOST, TableMatch(host="a.default:80")),)
    alone = read(patched(host(), patches), VirtualHost)
    within = VirtualHost.FromString(Envelope.FromString(host().body).value)
    within.name = "a.default:80"
    table = resource(RouteConfiguration(name="80", virtual_hosts=[within]), "80")
    inside = read(patched(table, patches), RouteConfiguration).virtual_hosts[0]
    alone.name = inside.name
    assert alone == inside


# Additions


@pytest.mark.rule("EX-2")
def test_what_is_added_is_subject_to_the_patches_after_it() -> None:
    one = patch("one", ADD, {"name": "x", "type": "STATIC"})
    assert added_name(one) == "x"
    outcome = added(one, (patch("two", MERGE, {"alt_stat_name": "y"}),))
    assert outcome.resource is not None
    assert (outcome.resource.name, read(outcome, Cluster).alt_stat_name) == ("x", "y")
    assert [each.name for each in outcome.resource.origins] == ["one", "two"]
    assert added(one, (patch("two", REMOVE),)).resource is None


@pytest.mark.rule("EX-3")
def test_what_envoy_could_not_take_is_not_added() -> None:
    outcome = added(patch("one", ADD, {"name": "x", "connect_timeout": "0s"}), ())
    assert outcome.resource is None
    assert [each.reason for each in outcome.refused] == ["connect_timeout is 0s, expected more than 0s."]
    unreadable = patch("one", ADD, '{"connect_timeout": "soon"}')
    assert added_name(unreadable) == ""
    assert added(unreadable, ()).resource is None
