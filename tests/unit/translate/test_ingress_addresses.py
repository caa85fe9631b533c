"""Where Ingresses are reached."""

from __future__ import annotations

import pytest

from lateen.api.core.service import LoadBalancerIngress
from lateen.translate.ingress_addresses import addresses, outdated
from lateen.values.ref import Ref
from tests.given.objects import mesh
from tests.given.worlds import world

pytestmark = pytest.mark.rule("GW-11")

INGRESS = """---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: default, annotations: {kubernetes.io/ingress.class: istio}}
spec: {rules: []}
"""


def front(rest: str) -> str:
    return f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: istio-ingressgateway, namespace: istio-system}}\n{rest}\n"


BALANCED = front("spec: {type: LoadBalancer, externalIPs: [9.9.9.9]}\nstatus: {loadBalancer: {ingress: [{ip: 1.2.3.4}, {hostname: a.example}]}}")
REACHED = (LoadBalancerIngress(ip="1.2.3.4"), LoadBalancerIngress(hostname="a.example"), LoadBalancerIngress(ip="9.9.9.9"))


def test_they_are_reached_as_the_service_in_front_is():
    assert addresses(world(BALANCED)) == REACHED
    assert addresses(world(front("spec: {type: ExternalName, externalName: b.example}"))) == (LoadBalancerIngress(hostname="b.example"),)
    assert addresses(world(BALANCED, mesh("ingressService: another"))) == ()


def test_without_a_service_they_are_reached_at_the_gateways_nodes():
    pod = """---
apiVersion: v1
kind: Pod
metadata: {name: gw-1, namespace: istio-system, labels: {istio: ingressgateway}}
spec: {nodeName: one, containers: []}
status: {phase: Running, hostIP: 10.0.0.5}
"""
    node = "---\napiVersion: v1\nkind: Node\nmetadata: {name: one}\n"
    known = "status: {addresses: [{type: InternalIP, address: 10.0.0.5}, {type: ExternalIP, address: 5.6.7.8}]}\n"
    none = mesh('ingressService: ""')
    assert addresses(world(pod, node + known, none)) == (LoadBalancerIngress(ip="5.6.7.8"),)
    assert addresses(world(pod, none)) == (LoadBalancerIngress(ip="10.0.0.5"),)
    assert addresses(world(pod.replace("Running", "Pending"), none)) == ()


def test_an_ingress_that_tells_something_else_is_out_of_date():
    shop = Ref("Ingress", "default", "shop")
    assert outdated(world(INGRESS, BALANCED)) == ((shop, REACHED),)
    assert outdated(world(INGRESS)) == ()
    told = INGRESS + "status: {loadBalancer: {ingress: [{ip: 1.2.3.4}, {hostname: a.example}, {ip: 9.9.9.9}]}}\n"
    assert outdated(world(told, BALANCED)) == ()
    assert outdated(world(told)) == ((shop, ()),)
    assert outdated(world(INGRESS.replace("istio}", "nginx}"), BALANCED)) == ()
