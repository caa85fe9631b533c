"""Which stored credentials a sidecar gets."""

from __future__ import annotations

import pytest

from lateen.translate.credentials import credentials
from tests.given.worlds import world

CLIENT = (("app", "client"), ("v", "1"))


def rule(policy: str, selector: str = "{matchLabels: {app: client}}", namespace: str = "default", name: str = "rule") -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: {name}, namespace: {namespace}}}
spec: {{host: a.example, workloadSelector: {selector}, trafficPolicy: {policy}}}
"""


@pytest.mark.rule("DR-8", "DR-12")
def test_a_sidecar_gets_what_rules_that_select_it_name() -> None:
    mutual = "{tls: {mode: MUTUAL, credentialName: a}, portLevelSettings: [{port: {number: 80}, tls: {mode: SIMPLE, credentialName: b}}]}"
    expected = ("kubernetes://a", "kubernetes://a-cacert", "kubernetes://b-cacert")
    assert credentials(world(rule(mutual)), "default", CLIENT) == expected
    assert credentials(world(rule(mutual)), "default", (("app", "other"),)) == ()
    assert credentials(world(rule(mutual)), "elsewhere", CLIENT) == ()


@pytest.mark.rule("DR-8")
@pytest.mark.parametrize("tls", ["{mode: ISTIO_MUTUAL, credentialName: a}", "{mode: DISABLE, credentialName: a}", "{mode: SIMPLE}"])
def test_modes_that_need_no_credential_get_none(tls: str) -> None:
    assert credentials(world(rule(f"{{tls: {tls}}}")), "default", CLIENT) == ()


@pytest.mark.rule("DR-12")
def test_a_rule_for_everybody_hands_out_no_key() -> None:
    everybody = rule("{tls: {mode: MUTUAL, credentialName: a}}").replace("workloadSelector: {matchLabels: {app: client}}, ", "")
    assert credentials(world(everybody), "default", CLIENT) == ()
