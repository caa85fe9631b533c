"""VirtualServices that claim the same host."""

from __future__ import annotations

import pytest

from lateen.check.analyses.virtual_services import at_gateways, beside_ingresses, conflicts
from lateen.flow import Graph
from lateen.values.ref import Ref
from tests.given.checks import lines
from tests.given.objects import istio
from tests.given.worlds import world


def said(g: Graph, namespace: str, name: str) -> list[str]:
    return lines(conflicts(g, Ref("VirtualService", namespace, name)))


def asked(g: Graph, namespace: str, name: str) -> list[str]:
    return lines(at_gateways(g, Ref("VirtualService", namespace, name)))


BODY = "http: [{directResponse: {status: 200}}]"


@pytest.mark.rule("VS-10")
def test_the_younger_rule_for_a_host_hears_to_whom_it_lost() -> None:
    g = world(
        istio("VirtualService", "old", f"{{hosts: [reviews], {BODY}}}"),
        istio("VirtualService", "new", f"{{hosts: [a.b, reviews.default.svc.cluster.local], {BODY}}}", "shop", 2021),
        istio("VirtualService", "newest", f"{{hosts: [reviews.default.svc.cluster.local], {BODY}}}", "shop", 2022),
    )
    sentence = (
        'the host "reviews.default.svc.cluster.local" belongs to VirtualService default/old, which is older; at the sidecars only the '
        "oldest rule for a "
        "host counts."
    )
    assert said(g, "default", "old") == []
    assert said(g, "shop", "new") == [f"IST0109 spec.hosts[1]: {sentence}"]
    assert said(g, "shop", "newest") == [f"IST0109 spec.hosts[0]: {sentence}"]


@pytest.mark.rule("VS-10")
@pytest.mark.rule("N-5")
def test_of_two_as_old_the_first_by_name_has_the_host() -> None:
    g = world(istio("VirtualService", "a", f"{{hosts: [a.b], {BODY}}}"), istio("VirtualService", "b", f"{{hosts: [a.b], {BODY}}}"))
    assert said(g, "default", "a") == []
    assert said(g, "default", "b") == [
        (
            'IST0109 spec.hosts[0]: the host "a.b" belongs to VirtualService default/a, which is as old and comes first by name; at the '
            "sidecars only the "
            "oldest rule for a host counts."
        )
    ]


@pytest.mark.rule("VS-11")
def test_a_wildcard_and_a_host_that_it_covers_do_not_conflict() -> None:
    g = world(istio("VirtualService", "a", f"{{hosts: ['*.b'], {BODY}}}"), istio("VirtualService", "b", f"{{hosts: [a.b], {BODY}}}"))
    assert said(g, "default", "a") == said(g, "default", "b") == []


@pytest.mark.rule("VS-13")
def test_gateways_merge_rules_for_one_host() -> None:
    g = world(
        istio("VirtualService", "one", f"{{hosts: [a.b], gateways: [edge], {BODY}}}"),
        istio("VirtualService", "two", f"{{hosts: [a.b], {BODY}}}"),
    )
    assert said(g, "default", "one") == said(g, "default", "two") == []


@pytest.mark.rule("N-4")
def test_rules_that_nobody_sees_together_do_not_conflict() -> None:
    one = istio("VirtualService", "one", f"{{hosts: [a.b], exportTo: [.], {BODY}}}", "x")
    two = istio("VirtualService", "two", f"{{hosts: [a.b], exportTo: [.], {BODY}}}", "y", 2021)
    three = istio("VirtualService", "three", f"{{hosts: [a.b], exportTo: [x, z], {BODY}}}", "z", 2022)
    assert said(world(one, two), "y", "two") == []
    assert len(said(world(one, two, three), "z", "three")) == 1


def gateway(hosts: str, name: str = "edge", namespace: str = "default") -> str:
    spec = f"{{selector: {{app: edge}}, servers: [{{hosts: {hosts}, port: {{number: 80, name: http, protocol: HTTP}}}}]}}"
    return istio("Gateway", name, spec, namespace)


