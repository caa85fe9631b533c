"""PeerAuthentication: which mode holds for a workload and its ports."""

from __future__ import annotations

import pytest

from lateen.ir.view import Labels
from lateen.translate.peer_modes import NamespacePolicies, PeerMode, PeerModes, mesh_modes, namespace_modes, peer_modes, policies_to_callers
from lateen.values.ref import Ref
from tests.given.worlds import world

FOO: Labels = (("app", "foo"), ("version", "v1"))
BAR: Labels = (("app", "bar"),)


def policy(namespace: str, spec: str, name: str = "default", created: str = "2024-01-01T00:00:00Z") -> str:
    return f"""
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {{name: {name}, namespace: {namespace}, creationTimestamp: "{created}"}}
spec: {spec}
"""


@pytest.mark.rule("SEC-2")
def test_where_nobody_says_anything_both_are_taken() -> None:
    assert peer_modes(world(), "default", FOO) == PeerModes(PeerMode.PERMISSIVE)


@pytest.mark.rule("SEC-2")
def test_the_nearest_policy_counts() -> None:
    g = world(
        policy("istio-system", "{mtls: {mode: STRICT}}"),
        policy("default", "{mtls: {mode: DISABLE}}"),
        policy("default", "{selector: {matchLabels: {app: foo}}, mtls: {mode: PERMISSIVE}}", "foo"),
    )
    assert peer_modes(g, "elsewhere", FOO).mode is PeerMode.STRICT
    assert peer_modes(g, "default", BAR).mode is PeerMode.DISABLE
    assert peer_modes(g, "default", FOO).mode is PeerMode.PERMISSIVE


@pytest.mark.rule("SEC-2")
def test_within_one_level_the_oldest_alone_counts() -> None:
    g = world(
        policy("default", "{mtls: {mode: STRICT}}", "younger", "2024-01-02T00:00:00Z"),
        policy("default", "{mtls: {mode: DISABLE}}", "older", "2024-01-01T00:00:00Z"),
        policy("default", "{selector: {matchLabels: {app: foo}}, mtls: {mode: STRICT}}", "a", "2024-01-04T00:00:00Z"),
        policy("default", "{selector: {matchLabels: {version: v1}}, mtls: {mode: PERMISSIVE}}", "b", "2024-01-03T00:00:00Z"),
    )
    assert peer_modes(g, "default", BAR).mode is PeerMode.DISABLE
    assert peer_modes(g, "default", FOO).mode is PeerMode.PERMISSIVE


@pytest.mark.rule("SEC-2")
@pytest.mark.parametrize("spec", ["{mtls: {mode: UNSET}}", "{}"])
def test_what_is_not_set_comes_from_the_level_above(spec: str) -> None:
    g = world(policy("istio-system", "{mtls: {mode: STRICT}}"), policy("default", spec))
    assert namespace_modes(g, "default") == PeerModes(PeerMode.STRICT, (), (Ref("PeerAuthentication", "istio-system", "default"),))


@pytest.mark.rule("SEC-2")
def test_a_selector_in_the_root_namespace_is_ignored_even_for_its_own_workloads() -> None:
    g = world(policy("istio-system", "{selector: {matchLabels: {app: foo}}, mtls: {mode: STRICT}}"))
    assert mesh_modes(g).mode is PeerMode.PERMISSIVE
    assert peer_modes(g, "istio-system", FOO).mode is PeerMode.PERMISSIVE
    assert peer_modes(g, "default", FOO).mode is PeerMode.PERMISSIVE


@pytest.mark.rule("SEC-2")
def test_ports_count_in_a_workloads_policy_only_and_unset_ones_take_its_mode() -> None:
    ports = "portLevelMtls: {8080: {mode: DISABLE}, 9090: {mode: UNSET}}"
    g = world(
        policy("istio-system", "{mtls: {mode: STRICT}}"),
        policy("default", f"{{selector: {{matchLabels: {{app: foo}}}}, {ports}}}", "foo"),
    )
    found = peer_modes(g, "default", FOO)
    assert found.ports == ((8080, PeerMode.DISABLE), (9090, PeerMode.STRICT))
    assert [found.on(port) for port in (8080, 9090, 80)] == [PeerMode.DISABLE, PeerMode.STRICT, PeerMode.STRICT]
    assert found.origins == (Ref("PeerAuthentication", "default", "foo"), Ref("PeerAuthentication", "istio-system", "default"))


def test_without_policies_for_workloads_labels_are_not_looked_at() -> None:
    assert NamespacePolicies(others=PeerModes(PeerMode.STRICT)).of(FOO) == PeerModes(PeerMode.STRICT)


@pytest.mark.rule("CL-3")
def test_callers_are_told_who_takes_no_mutual_tls_and_nothing_else() -> None:
    strict = policy("default", "{mtls: {mode: STRICT}}")
    plain = policy("default", "{selector: {matchLabels: {app: foo}}, portLevelMtls: {80: {mode: DISABLE}}}", "foo")

    assert policies_to_callers(world(strict), "default") == policies_to_callers(world(), "default") == NamespacePolicies()
    to_callers = policies_to_callers(world(strict, plain), "default")
    assert to_callers.of(FOO).on(80) is PeerMode.DISABLE
    assert to_callers.of(FOO).on(81) is to_callers.of(BAR).on(80) is PeerMode.PERMISSIVE
