"""Policies: whom they select, what they name, which of several holds."""

from __future__ import annotations

import pytest

from lateen.check.analyses.policies import callers, peer_authentication, providers, selection, telemetries
from lateen.values.ref import Ref
from tests.given.checks import lines
from tests.given.worlds import world

GROUPS = {"Telemetry": "telemetry.istio.io/v1", "WasmPlugin": "extensions.istio.io/v1alpha1", "EnvoyFilter": "networking.istio.io/v1alpha3"}


def policy(kind: str, name: str, spec: str = "", namespace: str = "default", year: int = 2020) -> str:
    metadata = f'{{name: {name}, namespace: {namespace}, creationTimestamp: "{year}-01-01T00:00:00Z"}}'
    return f"{{apiVersion: {GROUPS.get(kind, 'security.istio.io/v1')}, kind: {kind}, metadata: {metadata}, spec: {{{spec}}}}}"


def pod(labels: str, namespace: str = "default", name: str = "web") -> str:
    metadata = f"{{name: {name}, namespace: {namespace}, labels: {labels}}}"
    return f"{{apiVersion: v1, kind: Pod, metadata: {metadata}, spec: {{containers: [{{name: a}}]}}, status: {{podIP: 10.0.0.1}}}}"


def mesh(config: str) -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: istio, namespace: istio-system}}\ndata:\n  mesh: '{config}'"


SELECTOR = "selector: {matchLabels: {app: web}}"


@pytest.mark.parametrize("kind", ["AuthorizationPolicy", "RequestAuthentication", "PeerAuthentication", "Telemetry"])
def test_a_selector_that_fits_nobody_of_the_namespace_is_told(kind: str) -> None:
    g = world(policy(kind, "it", SELECTOR), pod("{app: web}", "other"), pod("{app: shop}"))
    assert lines(selection(g, Ref(kind, "default", "it"))) == ['IST0127 spec.selector: no workload of namespace default has the labels "app: web".']
    assert lines(selection(world(policy(kind, "it", SELECTOR), pod("{app: web, x: y}")), Ref(kind, "default", "it"))) == []


def test_where_no_workload_is_known_nothing_is_said_of_selectors() -> None:
    assert lines(selection(world(policy("AuthorizationPolicy", "it", SELECTOR)), Ref("AuthorizationPolicy", "default", "it"))) == []


def test_a_policy_of_the_root_namespace_selects_in_all() -> None:
    ref = Ref("AuthorizationPolicy", "istio-system", "it")
    rule = policy("AuthorizationPolicy", "it", SELECTOR, "istio-system")
    assert lines(selection(world(rule, pod("{app: web}", "other")), ref)) == []
    assert lines(selection(world(rule, pod("{app: shop}")), ref)) == ['IST0127 spec.selector: no workload of the mesh has the labels "app: web".']


@pytest.mark.rule("AZ-12")
def test_workloads_of_a_kubernetes_gateway_are_not_to_be_selected_by_labels() -> None:
    g = world(policy("AuthorizationPolicy", "it", SELECTOR), pod("{app: web, gateway.networking.k8s.io/gateway-name: edge}"))
    assert lines(selection(g, Ref("AuthorizationPolicy", "default", "it"))) == [
        'IST0166 spec.selector: the labels "app: web" fit workloads of the Kubernetes Gateway edge, which the mesh may replace by others.'
    ]


@pytest.mark.rule("SEC-2")
def test_of_policies_for_a_namespace_the_oldest_alone_counts() -> None:
    strict = "mtls: {mode: STRICT}"
    g = world(
        policy("PeerAuthentication", "new", strict, year=2021),
        policy("PeerAuthentication", "old", strict),
        policy("PeerAuthentication", "x", strict, "x"),
    )
    assert lines(peer_authentication(g, Ref("PeerAuthentication", "default", "old"))) == []
    assert lines(peer_authentication(g, Ref("PeerAuthentication", "x", "x"))) == []
    assert lines(peer_authentication(g, Ref("PeerAuthentication", "default", "new"))) == [
        (
            "LAT0004 spec: PeerAuthentication default/old is older and is for all workloads of the namespace too, and only the oldest "
            "counts, so this one "
            "has no effect there."
        )
    ]


