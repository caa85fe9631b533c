"""DestinationRules that have nothing to apply to."""

from __future__ import annotations

import pytest

from lateen.api import decode, inputs
from lateen.check.analyses.destination_rules import idle
from lateen.flow import Graph
from lateen.values.ref import Ref


def world(*documents: str) -> Graph:
    g = Graph()
    found, findings = decode.resources("\n---\n".join(documents))
    assert not findings
    with g.batch() as batch:
        inputs.write(g, batch, [(each.ref, each) for each in found])
    return g


def service(name: str, namespace: str = "default") -> str:
    spec = "{clusterIP: 10.1.1.1, ports: [{name: http, port: 80}]}"
    return f"{{apiVersion: v1, kind: Service, metadata: {{name: {name}, namespace: {namespace}}}, spec: {spec}}}"


def istio(kind: str, name: str, spec: str, namespace: str = "default", year: int = 2020) -> str:
    metadata = f'{{name: {name}, namespace: {namespace}, creationTimestamp: "{year}-01-01T00:00:00Z"}}'
    return f"{{apiVersion: networking.istio.io/v1, kind: {kind}, metadata: {metadata}, spec: {spec}}}"


RULE = Ref("DestinationRule", "default", "it")
ENTRY = (
    "{hosts: [a.b], resolution: STATIC, ports: [{number: 80, name: http, protocol: HTTP}], endpoints: [{address: 10.0.0.1, labels: {version: v1}}]}"
)


def said(*documents: str) -> list[str]:
    return [f"{found.severity} {found.code} {found.path}: {found.message}" for found in idle(world(*documents), RULE)]


def test_a_rule_for_a_host_that_there_is_not_is_warned_of() -> None:
    rule = istio("DestinationRule", "it", "{host: reviews}")
    assert said(rule) == ['warning IST0174 spec.host: no service has the host "reviews.default.svc.cluster.local".']
    assert said(rule, service("reviews")) == []


def test_a_rule_for_a_wildcard_may_apply_to_what_comes_later() -> None:
    assert said(istio("DestinationRule", "it", "{host: '*.example.com'}")) == []


@pytest.mark.rule("DR-14")
def test_a_subset_whose_labels_no_endpoint_has_is_an_error() -> None:
    rule = istio("DestinationRule", "it", "{host: a.b, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}, {name: all}]}")
    assert said(rule, istio("ServiceEntry", "a", ENTRY)) == [
        'error IST0173 spec.subsets[1]: no endpoint of a.b has the labels "version: v2" of subset v2.'
    ]


@pytest.mark.rule("SE-3")
def test_subsets_of_a_host_without_endpoints_of_its_own_are_not_judged() -> None:
    rule = istio("DestinationRule", "it", "{host: a.b, subsets: [{name: v2, labels: {version: v2}}]}")
    assert said(rule, istio("ServiceEntry", "a", "{hosts: [a.b], ports: [{number: 80, name: http, protocol: HTTP}]}")) == []
