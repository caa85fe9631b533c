import pytest

from lateen.check import check_text

POLICY = "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\n"
RULE = "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\n"


def said(head: str, value: str, spec: str) -> list[str]:
    annotated = f'metadata: {{name: it, annotations: {{istio.io/dry-run: "{value}"}}}}\n'
    return [f"{found.path}: {found.message}" for found in check_text(f"{head}{annotated}spec: {spec}\n")]


@pytest.mark.rule("AZ-9")
def test_a_dry_run_is_true_or_false() -> None:
    assert said(POLICY, "true", "{rules: [{}]}") == []
    assert said(POLICY, "maybe", "{rules: [{}]}") == ['metadata.annotations["istio.io/dry-run"]: found "maybe", expected "true" or "false".']


@pytest.mark.rule("AZ-9")
def test_only_allow_and_deny_have_a_dry_run() -> None:
    assert said(POLICY, "true", "{action: AUDIT, rules: [{}]}") == [
        'metadata.annotations["istio.io/dry-run"]: a policy with action AUDIT has no dry run, only ALLOW and DENY have.'
    ]


@pytest.mark.rule("AZ-9")
def test_other_kinds_have_no_dry_run() -> None:
    assert said(RULE, "true", "{mtls: {mode: STRICT}}") == [
        'metadata.annotations["istio.io/dry-run"]: a PeerAuthentication has no dry run, only an AuthorizationPolicy has.'
    ]
