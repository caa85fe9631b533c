"""Texts checked by themselves: what cannot be read, what does not fit the schema, what means nothing, and what is given twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from lateen.api import kinds
from lateen.api.decode import SCHEMA_ERROR, SCHEMA_WARNING, documents, written_ref
from lateen.api.meant import drafts
from lateen.api.resource import Resource
from lateen.api.text import Places
from lateen.check.networking.envoy_filter import Parses
from lateen.check.reading import read
from lateen.values.finding import Finding, Severity
from lateen.values.ref import Ref

Files = Iterable[tuple[str, str]]
"""Names and texts of files."""


class Checked(msgspec.Struct, frozen=True):
    """What texts say: the objects that are as they should be, where each stands, how many documents there were, and all findings by position.

    `refused` are the others, as far as they can be understood: others may speak of them, which is no mistake then.
    """

    resources: tuple[Resource[Any], ...]
    refused: tuple[Resource[Any], ...]
    places: Mapping[Ref, Places]
    documents: int
    findings: tuple[Finding, ...]


def checked(files: Files, namespace: str = "default", parses: Parses | None = None) -> Checked:
    """All documents of YAML or JSON texts; `namespace` is for objects that name none.

    An object given twice in one file is a mistake. Given in two files it is a warning, for folders may hold variants of one object, of which each is
    meant for another mesh; the later one counts then.
    """
    resources: dict[Ref, Resource[Any]] = {}
    refused: dict[Ref, Resource[Any]] = {}
    places: dict[Ref, Places] = {}
    findings: list[Finding] = []
    number = 0
    for file, text in files:
        found, said = documents(text, file, namespace)
        findings += said
        number += len(found)
        for document in found:
            resource, told = read(document.manifest, document.places, namespace, parses)
            findings += told
            ref = written_ref(document.manifest, namespace)
            if ref in places and ref.name and ref.kind in kinds.KINDS:
                findings.append(given_twice(ref, document.places, places[ref]))
            places[ref] = document.places
            if resource is not None:
                resources[ref] = resource
            elif draft := next(drafts(document.manifest, ref), None):
                refused[ref] = draft.resource
    findings.sort(key=lambda finding: finding.position)
    return Checked(tuple(resources.values()), tuple(refused.values()), places, number, tuple(findings))


def given_twice(ref: Ref, places: Places, earlier: Places, *, refused: bool = False) -> Finding:
    """That an object stands at `places` and at `earlier` too; a mistake within one file, or where only one of them can be (`refused`)."""
    path = ("metadata", "name")
    first, position = earlier.at(path), places.at(path)
    where = ":".join(str(part) for part in (first.file, first.line) if part)
    is_wrong = refused or first.file == position.file
    severity, code = (Severity.ERROR, SCHEMA_ERROR) if is_wrong else (Severity.WARNING, SCHEMA_WARNING)
    message = f"this object is given twice{f', first at {where}' if where else ''}."
    return Finding(ref, "metadata.name", severity, code, message, "Keep one, or name one of them otherwise.", position)


def check_text(text: str, file: str = "", namespace: str = "default", parses: Parses | None = None) -> list[Finding]:
    """All findings of a text, by position."""
    return list(checked([(file, text)], namespace, parses).findings)


def findings(text: str, file: str = "") -> list[dict[str, str | int]]:
    """The same in the documented JSON shape."""
    return [finding.as_json() for finding in check_text(text, file)]
