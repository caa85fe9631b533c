"""One change of each kind changes what it is about and nothing else. Exact, and the same on any machine."""

from __future__ import annotations

from bench import kinds
from bench.cells import told
from bench.world import World

WORLD = World(60, 5, 20)


def test_each_kind_changes_just_what_it_is_about() -> None:
    found = {kind: dict(told(publication)) for kind, _, publication in kinds.changed(kinds.mesh(WORLD))}

    host = {"ClusterLoadAssignment": 6}  # as a subset and as a whole: for everybody, for the gateway, and for the namespace with a Sidecar
    assert found["ServiceEntry"] == host
    assert found["VirtualService"] == {"VirtualHost": 2}
    assert found["WorkloadEntry"] == {"ClusterLoadAssignment": 2}
    assert found["EndpointSlice"] == {"ClusterLoadAssignment": 2}
    assert found["Gateway"] == {"Listener": 1, "RouteConfiguration": 1, "VirtualHost": 2}
    assert found["EnvoyFilter"] == {"Cluster": 3}
    assert found["AuthorizationPolicy"] == {"Listener": 1}
    assert found["RequestAuthentication"] == {"Listener": 1}
    assert found["PeerAuthentication"] == {"Listener": 1}
    assert found["MeshConfig"].keys() == {"Cluster"}
