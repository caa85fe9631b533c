"""By which names services are asked for."""

from __future__ import annotations

import pytest

from lateen.flow import Graph
from lateen.ir.routes import VirtualHost
from lateen.ir.view import PUBLIC, Perspective
from lateen.registry import services
from lateen.translate.domains import distinct, domains, rivalled_names
from tests.given import worlds

WORLD = """
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {clusterIP: None, selector: {app: db}, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1, "fd00::1"], ports: [{name: http, port: 80}, {name: http-2, port: 81}]}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: short, namespace: other}
spec: {hosts: [web.shop], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: wild, namespace: other}
spec: {hosts: ["*.a.example"], addresses: [10.1.0.0/16], ports: [{number: 80, name: http, protocol: HTTP}], resolution: NONE}
"""


def world(text: str = WORLD) -> Graph:
    return worlds.world(text)


def names(namespace: str, host: str, port: int = 80, own: bool = False) -> tuple[str, ...]:
    g = world()
    service = services.service(g, namespace, host)
    assert service is not None
    return domains(g, PUBLIC, service, port, own)


@pytest.mark.rule("LI-8")
def test_a_short_name_that_is_another_services_host_is_left_to_it():
    host = "web.shop.svc.cluster.local"

    assert names("shop", host) == (host, f"{host}.", "web.shop.svc", "10.0.0.1", "[fd00::1]")
    assert names("shop", host, 81) == (host, f"{host}.", "web.shop", "web.shop.svc", "10.0.0.1", "[fd00::1]")


def rule(name: str, host: str, year: int, more: str = "") -> str:
    return f"""
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: {name}, namespace: rules, creationTimestamp: "{year}-01-01T00:00:00Z"}}
spec: {{hosts: [{host}], http: [{{route: [{{destination: {{host: a.example}}}}]}}]{more}}}
"""


@pytest.mark.rule("N-1")
@pytest.mark.parametrize(
    ("rules", "namespace", "is_left"),
    [
        (rule("dotted", "web.shop.svc", 2021), "", True),
        (rule("dotted", "web.shop.svc", 2021) + rule("full", "web.shop.svc.cluster.local", 2022), "", True),
        (rule("dotted", "web.shop.svc", 2021) + rule("full", "web.shop.svc.cluster.local", 2020), "", False),
        (rule("dotted", "web.shop.svc", 2021, ', exportTo: ["."]'), "", False),
        (rule("dotted", "web.shop.svc", 2021, ', exportTo: ["."]'), "rules", True),
        (rule("dotted", "web.shop.svc", 2021).replace("[{route:", "[{match: [{sourceLabels: {app: a}}], route:"), "", False),
    ],
)
def test_a_short_name_is_left_to_a_rule_that_is_about_it_unless_an_older_one_is_about_the_service(rules: str, namespace: str, is_left: bool):
    g = world(WORLD + rules)
    service = services.service(g, "shop", "web.shop.svc.cluster.local")
    assert service is not None
    found = [domains(g, Perspective(namespace), service, port, False) for port in (80, 81)]
    assert ["web.shop.svc" not in each for each in found] == [is_left, False]


@pytest.mark.rule("LI-8")
def test_pods_of_a_headless_service_are_asked_for_under_each_of_its_names():
    assert names("shop", "db.shop.svc.cluster.local", own=True) == (
        "db.shop.svc.cluster.local",
        "db.shop.svc.cluster.local.",
        "db",
        "db.shop",
        "db.shop.svc",
        "*.db.shop.svc.cluster.local",
        "*.db.shop.svc.cluster.local.",
        "*.db",
        "*.db.shop",
        "*.db.shop.svc",
    )


@pytest.mark.rule("LI-8")
def test_a_host_outside_the_cluster_has_no_short_names_and_a_network_is_no_name():
    assert names("other", "*.a.example") == ("*.a.example",)
    assert names("other", "web.shop") == ("web.shop", "web.shop.")


