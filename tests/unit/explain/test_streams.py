"""The rule that a whole connection fits, and what it is told of those before."""

from __future__ import annotations

import pytest

from lateen.explain.call import Protocol
from tests.given.calls import REVIEWS, SUBSETS, reached, shop, told, way
from tests.given.objects import istio

SECURE = """
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: far, namespace: default}
spec:
  hosts: ["*.example"]
  addresses: [10.7.0.0/16]
  ports: [{number: 443, name: tls, protocol: TLS}]
  resolution: STATIC
  endpoints: [{address: 10.8.0.1}]
"""


def rules(lines: list[str]) -> list[str]:
    return [each for each in lines if each.startswith("rule")]


@pytest.mark.rule("VS-52")
def test_rules_of_bytes_are_told_until_one_fits() -> None:
    first = "{match: [{port: 91}, {destinationSubnets: [10.9.0.0/16]}], route: [{destination: {host: reviews, subset: v2}}]}"
    spec = f"{{hosts: [reviews], tcp: [{first}, {{route: [{{destination: {{host: reviews, subset: v1}}}}]}}]}}"
    found = way(shop(SUBSETS, istio("VirtualService", "streams", spec)), port=90, protocol=Protocol.TCP)
    assert rules(told(found)) == [
        "rule: is for port 91, this is port 90 (VirtualService default/streams spec.tcp[0].match[0])",
        "rule: wants an address in 10.9.0.0/16, this is 10.0.0.1 (VirtualService default/streams spec.tcp[0].match[1])",
        "rule: takes any connection (VirtualService default/streams spec.tcp[1])",
    ]
    assert reached(found) == {"10.1.0.1:90": 1_000_000}


def test_rules_of_tls_are_told_by_server_name() -> None:
    names = "{match: [{sniHosts: [a.example]}], route: [{destination: {host: reviews, port: {number: 90}}}]}"
    rest = "{match: [{sniHosts: ['*.example']}], route: [{destination: {host: '*.example'}}]}"
    g = shop(SECURE, istio("VirtualService", "names", f"{{hosts: ['*.example'], tls: [{names}, {rest}]}}"))
    found = way(g, host="b.example", port=443, address="10.7.0.5", protocol=Protocol.TLS, sni="b.example")
    assert rules(told(found)) == [
        "rule: wants the server name a.example, this is b.example (VirtualService default/names spec.tls[0].match[0])",
        "rule: fits (VirtualService default/names spec.tls[1].match[0])",
    ]
    assert reached(way(g, host="a.example", port=443, address="10.7.0.5", protocol=Protocol.TLS, sni="a.example")) == {
        "10.1.0.1:90": 500_000,
        "10.1.0.2:90": 500_000,
    }


def test_what_is_meant_for_other_clients_is_told() -> None:
    spec = "{hosts: [reviews], tcp: [{match: [{sourceLabels: {app: x}}, {port: 90}], route: [{destination: {host: reviews, subset: v1}}]}]}"
    found = way(shop(SUBSETS, istio("VirtualService", "streams", spec)), port=90, protocol=Protocol.TCP)
    assert rules(told(found))[0] == "rule: is for other clients, or for other gateways (VirtualService default/streams spec.tcp[0].match[0])"


def test_bytes_without_a_rule_go_straight_there() -> None:
    found = way(shop(), host=REVIEWS, port=90, protocol=Protocol.TCP)
    assert rules(told(found)) == []
