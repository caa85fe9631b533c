from __future__ import annotations

import pytest
from envoy.config.core.v3.base_pb2 import Node

from lateen.xds.node import Locality, NodeError, proxy


@pytest.mark.rule("XD-9")
def test_a_proxy_is_read_from_its_id() -> None:
    who = proxy(Node(id="sidecar~10.1.2.3~reviews-1.default~default.svc.cluster.local"))
    assert (who.kind, who.addresses, who.name, who.namespace, who.domain) == ("sidecar", ("10.1.2.3",), "reviews-1", "default", "cluster.local")


@pytest.mark.rule("XD-9")
def test_metadata_says_more_than_the_id() -> None:
    node = Node(id="router~10.1.2.3~gw.istio-system~istio-system.svc.mesh.example", user_agent_name="envoy")
    node.locality.region, node.locality.zone, node.locality.sub_zone = "eu", "eu-1", "rack"
    node.user_agent_build_version.version.major_number = 1
    node.user_agent_build_version.version.minor_number = 40
    node.metadata.update(
        {
            "NAMESPACE": "gateways",
            "LABELS": {"istio": "ingressgateway", "app": "gw"},
            "INSTANCE_IPS": "10.1.2.3,fd00::1",
            "SERVICE_ACCOUNT": "gw-account",
            "CLUSTER_ID": "Kubernetes",
            "NETWORK": "n1",
            "ISTIO_VERSION": "1.31.0",
            "LATEEN": {"virtualHosts": True, "onDemand": False},
        }
    )
    who = proxy(node)
    assert who.namespace == "gateways"
    assert who.addresses == ("10.1.2.3", "fd00::1")
    assert who.labels == (("app", "gw"), ("istio", "ingressgateway"))
    assert (who.service_account, who.cluster_id, who.network, who.istio_version) == ("gw-account", "Kubernetes", "n1", "1.31.0")
    assert who.locality == Locality("eu", "eu-1", "rack")
    assert (who.user_agent, who.user_agent_version) == ("envoy", "1.40.0")
    assert who.can("virtualHosts")
    assert not who.can("onDemand")
    assert not who.can("fly")


@pytest.mark.rule("XD-9")
@pytest.mark.parametrize("node_id", ["", "envoy-1", "sidecar~10.0.0.1~a.b", "spaceship~10.0.0.1~a.b~b.svc.cluster.local"])
def test_an_id_of_another_form_is_refused_with_the_form_that_is_expected(node_id: str) -> None:
    with pytest.raises(NodeError, match="must have the form sidecar"):
        proxy(Node(id=node_id))


def test_metadata_of_another_type_is_passed_over() -> None:
    node = Node(id="sidecar~~a.b~b.svc.cluster.local")
    node.metadata.update({"LABELS": "none", "NETWORK": 3, "LATEEN": [1, None]})
    who = proxy(node)
    assert (who.labels, who.network, who.capabilities, who.addresses) == ((), "", (), ())
    assert who.metadata == {"LABELS": "none", "NETWORK": 3.0, "LATEEN": [1.0, None]}
