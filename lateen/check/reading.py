"""One manifest read and checked: what does not fit the schema and what means nothing, told together.

A manifest that does not fit its schema is no object, yet the rest of it can be right or wrong. So it is checked in each way in which its mistakes may
have been meant (`api.meant`), and what is found in all of them is told beside the mistakes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lateen.api.decode import decode, written_ref
from lateen.api.meant import Draft, drafts
from lateen.api.resource import Resource
from lateen.api.text import Places
from lateen.check.kinds import check, finding_of, remarks
from lateen.check.networking.envoy_filter import Parses
from lateen.check.remark import Remark, wrong
from lateen.values.finding import Finding, is_refused


def read(
    manifest: Mapping[str, Any], places: Places | None = None, namespace: str = "default", parses: Parses | None = None
) -> tuple[Resource[Any] | None, list[Finding]]:
    """The resource that a manifest is, None when it is refused or of no use to a mesh, and all that is to be said of it by itself.

    `namespace` is for a manifest that names none; `parses` as in `check`.
    """
    resource, found = decode(manifest, places, namespace)
    if resource is not None:
        found += check(resource, places, parses)
        return (None if is_refused(found) else resource), found
    if is_refused(found):
        found += _beside(manifest, found, places, namespace, parses)
    return None, found


def _beside(manifest: Mapping[str, Any], mistakes: list[Finding], places: Places | None, namespace: str, parses: Parses | None) -> Iterator[Finding]:
    said = {mistake.path for mistake in mistakes if mistake.path.startswith("metadata")}
    ref = written_ref(manifest, namespace)
    readings = [(draft.meaning, _own_remarks(draft, parses)) for draft in drafts(manifest, ref)]
    for meaning, found in readings[:1]:
        in_all = (remark for remark in found if all(remark in others for _, others in readings[1:]))
        for remark in (*(wrong(mistake.path, mistake.message, mistake.hint) for mistake in meaning.inside), *in_all):
            finding = finding_of(ref, remark._replace(path=meaning.as_written(remark.path)), places)
            if finding.path not in said:
                yield finding


def _own_remarks(draft: Draft, parses: Parses | None) -> list[Remark]:
    """What is to be said of a draft but for its stand-ins."""
    return [remark for remark in remarks(draft.resource, parses) if not draft.meaning.is_told(remark.path)]