@pytest.mark.rule("SEC-2")
def test_of_policies_for_a_workload_the_oldest_alone_counts() -> None:
    tier = SELECTOR.replace("app: web", "tier: front")
    old, new = policy("PeerAuthentication", "old", SELECTOR), policy("PeerAuthentication", "new", tier, year=2021)
    ref = Ref("PeerAuthentication", "default", "new")
    assert lines(peer_authentication(world(old, new), ref)) == []
    assert lines(peer_authentication(world(old, new, pod("{app: web, tier: front}")), ref)) == [
        (
            "LAT0004 spec.selector: PeerAuthentication default/old is older and selects Pod default/web too, and only the oldest "
            "counts, so this one has "
            "no effect there."
        )
    ]
    assert lines(peer_authentication(world(old, policy("PeerAuthentication", "new", SELECTOR, year=2021)), ref)) == [
        (
            "LAT0004 spec.selector: PeerAuthentication default/old is older and selects the same workloads, and only the oldest counts, "
            "so this one has "
            "no effect there."
        )
    ]


@pytest.mark.rule("SEC-2")
def test_a_policy_with_a_selector_in_the_root_namespace_is_ignored() -> None:
    g = world(policy("PeerAuthentication", "it", SELECTOR, "istio-system"))
    assert lines(peer_authentication(g, Ref("PeerAuthentication", "istio-system", "it"))) == [
        "LAT0004 spec.selector: a policy with a selector in the root namespace, istio-system, has no effect, not even there."
    ]


@pytest.mark.rule("TE-5")
def test_of_several_telemetries_the_oldest_counts() -> None:
    g = world(
        policy("Telemetry", "new", year=2021),
        policy("Telemetry", "old"),
        policy("Telemetry", "a", SELECTOR),
        policy("Telemetry", "b", "selector: {matchLabels: {tier: front}}", year=2022),
        pod("{app: web, tier: front}"),
    )
    assert [f"{found.ref.name} {line}" for found, line in zip(telemetries(g, "default"), lines(telemetries(g, "default")), strict=True)] == [
        "new IST0160 spec: Telemetry default/old is older and is for all workloads of the namespace too, so this one has no effect.",
        "b IST0159 spec.selector: Telemetry default/a is older and selects Pod default/web too, so this one has no effect there.",
    ]
    assert telemetries(g, "other") == ()


@pytest.mark.rule("AZ-10")
def test_a_provider_that_the_mesh_config_has_not_is_told() -> None:
    rule = policy("AuthorizationPolicy", "it", "action: CUSTOM, provider: {name: opa}, rules: [{}]")
    ref = Ref("AuthorizationPolicy", "default", "it")
    assert lines(providers(world(rule), ref)) == [
        'IST0101 spec.provider.name: there is no provider "opa" in extensionProviders of the mesh config, which has none.'
    ]
    config = "extensionProviders: [{name: NAME, envoyExtAuthzGrpc: {service: opa.local, port: 9000}}]"
    assert lines(providers(world(rule, mesh(config.replace("NAME", "other"))), ref)) == [
        'IST0101 spec.provider.name: there is no provider "opa" in extensionProviders of the mesh config, which has other.'
    ]
    assert lines(providers(world(rule, mesh(config.replace("NAME", "opa"))), ref)) == []


@pytest.mark.rule("TE-7")
def test_telemetry_that_goes_nowhere_is_told() -> None:
    logs, metrics = "[{providers: [{name: logs}]}, {disabled: true}]", "[{providers: [{name: prometheus}]}, {}]"
    spec = f"tracing: [{{randomSamplingPercentage: 10}}], accessLogging: {logs}, metrics: {metrics}"
    ref = Ref("Telemetry", "default", "it")
    assert lines(providers(world(policy("Telemetry", "it", spec)), ref)) == [
        'IST0101 spec.accessLogging[0].providers[0].name: there is no provider "logs" in extensionProviders of the mesh config, which has none.',
        "IST0157 spec.tracing[0]: tracing names no provider, and the mesh config has no default one, so it has no effect.",
    ]
    config = "{extensionProviders: [{name: logs, envoyFileAccessLog: {path: /dev/stdout}}], defaultProviders: {tracing: [zipkin]}}"
    assert lines(providers(world(policy("Telemetry", "it", spec), mesh(config)), ref)) == []


def test_namespaces_of_callers_must_exist_where_namespaces_are_known() -> None:
    rule = policy("AuthorizationPolicy", "it", "rules: [{from: [{source: {namespaces: [shop, 'team-*', sohp]}}]}]")
    ref = Ref("AuthorizationPolicy", "default", "it")
    assert lines(callers(world(rule), ref)) == []
    assert lines(callers(world(rule, "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}"), ref)) == [
        'IST0101 spec.rules[0].from[0].source.namespaces[2]: there is no namespace "sohp".'
    ]
