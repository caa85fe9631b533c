"""Texts of files as a folder's store is given them, where it does not matter what manifests mean."""

from __future__ import annotations

from typing import Any

import msgspec
import yaml

from lateen.store.folder import Contents
from lateen.values.finding import Finding, Position, Severity
from lateen.values.ref import Ref


def read(text: str, file: str) -> Contents:
    """Every document with a kind and a name; one whose spec is `wrong` is refused, and text that is no YAML cannot be read."""
    try:
        manifests = [each for each in yaml.safe_load_all(text) if each]
    except yaml.YAMLError:
        return Contents(findings=(Finding(Ref("File", "", file), "", Severity.ERROR, "", "this is no YAML."),), is_whole=False)
    found = {_ref(each): each for each in manifests}
    refused = frozenset(ref for ref, each in found.items() if each.get("spec") == "wrong")
    return Contents(
        {ref: msgspec.json.encode(each) for ref, each in found.items() if ref not in refused},
        {ref: Position(file, 1) for ref in found},
        refused,
        tuple(Finding(ref, "spec", Severity.ERROR, "", "this is wrong.", "Mend it.", Position(file, 1)) for ref in sorted(refused)),
    )


def _ref(manifest: dict[str, Any]) -> Ref:
    metadata = manifest["metadata"]
    return Ref(manifest["kind"], metadata.get("namespace", ""), metadata["name"])
