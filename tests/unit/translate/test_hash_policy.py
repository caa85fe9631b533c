"""What requests stick to."""

from __future__ import annotations

import pytest

from lateen.flow import Graph
from lateen.ir.routes import Cookie, HashKey
from lateen.ir.view import PUBLIC
from lateen.translate.hash_policy import hash_keys
from lateen.translate.targets import Target
from tests.given import worlds

HOST = "a.default.svc.cluster.local"


def world(consistent_hash: str) -> Graph:
    return worlds.world(f"""
apiVersion: v1
kind: Service
metadata: {{name: a, namespace: default}}
spec: {{clusterIP: 10.0.0.1, ports: [{{name: http, port: 80}}]}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: a, namespace: default}}
spec:
  host: a
  subsets:
  - {{name: plain, labels: {{v: "1"}}, trafficPolicy: {{loadBalancer: {{simple: RANDOM}}}}}}
  trafficPolicy: {{loadBalancer: {{consistentHash: {consistent_hash}}}}}
""")


@pytest.mark.rule("DR-3")
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{httpHeaderName: x-user}", HashKey(header="x-user")),
        ("{httpQueryParameterName: id}", HashKey(parameter="id")),
        ("{useSourceIp: true}", HashKey(source_address=True)),
        ("{httpCookie: {name: s, ttl: 0s, path: /}}", HashKey(cookie=Cookie("s", 0, "/"))),
        ("{httpCookie: {name: s, attributes: [{name: Secure}]}}", HashKey(cookie=Cookie("s", None, "", (("Secure", ""),)))),
    ],
)
def test_requests_stick_by_what_the_rule_names(written: str, expected: HashKey):
    assert hash_keys(world(written), PUBLIC, Target(HOST, 80)) == (expected,)


@pytest.mark.rule("VS-54")
def test_a_subset_balanced_otherwise_is_not_sticky():
    assert hash_keys(world("{useSourceIp: true}"), PUBLIC, Target(HOST, 80, "plain")) == ()