@pytest.mark.rule("GW-4")
@pytest.mark.parametrize(
    ("hosts", "wanted"),
    [
        pytest.param("['*']", [], id="any host"),
        pytest.param("[a.b]", [], id="the host"),
        pytest.param("['*.b']", [], id="a wildcard over it"),
        pytest.param("[A.B]", [], id="in capitals"),
        pytest.param("[./a.b]", [], id="for its own namespace"),
        pytest.param(
            "[shop/a.b, c.d]",
            ['IST0132 spec.hosts[0]: the host "a.b" is served by none of its gateways: Gateway default/edge has c.d for namespace default.'],
            id="for another namespace",
        ),
        pytest.param(
            "[shop/a.b]",
            ['IST0132 spec.hosts[0]: the host "a.b" is served by none of its gateways: Gateway default/edge has no host for namespace default.'],
            id="for another namespace alone",
        ),
    ],
)
def test_a_host_that_no_server_of_the_gateways_has_is_told(hosts: str, wanted: list[str]) -> None:
    rule = istio("VirtualService", "it", f"{{hosts: [a.b], gateways: [edge], {BODY}}}")
    assert asked(world(gateway(hosts), rule), "default", "it") == wanted


def test_a_host_that_another_of_the_gateways_or_a_sidecar_has_is_not() -> None:
    both = istio("VirtualService", "both", f"{{hosts: [a.b], gateways: [edge, other], {BODY}}}")
    mesh = istio("VirtualService", "mesh", f"{{hosts: [a.b], gateways: [edge, mesh], {BODY}}}")
    missing = istio("VirtualService", "missing", f"{{hosts: [a.b], gateways: [edge, absent], {BODY}}}")
    g = world(gateway("[c.d]"), gateway("[a.b]", "other"), both, mesh, missing)
    assert asked(g, "default", "both") == asked(g, "default", "mesh") == asked(g, "default", "missing") == []


CLAIM = (
    "{hosts: [a.b], gateways: [edge], http: [{match: [{headers: {'@request.auth.claims.group': {exact: admin}}}], directResponse: {status: 200}}]}"
)


def tokens(namespace: str, selector: str) -> str:
    spec = f"{{{selector} jwtRules: [{{issuer: a}}]}}"
    return f"{{apiVersion: security.istio.io/v1, kind: RequestAuthentication, metadata: {{name: it, namespace: {namespace}}}, spec: {spec}}}"


@pytest.mark.rule("VS-27")
def test_a_match_on_claims_that_nobody_checks_is_told() -> None:
    rule, edge = istio("VirtualService", "it", CLAIM), gateway("[a.b]")
    bare = [
        (
            'IST0149 spec.http[0].match[0].headers["@request.auth.claims.group"]: the match on "@request.auth.claims.group" never holds, for no '
            "RequestAuthentication selects the workloads of Gateway default/edge."
        )
    ]
    assert asked(world(edge, rule), "default", "it") == bare
    assert asked(world(edge, rule, tokens("edges", "selector: {matchLabels: {app: other}},")), "default", "it") == bare
    assert asked(world(edge, rule, tokens("edges", "selector: {matchLabels: {app: edge}},")), "default", "it") == []
    assert asked(world(edge, rule, tokens("edges", "")), "default", "it") == []


def test_a_gateway_that_the_mesh_makes_for_itself_is_not_to_be_named() -> None:
    rule = istio("VirtualService", "it", f"{{hosts: [a.b], gateways: [edges/web-istio-autogenerated-k8s-gateway-http], {BODY}}}")
    assert asked(world(rule), "default", "it") == [
        (
            'IST0165 spec.gateways[0]: the Gateway "edges/web-istio-autogenerated-k8s-gateway-http" is made by the mesh for a listener of the '
            "Kubernetes Gateway web, and may have another name tomorrow."
        )
    ]


INGRESS = """
{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: edge},
 spec: {rules: [{host: a.b, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}}
"""


@pytest.mark.rule("GW-11")
@pytest.mark.parametrize(
    ("host", "subset", "more", "told"),
    [
        pytest.param("web", "v1", "", True, id="a subset for sidecars"),
        pytest.param("web", "''", "", False, id="no subset"),
        pytest.param("web", "v1", "gateways: [mesh, edge],", False, id="for a gateway too"),
        pytest.param("other", "v1", "", False, id="another host"),
    ],
)
def test_rules_that_an_ingress_goes_round_are_told(host: str, subset: str, more: str, told: bool) -> None:
    route = f"[{{route: [{{destination: {{host: web, subset: {subset}}}}}]}}]"
    rule = istio("VirtualService", "it", f"{{hosts: [{host}], {more} http: {route}}}")
    sentence = "requests through Ingress default/edge go to web.default.svc.cluster.local without these rules, which are for sidecars only."
    found = beside_ingresses(world(INGRESS, rule), Ref("VirtualService", "default", "it"))
    assert [(each.code, each.path, each.message) for each in found] == [("IST0140", "spec.hosts[0]", sentence)] * told
