"""Patches of clusters, and which clusters they are for."""

from __future__ import annotations

import pytest
from envoy.config.cluster.v3.cluster_pb2 import Cluster

from lateen.ir.patch import ClusterMatch, Operation, Patch, Target
from lateen.render.patch_cluster import fits, may_fit, step
from lateen.values.ref import Ref

REVIEWS = "outbound|80|v1|reviews.default.svc.cluster.local"


def patch(match: ClusterMatch | None = None, operation: Operation = Operation.MERGE) -> Patch:
    return Patch(Target.CLUSTER, operation, Ref("EnvoyFilter", "default", "it"), 0, match=match, value='{"connect_timeout": "3s"}')


@pytest.mark.rule("EX-1")
@pytest.mark.parametrize(
    ("match", "expected"),
    [
        (None, True),
        (ClusterMatch(name=REVIEWS), True),
        (ClusterMatch(name=REVIEWS, port=81), True),
        (ClusterMatch(service="reviews.default.svc.cluster.local", port=80, subset="v1"), True),
        (ClusterMatch(port=81), False),
        (ClusterMatch(subset="v2"), False),
        (ClusterMatch(service="ratings.default.svc.cluster.local"), False),
    ],
)
def test_the_name_of_a_cluster_tells_what_it_stands_for(match: ClusterMatch | None, expected: bool) -> None:
    assert may_fit(REVIEWS, patch(match)) is expected


def test_names_of_another_form_stand_for_nothing() -> None:
    assert not may_fit("BlackHoleCluster", patch(ClusterMatch(port=80)))
    assert may_fit("outbound_.80_.v1_.a.default", patch(ClusterMatch(port=80, subset="v1", service="a.default")))


@pytest.mark.rule("EX-1")
def test_a_cluster_of_the_workload_itself_is_known_by_its_services() -> None:
    cluster = Cluster(name="inbound|8080||")
    assert may_fit(cluster.name, patch(ClusterMatch(service="reviews.default.svc.cluster.local")))
    assert not fits(cluster, patch(ClusterMatch(service="reviews.default.svc.cluster.local")))
    cluster.metadata.filter_metadata["istio"].update({"services": [{"host": "reviews.default.svc.cluster.local"}]})
    assert fits(cluster, patch(ClusterMatch(service="reviews.default.svc.cluster.local")))
    assert not fits(cluster, patch(ClusterMatch(service="ratings.default.svc.cluster.local")))


@pytest.mark.rule("EX-2")
def test_a_cluster_is_merged_and_nothing_else() -> None:
    cluster = Cluster(name=REVIEWS)
    assert step(cluster, patch(operation=Operation.INSERT_FIRST)) == []
    assert step(cluster, patch(ClusterMatch(port=81))) == []
    assert step(cluster, patch()) == [cluster]
    assert cluster.connect_timeout.seconds == 3
