"""From who connected to a View."""

from __future__ import annotations

import pytest
from envoy.config.core.v3.base_pb2 import Node
from google.protobuf.json_format import ParseDict

from lateen.assembly.views import view, view_of
from lateen.ir.view import Explicit, ProxyKind
from lateen.xds import node

NODE = "sidecar~10.0.0.1~a.default~default.svc.cluster.local"


@pytest.mark.rule("XD-9")
def test_metadata_wins_over_the_id() -> None:
    found = view_of(NODE, {"NAMESPACE": "other", "LABELS": {"b": "2", "a": "1"}, "INSTANCE_IPS": "10.0.0.1,fd00::1"})
    assert (found.namespace, found.labels, found.addresses) == ("other", (("a", "1"), ("b", "2")), ("10.0.0.1", "fd00::1"))


def test_an_id_of_another_form_is_refused() -> None:
    with pytest.raises(ValueError, match="must have the form"):
        view_of("me", {})


def test_a_number_of_the_metadata_is_written_without_a_fraction() -> None:
    assert view_of(NODE, {"HTTP_PROXY_PORT": 15007}).setting("HTTP_PROXY_PORT") == "15007"


def test_who_says_that_nothing_is_captured_says_where_it_listens_instead() -> None:
    told = {"proxyAddress": "127.0.1.1", "appAddress": "127.0.2.1", "inbound": [{"port": 80, "bind": 18080}]}
    found = view_of(NODE, {"INTERCEPTION_MODE": "NONE", "LATEEN": {"explicit": {**told, "outboundTcp": [{"destination": "db:5432", "bind": 15432}]}}})
    assert found.explicit == Explicit("127.0.1.1", "127.0.2.1", ((80, 18080),), (("db", 5432, 15432),))
    assert view_of(NODE, {"LATEEN": {"explicit": {"inbound": []}}}).explicit is None


def test_only_what_is_said_to_be_so_is_a_capability() -> None:
    assert view_of(NODE, {"LATEEN": {"virtualHosts": True, "onDemand": False}}).capabilities == {"virtualHosts"}


@pytest.mark.rule("XD-14")
def test_a_gateway_and_a_program_without_proxy_are_told_apart() -> None:
    assert view_of(NODE.replace("sidecar", "router"), {}).kind is ProxyKind.GATEWAY
    assert view_of(NODE, {"GENERATOR": "grpc"}).kind is ProxyKind.PROXYLESS


@pytest.mark.rule("EX-1")
def test_words_of_the_metadata_are_kept_for_who_asks_for_them() -> None:
    found = view_of("sidecar~10.0.0.1~a.default~default.svc.cluster.local", {"ISTIO_VERSION": "1.27.0", "CLUSTER_ID": "east", "LABELS": {"app": "a"}})
    assert found.metadata == (("CLUSTER_ID", "east"), ("ISTIO_VERSION", "1.27.0"))


@pytest.mark.parametrize(
    ("version", "can"),
    [("1.37.2", frozenset()), ("1.38.0", frozenset({"endpoints"})), ("1.40.0-dev", frozenset({"endpoints"})), ("", frozenset({"endpoints"}))],
)
def test_an_envoy_that_may_crash_on_endpoints_of_their_own_is_not_told_them(version: str, can: frozenset[str]) -> None:
    who = node.proxy(ParseDict({"id": NODE, "metadata": {"LATEEN": {"endpoints": True}}, "user_agent_version": version}, Node()))
    assert view(who).capabilities == can
