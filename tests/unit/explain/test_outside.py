"""A caller without a proxy calls a workload straight, in plain text, whatever rules there are for clients."""

from __future__ import annotations

import pytest

from lateen.explain.call import Call, Wire
from lateen.explain.outside import straight
from lateen.explain.step import Outcome
from lateen.explain.way import Way
from tests.given.worlds import world

WEB = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: web-1, namespace: default}
spec: {address: 10.0.0.1, labels: {app: web}}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: web-2, namespace: default}
spec: {address: 10.0.0.2, labels: {app: web}}
"""


def reached(way: Way) -> list[tuple[str, int, Wire]]:
    return [(each.address, each.port, each.wire) for sent in way.sent for each in sent.endpoints]


@pytest.mark.rule("LI-30")
def test_any_endpoint_of_the_service_may_get_it_as_it_is() -> None:
    found = straight(world(WEB), Call("web", 80, source="192.0.2.1"))
    assert reached(found) == [("10.0.0.1", 8080, Wire.PLAIN), ("10.0.0.2", 8080, Wire.PLAIN)]
    arriving = found.sent[0].endpoints[0].call
    assert arriving is not None and (arriving.host_header, arriving.port, arriving.source) == ("web", 8080, "192.0.2.1")


def test_an_address_is_called_at_its_own_port() -> None:
    assert reached(straight(world(WEB), Call("10.0.0.2", 8080))) == [("10.0.0.2", 8080, Wire.PLAIN)]
    assert reached(straight(world(WEB), Call("web", 8080, address="10.0.0.1"))) == [("10.0.0.1", 8080, Wire.PLAIN)]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (Call("web", 80, namespace="other"), "the mesh has no host web, as namespace other sees it"),
        (Call("web", 81), "it has no port 81; its ports are 80"),
    ],
)
def test_what_is_not_there_is_refused(call: Call, said: str) -> None:
    found = straight(world(WEB), call)
    assert found.refused
    assert [step.said for step in found.steps if step.outcome is Outcome.REFUSED] == [said]


def test_a_service_without_endpoints_gets_nothing() -> None:
    found = straight(world(WEB.split("---")[0]), Call("web.default", 80, namespace="other"))
    assert (found.refused, reached(found)) == (True, [])