@pytest.mark.rule("LI-8")
def test_in_one_table_the_first_has_the_domain_whatever_its_case():
    hosts = [VirtualHost("a", ("a.example", "10.0.0.1"), ()), VirtualHost("b", ("A.example",), ()), VirtualHost("c", ("c", "10.0.0.1"), ())]

    assert [(host.name, host.domains) for host in distinct(hosts)] == [("a", ("a.example", "10.0.0.1")), ("c", ("c",))]


SHARED = """
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: young, namespace: default, creationTimestamp: "2021-01-01T00:00:00Z"}
spec: {hosts: [a.example, b.example], addresses: [10.2.0.1], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: old, namespace: default, creationTimestamp: "2020-01-01T00:00:00Z"}
spec:
  hosts: [c.example]
  addresses: [10.2.0.1]
  ports: [{number: 80, name: http, protocol: HTTP}, {number: 81, name: tcp, protocol: TCP}]
  resolution: DNS
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: hidden, namespace: other, creationTimestamp: "2019-01-01T00:00:00Z"}
spec:
  hosts: [d.example]
  addresses: [10.2.0.1]
  exportTo: ["."]
  ports: [{number: 80, name: http, protocol: HTTP}]
  resolution: DNS
"""


@pytest.mark.rule("LI-8")
def test_an_address_that_several_services_have_is_the_oldest_ones_that_the_client_sees():
    g = world(SHARED)

    def has(perspective: Perspective) -> list[str]:
        pairs = (("default", "a.example"), ("default", "b.example"), ("default", "c.example"), ("other", "d.example"))
        found = ((host, services.service(g, namespace, host)) for namespace, host in pairs)
        return [host for host, service in found if service is not None and "10.2.0.1" in domains(g, perspective, service, 80, False)]

    assert has(Perspective("other")) == ["d.example"]
    assert has(PUBLIC)[:1] == ["c.example"]


@pytest.mark.rule("LI-8")
def test_a_name_is_left_to_a_rule_about_it_in_whatever_letters_and_form():
    about = ("WEB.shop", "web.shop.svc.cluster.local.", "10.0.0.1", "fd00::1")
    g = world(WORLD.replace("web.shop]", "x.example]") + "".join(rule(f"r{number}", host, 2020) for number, host in enumerate(about)))
    service = services.service(g, "shop", "web.shop.svc.cluster.local")
    assert service is not None
    assert domains(g, PUBLIC, service, 80, True) == ("web.shop.svc.cluster.local", "web", "web.shop.svc")
    assert len(domains(g, PUBLIC, service, 81, True)) == 7
    assert set(rivalled_names(g, service.host)) == {"web.shop", "WEB.shop", "web.shop.svc", *about[1:]}


@pytest.mark.rule("N-3")
def test_of_spellings_of_one_host_one_has_it():
    def entry(name: str, host: str) -> str:
        return f"""
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: {name}, namespace: default}}
spec: {{hosts: [{host}], ports: [{{number: 80, name: http}}], resolution: DNS}}
"""

    def having(*hosts: str) -> list[str]:
        g = world("".join(entry(f"e{number}", host) for number, host in enumerate(hosts)))
        found = ((host, services.service(g, "default", host)) for host in hosts)
        return [host for host, service in found if service is not None and domains(g, PUBLIC, service, 80, False)]

    assert having("B.example", "b.Example") == ["B.example"]
    assert having("B.example", "b.example", "b.Example") == ["b.example"]


def test_a_host_that_only_begins_like_a_clusters_has_no_short_names():
    g = world(WORLD.replace("web.shop]", "web.shop.svc.cluster.local.example]"))
    service = services.service(g, "other", "web.shop.svc.cluster.local.example")
    assert service is not None
    assert domains(g, PUBLIC, service, 80, False) == (service.host, f"{service.host}.")
