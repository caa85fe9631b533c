"""What is said of objects is the same wherever one asks: offline, at apply, at the API, by kubectl; and of a whole mesh as of its files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from lateen.check import findings
from lateen.cli.connection import Place, Refused
from lateen.cli.kubeconfig import kubeconfig
from lateen.control.plane import ControlPlane
from tests.given.objects import reviews_and_rule

WRONG = """\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: reviews
spec:
  hosts: [reviews, reviews]
  http:
  - route:
    - destination: {host: reviews}
      weight: "80"
    timeout: soon
    retries: {attempts: -1}
  - route:
    - destination: {host: reviews}
    mirrorPercent: 5
    mirror: {host: shadow}
"""
DOUBTFUL = WRONG.replace("[reviews, reviews]", "[reviews]").replace('"80"', "80").replace("soon", "1s").replace("-1", "1")
RULES = "/apis/networking.istio.io/v1/namespaces/default/virtualservices"
SAID = [
    ("error", "spec.hosts[1]", 6, 20, 'the host "reviews" is given twice. Keep one of them.'),
    ("error", "spec.http[0].route[0].weight", 10, 7, 'found the text "80", expected a whole number. Leave out the quotes: 80.'),
    ("error", "spec.http[0].timeout", 11, 5, 'found "soon", expected a duration such as "1.5s", "100ms" or "1h30m".'),
    ("error", "spec.http[0].retries.attempts", 12, 15, "found -1, expected 0 (no retries) or more."),
    ("warning", "spec.http[1]", 13, 5, "this rule is never reached: rule 0 before it takes everything. Put it first."),
    ("warning", "spec.http[1].mirrorPercent", 15, 5, "mirrorPercent is deprecated. Write mirrorPercentage: {value: 5}."),
]


def sentence(finding: dict[str, Any]) -> str:
    return f"{finding['message']} {finding['hint']}".strip()


@pytest.mark.rule("VA-1")
async def test_offline_at_apply_and_at_the_api_the_findings_are_the_same(client: Any, lateen: Any, tmp_path: Path) -> None:
    offline = findings(WRONG, "mesh.yaml")
    assert [(each["severity"], each["path"], each["line"], each["column"], sentence(each)) for each in offline] == SAID
    (tmp_path / "mesh.yaml").write_text(WRONG)
    validated = await lateen("validate", "-f", "mesh.yaml", "-o", "json")
    applied = await lateen("apply", "-f", "mesh.yaml", "-o", "json")
    assert (validated.code, applied.code) == (1, 1)
    assert json.loads(validated.out) == json.loads(applied.out)["findings"] == offline
    with pytest.raises(Refused) as refused:
        await client.call("POST", RULES, yaml.safe_load(WRONG))
    assert sorted((cause["field"], cause["message"]) for cause in refused.value.answer["details"]["causes"]) == sorted(
        (path, text) for severity, path, _, _, text in SAID if severity == "error"
    )


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="needs kubectl")
@pytest.mark.rule("VA-1")
async def test_kubectl_shows_warnings_apart_from_errors(control_plane: ControlPlane, tmp_path: Path) -> None:
    from tests.feature.conftest import run_process

    at = control_plane.connection
    (tmp_path / "kubeconfig").write_bytes(msgspec.json.encode(kubeconfig(Place(at.server, control_plane.token, at.roots), "default")))
    kubectl = ("kubectl", f"--kubeconfig={tmp_path / 'kubeconfig'}", f"--cache-dir={tmp_path / 'cache'}", "apply", "-f", "-")
    warnings = {f"Warning: {path}: {text}" for severity, path, _, _, text in SAID if severity == "warning"}
    accepted = await run_process(*kubectl, stdin=DOUBTFUL)
    assert (accepted.code, accepted.out) == (0, "virtualservice.networking.istio.io/reviews created\n")
    assert set(accepted.err.splitlines()) == warnings
    refused = await run_process(*kubectl, "--validate=false", stdin=WRONG.replace("reviews\n", "other\n", 1))
    assert (refused.code, refused.out) == (1, "")
    assert warnings <= set(refused.err.splitlines())
    assert all(f"{path}: {text}" in refused.err for severity, path, _, _, text in SAID if severity == "error")


WORLD = reviews_and_rule("old")
LATER = """\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: young}
spec:
  hosts: [reviews]
  http: [{route: [{destination: {host: reviews, subset: v1}}]}]
"""
LOST = (
    'the host "reviews.default.svc.cluster.local" belongs to VirtualService default/old, which is as old and comes first by name; at the sidecars '
    "only the oldest rule for a host counts. Write its routes there, or take the host out of one of them."
)
NO_SUBSET = 'no DestinationRule for "reviews.default.svc.cluster.local" has the subset "v1". Add a DestinationRule with it.'


@pytest.mark.rule("VS-10")
async def test_who_loses_a_conflict_is_told_at_apply_by_describe_and_by_analyze(lateen: Any, tmp_path: Path) -> None:
    (tmp_path / "world.yaml").write_text(WORLD)
    (tmp_path / "later.yaml").write_text(LATER)
    together = await lateen("analyze", "world.yaml", "later.yaml")
    assert (together.code, together.out) == (
        1,
        (
            f"later.yaml:5:11: error [IST0109]: VirtualService default/young spec.hosts[0]: {LOST}\n"
            f"later.yaml:6:49: error [IST0101]: VirtualService default/young spec.http[0].route[0].destination.subset: {NO_SUBSET}\n"
            "3 objects, 2 findings.\n"
        ),
    )
    assert (await lateen("apply", "-f", "world.yaml")).err == ""
    imagined = await lateen("apply", "-f", "later.yaml", "--dry-run")
    assert (imagined.code, imagined.out) == (0, "virtualservice.networking.istio.io/young created (dry run)\n")
    assert [line.partition(" error ")[0] for line in imagined.err.splitlines()] == ["later.yaml:5:11:", "later.yaml:6:49:"]
    applied = await lateen("apply", "-f", "later.yaml")
    assert (applied.code, applied.out) == (0, "virtualservice.networking.istio.io/young created\n")
    assert [line.partition(" error ")[0] for line in applied.err.splitlines()] == ["later.yaml:5:11:", "later.yaml:6:49:"]
    assert "error [IST0109]: VirtualService default/young spec.hosts[0]" in (await lateen("describe", "vs/young")).out
    live = await lateen("analyze", "-o", "json")
    assert (live.code, [(each["code"], each["ref"], each["path"], each["file"]) for each in json.loads(live.out)]) == (
        1,
        [
            ("IST0101", "VirtualService default/young", "spec.http[0].route[0].destination.subset", ""),
            ("IST0109", "VirtualService default/young", "spec.hosts[0]", ""),
        ],
    )


async def test_analyze_of_the_live_mesh_is_of_one_namespace_or_of_all(lateen: Any) -> None:
    rule = LATER.replace("name: young", "name: young, namespace: shop")
    await lateen("apply", "-f", "-", stdin=rule)
    assert (await lateen("analyze")) == (0, "0 objects, nothing to be said.\n", "")
    assert (await lateen("analyze", "-n", "shop")).out.endswith("1 object, 1 finding.\n")
    assert (await lateen("analyze", "-A")).out.endswith("1 object, 1 finding.\n")
    assert (await lateen("analyze", "-A", "--fail-level", "never")).code == 0
