"""The side of a sidecar that its workload is called on."""

from __future__ import annotations

import pytest

from lateen.assembly import workload
from lateen.assembly.views import view_of
from lateen.flow import Graph
from lateen.ir.destination import Discovery
from tests.given.objects import rule, service
from tests.given.worlds import world

NODE = "sidecar~10.1.0.1~a.default~default.svc.cluster.local"
OWN = service("reviews", "default", ", selector: {app: a}")
LABELS = (("app", "a"),)


def discovery(g: Graph, app: str = "") -> dict[str, Discovery]:
    return {each.name: each.discovery for each in workload.destinations(g, "default", LABELS, ("10.1.0.1",), app, False)}


@pytest.mark.rule("CL-2")
def test_captured_calls_go_where_they_were_headed_and_others_to_the_workloads_own_address() -> None:
    assert discovery(world(OWN))["inbound|80||"] is Discovery.ORIGINAL
    assert discovery(world(OWN), "127.0.2.1")["inbound|80||"] is Discovery.FIXED


@pytest.mark.rule("CL-7")
def test_every_proxy_has_the_same_three_places() -> None:
    assert discovery(Graph()).keys() == {"BlackHoleCluster", "PassthroughCluster", "InboundPassthroughCluster"}


@pytest.mark.rule("SC-5")
def test_the_ports_of_a_sidecar_replace_those_of_services() -> None:
    ingress = "{ingress: [{port: {number: 7000, protocol: HTTP, name: h}, defaultEndpoint: 127.0.0.1:7001}]}"
    found = discovery(world(OWN + rule("Sidecar", "default", ingress)))
    assert [name for name in found if name.startswith("inbound")] == ["inbound|7000||"]


def test_where_nothing_is_captured_unknown_hosts_are_looked_up() -> None:
    assert not workload.outbound_manner(Graph(), view_of(NODE, {})).resolves
    assert workload.outbound_manner(Graph(), view_of(NODE, {"INTERCEPTION_MODE": "NONE"})).unknown_hosts == "AllowAnyDynamicDNSCluster"


def test_answers_are_counted_unless_the_proxy_keeps_no_such_statistics() -> None:
    found = [workload.http_options(Graph(), view_of(NODE, {"LATEEN": told})).statistics for told in ({}, {"fewStatistics": True})]
    assert found == [True, False]


def test_an_explicit_port_is_listened_on_at_the_proxys_address() -> None:
    told = {"explicit": {"proxyAddress": "127.0.1.1", "inbound": [{"port": 80, "bind": 18080}]}}
    view = view_of(NODE, {"LABELS": {"app": "a"}, "INTERCEPTION_MODE": "NONE", "LATEEN": told})
    assert [each.name for each in workload.listeners(world(OWN), view).listeners] == ["127.0.1.1_18080"]
