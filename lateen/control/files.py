"""Files as config: what is in the text of one, checked at the same door as everything else, and what is wrong with them told in the log."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from lateen.api import kinds
from lateen.api.decode import Document, documents, written_ref
from lateen.api.resource import Resource
from lateen.api.text import Places
from lateen.assembly.analysis import INTERNAL
from lateen.check.offline import given_twice
from lateen.check.reading import read
from lateen.kit.logging import logger
from lateen.render.patch_values import faults
from lateen.store.directory import DirectoryStore
from lateen.store.folder import Contents
from lateen.store.store import Store
from lateen.values.finding import FILE, Finding, Position, Severity
from lateen.values.ref import Ref

_PLACE: Final = ("metadata", "name")

_log = logger("files")


def contents(text: str, file: str) -> Contents:
    """The objects of a text that are as they should be, those that are refused, and what is to be said of all but the former.

    An object given twice is refused. What is doubtful in an object that is taken is told by whoever looks at it among the others.
    """
    found, findings = documents(text, file)
    manifests: dict[Ref, bytes] = {}
    places: dict[Ref, Places] = {}
    for document in found:
        ref = written_ref(document.manifest)
        resource, told = _admitted(document, ref)
        findings += told
        if ref in places and ref.name and ref.kind in kinds.KINDS:
            findings.append(given_twice(ref, document.places, places[ref]))
        places[ref] = document.places
        if resource is not None:
            manifests[ref] = msgspec.json.encode(document.manifest)
    refused = frozenset(each.ref for each in findings if each.severity is Severity.ERROR)
    taken = {ref: manifest for ref, manifest in manifests.items() if ref not in refused}
    told = sorted((each for each in findings if each.ref not in taken), key=_position)
    is_whole = not any(ref.kind == FILE for ref in refused)
    return Contents(taken, {ref: places[ref].at(_PLACE) for ref in taken}, refused, tuple(told), is_whole)


def _admitted(document: Document, ref: Ref) -> tuple[Resource[Any] | None, list[Finding]]:
    """The object and what is said of it. A check that fails (our bug) is told, and keeps none of the others out."""
    try:
        return read(document.manifest, document.places, parses=faults)
    except Exception as bug:
        _log.exception(f"A mistake in Lateen, while reading {ref}.")
        return None, [Finding(ref, "", Severity.ERROR, INTERNAL, f"this is a mistake in Lateen: {bug!r}.", "", document.places.at(()))]


def findings_of(store: Store) -> tuple[Finding, ...]:
    """What is wrong in the files of a store now; nothing for one that has no files."""
    return store.findings() if isinstance(store, DirectoryStore) else ()


async def tell(store: Store) -> None:
    """Log what is wrong in the files, each mistake once, and when it is mended, until cancelled or the store is closed."""
    if not isinstance(store, DirectoryStore):
        return
    told: frozenset[Finding] = frozenset()
    async for findings in store.watch_findings():
        serious = [each for each in findings if each.severity is not Severity.INFO]
        for finding in serious:
            if finding not in told:
                (_log.error if finding.severity is Severity.ERROR else _log.warning)(str(finding))
        if told and not serious:
            _log.info("The files are as they should be again.")
        told = frozenset(serious)


def _position(finding: Finding) -> Position:
    return finding.position
