"""Texts checked by themselves: what cannot be read, what does not fit the schema, and what means nothing."""

from __future__ import annotations

from lateen.api.decode import decode, documents
from lateen.check.kinds import check
from lateen.check.networking.envoy_filter import Parses
from lateen.values.finding import Finding


def check_text(text: str, file: str = "", namespace: str = "default", parses: Parses | None = None) -> list[Finding]:
    """All findings of all documents of a YAML or JSON text, in the order of their lines; `namespace` is for objects that name none."""
    found, said = documents(text, file)
    for document in found:
        resource, read = decode(document.manifest, document.places, namespace)
        said += read
        if resource is not None:
            said += check(resource, document.places, parses)
    said.sort(key=lambda finding: finding.position.line)
    return said


def findings(text: str, file: str = "") -> list[dict[str, str | int]]:
    """The same in the documented JSON shape."""
    return [finding.as_json() for finding in check_text(text, file)]
