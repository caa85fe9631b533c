"""How values are merged into messages."""

from __future__ import annotations

from typing import Any

import pytest
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.listener.v3.listener_components_pb2 import Filter
from envoy.config.route.v3.route_components_pb2 import VirtualHost
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import HttpConnectionManager
from envoy.extensions.filters.network.tcp_proxy.v3.tcp_proxy_pb2 import TcpProxy
from envoy.extensions.transport_sockets.tls.v3.tls_pb2 import UpstreamTlsContext
from google.protobuf import json_format
from google.protobuf.message import Message

from lateen.render.message import packed
from lateen.render.patch_merge import merge

MANAGER = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"


def merged(into: Message, value: dict[str, Any], *, replaces_lists: bool = False) -> dict[str, Any]:
    merge(into, json_format.ParseDict(value, type(into)()), replaces_lists=replaces_lists)
    found: dict[str, Any] = json_format.MessageToDict(into, preserving_proto_field_name=True)
    return found


def cluster(**fields: Any) -> Cluster:
    return json_format.ParseDict(fields, Cluster())


@pytest.mark.rule("EX-2")
def test_scalars_overwrite_messages_are_merged_and_lists_appended() -> None:
    before = cluster(name="a", outlier_detection={"consecutive_5xx": 3, "interval": "1s"}, health_checks=[{"timeout": "1s"}])
    after = merged(before, {"name": "b", "outlier_detection": {"consecutive_5xx": 5}, "health_checks": [{"timeout": "2s"}]})
    assert after == {
        "name": "b",
        "outlier_detection": {"consecutive_5xx": 5, "interval": "1s"},
        "health_checks": [{"timeout": "1s"}, {"timeout": "2s"}],
    }


@pytest.mark.rule("EX-2")
def test_lists_are_replaced_when_the_operation_says_so() -> None:
    before = cluster(circuit_breakers={"thresholds": [{"max_requests": 1}]})
    after = merged(before, {"circuit_breakers": {"thresholds": [{"max_requests": 2}]}}, replaces_lists=True)
    assert after == {"circuit_breakers": {"thresholds": [{"max_requests": 2}]}}


@pytest.mark.rule("EX-2")
def test_what_stands_for_one_value_is_overwritten_whole() -> None:
    before = Filter(
        name="m", typed_config=packed(HttpConnectionManager(request_timeout={"seconds": 1, "nanos": 500_000_000}, normalize_path={"value": True}))
    )
    merged(before, {"typed_config": {"@type": MANAGER, "request_timeout": "2s", "normalize_path": False}})
    after = HttpConnectionManager.FromString(before.typed_config.value)
    assert (after.request_timeout.seconds, after.request_timeout.nanos) == (2, 0)
    assert after.HasField("normalize_path")
    assert not after.normalize_path.value


@pytest.mark.rule("EX-2")
def test_what_is_given_replaces_its_alternative() -> None:
    before = Cluster(cluster_type=Cluster.CustomClusterType(name="envoy.cluster.dns"))
    assert merged(before, {"type": "EDS"}) == {"type": "EDS"}


@pytest.mark.rule("EX-2")
def test_envelopes_are_merged_when_the_types_agree_and_else_replaced() -> None:
    before = Filter(typed_config=packed(HttpConnectionManager(stat_prefix="a", server_name="s")))
    merged(before, {"typed_config": {"@type": MANAGER, "stat_prefix": "b"}})
    after = HttpConnectionManager.FromString(before.typed_config.value)
    assert (after.stat_prefix, after.server_name) == ("b", "s")
    merge(before, Filter(typed_config=packed(TcpProxy(stat_prefix="c"))))
    assert TcpProxy.FromString(before.typed_config.value).stat_prefix == "c"


@pytest.mark.rule("EX-2")
def test_a_typed_struct_counts_as_what_it_stands_for() -> None:
    before = Filter(typed_config=packed(HttpConnectionManager(stat_prefix="a", server_name="s")))
    struct = {"@type": "type.googleapis.com/udpa.type.v1.TypedStruct", "type_url": MANAGER, "value": {"stat_prefix": "b"}}
    merge(before, _filter({"typed_config": struct}))
    after = HttpConnectionManager.FromString(before.typed_config.value)
    assert (after.stat_prefix, after.server_name) == ("b", "s")


def _filter(plain: dict[str, Any]) -> Filter:
    from udpa.type.v1 import typed_struct_pb2

    assert typed_struct_pb2.TypedStruct.DESCRIPTOR is not None
    return json_format.ParseDict(plain, Filter())


def test_of_a_mapping_the_other_entries_stay() -> None:
    before = VirtualHost()
    before.typed_per_filter_config["a"].CopyFrom(packed(TcpProxy(stat_prefix="a")))
    value = VirtualHost()
    value.typed_per_filter_config["b"].CopyFrom(packed(TcpProxy(stat_prefix="b")))
    merge(before, value)
    assert sorted(before.typed_per_filter_config) == ["a", "b"]


@pytest.mark.rule("EX-2")
def test_a_socket_is_merged_into_those_that_endpoints_choose() -> None:
    before = Cluster()
    each = before.transport_socket_matches.add(name="tlsMode-istio")
    each.transport_socket.name = "tls"
    each.transport_socket.typed_config.CopyFrom(packed(UpstreamTlsContext(sni="a")))
    value = Cluster(alt_stat_name="x")
    value.transport_socket.name = "envoy.transport_sockets.tls"
    value.transport_socket.typed_config.CopyFrom(packed(UpstreamTlsContext(allow_renegotiation=True)))
    merge(before, value)
    socket = UpstreamTlsContext.FromString(before.transport_socket_matches[0].transport_socket.typed_config.value)
    assert (socket.sni, socket.allow_renegotiation, before.alt_stat_name) == ("a", True, "x")
    assert not before.HasField("transport_socket")
