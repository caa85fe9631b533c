"""Resources as Envoy's `/config_dump` shows them."""

from __future__ import annotations

from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.listener.v3.listener_pb2 import Listener
from google.protobuf import any_pb2
from google.protobuf.message import Message

from lateen.render.dump import config_dump
from lateen.values.envoy_resource import EnvoyResource, envoy_resource


def resource(message: Message, name: str) -> EnvoyResource:
    packed = any_pb2.Any()
    packed.Pack(message)
    return envoy_resource(packed.type_url, name, packed.SerializeToString(), ())


def section(dump: dict[str, list[dict[str, object]]], name: str) -> dict[str, object]:
    return next(each for each in dump["configs"] if str(each["@type"]).endswith(name))


def test_resources_stand_in_the_section_of_their_type():
    cluster = resource(Cluster(name="a"), "a")
    dump = config_dump([cluster])

    assert section(dump, "ClustersConfigDump")["dynamic_active_clusters"] == [
        {"version_info": cluster.version, "cluster": {"@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster", "name": "a"}}
    ]
    assert section(dump, "RoutesConfigDump")["dynamic_route_configs"] == []


def test_a_listener_stands_under_its_name_as_active():
    listener = resource(Listener(name="l"), "l")
    (shown,) = section(config_dump([listener]), "ListenersConfigDump")["dynamic_listeners"]

    assert (shown["name"], shown["active_state"]["listener"]["name"]) == ("l", "l")
