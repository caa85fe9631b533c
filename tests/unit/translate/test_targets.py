"""Which destination a rule means."""

from __future__ import annotations

import pytest

from lateen.api.networking.virtual_service import Destination, PortSelector
from lateen.ir.view import PUBLIC
from lateen.translate.targets import aliases_of, concrete_host, target
from tests.given.worlds import world

WORLD = """
apiVersion: v1
kind: Service
metadata: {name: one, namespace: default}
spec: {clusterIP: 10.0.0.1, ports: [{name: http, port: 9080}]}
---
apiVersion: v1
kind: Service
metadata: {name: two, namespace: default}
spec: {clusterIP: 10.0.0.2, ports: [{name: http, port: 80}, {name: http-2, port: 81}]}
---
apiVersion: v1
kind: Service
metadata: {name: alias, namespace: default}
spec: {type: ExternalName, externalName: one.default.svc.cluster.local, ports: [{name: http, port: 80}]}
"""


def name(host: str, destination: Destination, listener_port: int = 8080) -> str:
    g = world(WORLD)
    return target(g, PUBLIC, host, destination, listener_port).name


@pytest.mark.rule("VS-14")
def test_the_port_is_the_one_told_else_the_services_only_one_else_the_listeners():
    one, two = "one.default.svc.cluster.local", "two.default.svc.cluster.local"

    assert name(one, Destination("one", port=PortSelector(7))) == f"outbound|7||{one}"
    assert name(one, Destination("one")) == f"outbound|9080||{one}"
    assert name(two, Destination("two", "v1")) == f"outbound|8080|v1|{two}"
    assert name("nobody.example", Destination("nobody.example")) == "outbound|8080||nobody.example"


@pytest.mark.rule("SD-14")
def test_an_alias_means_the_service_that_it_stands_for():
    assert name("alias.default.svc.cluster.local", Destination("alias")) == "outbound|9080||one.default.svc.cluster.local"


@pytest.mark.rule("SD-14")
def test_names_that_lead_in_a_circle_or_to_nothing_stand_for_themselves():
    def alias(name: str, of: str) -> str:
        return f"""
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: default}}
spec: {{type: ExternalName, externalName: {of}}}
"""

    zone = "default.svc.cluster.local"
    g = world(alias("a", f"b.{zone}"), alias("b", f"a.{zone}"), alias("c", "nobody.example"), alias("d", f"alias.{zone}."), *WORLD.split("---"))

    assert [concrete_host(g, PUBLIC, f"{name}.{zone}") for name in "abcd"] == [f"a.{zone}", f"b.{zone}", f"c.{zone}", f"one.{zone}"]
    assert aliases_of(g, f"alias.{zone}") == (f"d.{zone}",)
