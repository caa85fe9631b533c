"""DestinationRules that have nothing to apply to."""

from __future__ import annotations

import pytest

from lateen.check.analyses.destination_rules import blind, idle, overruled, unverified
from lateen.values.ref import Ref
from tests.given.checks import lines
from tests.given.objects import istio, mesh, service
from tests.given.worlds import world

BY_PLACE = "{name: all}, {name: here, labels: {topology.kubernetes.io/region: r}}"
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
    versions = "{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}"
    rule = istio("DestinationRule", "it", f"{{host: a.b, subsets: [{versions}, {BY_PLACE}]}}")
    assert said(rule, istio("ServiceEntry", "a", ENTRY)) == [
        'error IST0173 spec.subsets[1]: no endpoint of a.b has the labels "version: v2" of subset v2.'
    ]


def test_a_pod_behind_a_service_is_in_its_subsets_also_where_no_cluster_has_made_it_an_endpoint() -> None:
    rule = istio("DestinationRule", "it", "{host: reviews, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]}")
    pod = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {app: reviews, version: v1}}\nstatus: {podIP: 10.1.0.1, phase: Running}\n"
    assert said(rule, service("reviews", spec=", selector: {app: reviews}"), pod) == [
        'error IST0173 spec.subsets[1]: no endpoint of reviews.default.svc.cluster.local has the labels "version: v2" of subset v2.'
    ]


@pytest.mark.rule("SE-3")
def test_subsets_of_a_host_without_endpoints_of_its_own_are_not_judged() -> None:
    rule = istio("DestinationRule", "it", "{host: a.b, subsets: [{name: v2, labels: {version: v2}}]}")
    assert said(rule, istio("ServiceEntry", "a", "{hosts: [a.b], ports: [{number: 80, name: http, protocol: HTTP}]}")) == []


def lost(*documents: str) -> list[str]:
    return lines(overruled(world(*documents), RULE))


POLICY = "trafficPolicy: {loadBalancer: {simple: RANDOM}}"
SUBSETS = "subsets: [{name: v1, labels: {version: v1}}]"


@pytest.mark.rule("DR-11")
def test_of_two_rules_for_a_host_the_younger_hears_what_of_it_has_no_effect() -> None:
    old = istio("DestinationRule", "old", f"{{host: reviews, {POLICY}, {SUBSETS}}}", year=2019)
    more = "[{name: v2, labels: {version: v2}}, {name: v1, labels: {version: v9}}]"
    assert lost(old, istio("DestinationRule", "it", f"{{host: reviews.default.svc.cluster.local, {POLICY}, subsets: {more}}}")) == [
        "LAT0003 spec.trafficPolicy: DestinationRule default/old for the same host is older and has a trafficPolicy, so this one has no effect.",
        'LAT0003 spec.subsets[1].name: DestinationRule default/old for the same host is older and has a subset "v1", so this one has no effect.',
    ]


@pytest.mark.rule("DR-11")
@pytest.mark.parametrize(
    "old",
    [
        pytest.param(f"{{host: reviews, {SUBSETS}}}", id="without a policy"),
        pytest.param(f"{{host: ratings, {POLICY}}}", id="for another host"),
        pytest.param(f"{{host: reviews, {POLICY}, workloadSelector: {{matchLabels: {{app: web}}}}}}", id="for chosen clients"),
        pytest.param(f"{{host: '*.default.svc.cluster.local', {POLICY}}}", id="for a wildcard"),
    ],
)
def test_what_an_older_rule_does_not_say_has_its_effect(old: str) -> None:
    rule = istio("DestinationRule", "it", f"{{host: reviews, {POLICY}}}")
    assert lost(istio("DestinationRule", "old", old, year=2019), rule) == []
    assert lost(istio("DestinationRule", "old", f"{{host: reviews, {POLICY}}}", "other", 2019), rule) == []


@pytest.mark.rule("DR-11")
def test_rules_with_another_export_to_are_not_merged() -> None:
    rule = istio("DestinationRule", "it", f"{{host: reviews, {POLICY}, exportTo: [a, b]}}")
    assert lost(istio("DestinationRule", "old", f"{{host: reviews, {POLICY}}}", year=2019), rule) == [
        (
            "LAT0003 spec.host: DestinationRule default/old for the same host is older, and has another exportTo, so they are not "
            "merged: who sees both "
            "goes by that one."
        )
    ]
    assert lost(istio("DestinationRule", "old", f"{{host: reviews, {POLICY}, exportTo: [c]}}", year=2019), rule) == []


def bare(tls: str) -> list[str]:
    policy = f"{{host: reviews, trafficPolicy: {{tls: {tls}, portLevelSettings: [{{port: {{number: 443}}, tls: {tls}}}]}}}}"
    return lines(unverified(world(istio("DestinationRule", "it", policy)), RULE))


@pytest.mark.rule("DR-8")
def test_tls_that_is_held_against_public_roots_only_is_warned_of() -> None:
    message = "mode SIMPLE without caCertificates takes any server that a public authority has certified."
    assert bare("{mode: SIMPLE}") == [
        f"IST0128 spec.trafficPolicy.tls: {message}",
        f"IST0129 spec.trafficPolicy.portLevelSettings[0].tls: {message}",
    ]


@pytest.mark.rule("DR-8")
@pytest.mark.parametrize(
    "tls",
    [
        "{mode: DISABLE}",
        "{mode: ISTIO_MUTUAL}",
        "{mode: SIMPLE, caCertificates: /etc/ca.pem}",
        "{mode: SIMPLE, credentialName: ca}",
        "{mode: SIMPLE, insecureSkipVerify: true}",
    ],
)
def test_tls_that_is_verified_or_is_not_meant_to_be_is_not(tls: str) -> None:
    assert bare(tls) == []


def zoned(setting: str) -> str:
    return istio("DestinationRule", "it", f"{{host: reviews, trafficPolicy: {{loadBalancer: {{zoneAwareLbSetting: {setting}}}}}}}")


@pytest.mark.rule("DR-4")
def test_zones_that_proxies_cannot_weigh_are_warned_of() -> None:
    message = "zoneAwareLbSetting has no effect, for proxies do not know where the replicas of their own workload are."
    assert lines(blind(world(zoned("{enabled: true}")), RULE)) == [f"LAT0008 spec.trafficPolicy.loadBalancer.zoneAwareLbSetting: {message}"]
    knowing = mesh("defaultConfig: {proxyMetadata: {ISTIO_META_ENABLE_SELF_DISCOVERY: 'true'}}")
    assert lines(blind(world(zoned("{enabled: true}"), knowing), RULE)) == []
    assert lines(blind(world(zoned("{enabled: false}")), RULE)) == []
