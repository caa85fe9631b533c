"""The written rules and the tests that name them: what is named exists, and the page that lists them is up to date."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
COVERAGE = ROOT / "tools" / "coverage.py"


TRAFFIC = (
    *("Foundations", "Names, hosts, visibility", "Services", "Service entries and workloads", "Networks", "VirtualService", "DestinationRule"),
    *("Destinations and endpoints", "Gateway", "Sidecar", "Listeners", "MeshConfig and ProxyConfig"),
)
"""Sections whose every rule is shown by calls through real Envoys."""
SHOWN_OTHERWISE = {
    "0.2": "tests/unit/render/test_alpn.py",  # A word that is never said.
}


def written() -> set[str]:
    """The ids of all rules."""
    return {rule for lines in yaml.safe_load((ROOT / "docs" / "rules.yaml").read_text(encoding="utf-8")).values() for rule in lines}


def named() -> dict[str, tuple[str, ...]]:
    """The ids that tests name, and where."""
    code = "import json, coverage; print(json.dumps(coverage.marks()))"
    found = subprocess.run([sys.executable, "-c", code], cwd=COVERAGE.parent, capture_output=True, text=True, check=True, timeout=60)
    return dict(yaml.safe_load(found.stdout))


def test_every_rule_that_a_test_names_is_written() -> None:
    """A misspelt id would count for nothing."""
    unknown = {rule: files for rule, files in named().items() if rule not in written()}
    assert unknown == {}


def test_the_page_of_rules_and_tests_is_up_to_date() -> None:
    """`make coverage` writes it."""
    assert subprocess.run([sys.executable, COVERAGE, "--check"], timeout=60).returncode == 0, "docs/coverage.md is old: run `make coverage`."


def test_every_line_says_something_of_its_own() -> None:
    """No two rules are described alike."""
    lines = [line for each in yaml.safe_load((ROOT / "docs" / "rules.yaml").read_text(encoding="utf-8")).values() for line in each.values()]
    assert len(lines) == len(set(lines))


def test_every_rule_about_traffic_is_shown_by_a_real_envoy() -> None:
    """Or stands in the short list of those that calls cannot show, with the test that does."""
    tests = named()
    sections = yaml.safe_load((ROOT / "docs" / "rules.yaml").read_text(encoding="utf-8"))
    rules = {rule for section in TRAFFIC for rule in sections[section]}
    shown = {rule for rule in rules if any(file.startswith(("tests/envoy/", "tests/golden/")) for file in tests.get(rule, ()))}
    assert rules - shown == SHOWN_OTHERWISE.keys()
    for rule, file in SHOWN_OTHERWISE.items():
        assert file in tests[rule]
