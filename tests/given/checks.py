"""What is said of one object, or of a world, as sentences that a test can spell out."""

from __future__ import annotations

from collections.abc import Iterable

from lateen.check import check_text
from lateen.values.finding import Finding


def said(api: str, kind: str, spec: str) -> list[str]:
    """What the checks say of an object with this spec, each with all that a user reads: severity, code, path, message and remedy."""
    head = f"apiVersion: {api}\nkind: {kind}\nmetadata: {{name: it, namespace: default}}\nspec:\n"
    body = "".join(f"  {line}\n" for line in spec.splitlines())
    return [" ".join(filter(None, (found.severity, found.code, f"{found.path}:", found.message, found.hint))) for found in check_text(head + body)]


def lines(findings: Iterable[Finding]) -> list[str]:
    """Findings about one object, each in a line: code, path and message."""
    return [f"{found.code} {found.path}: {found.message}" for found in findings]
