"""ReferenceGrant: what Gateway API's own definition refuses (https://gateway-api.sigs.k8s.io/reference/spec/#referencegrant)."""

from __future__ import annotations

from collections.abc import Sequence

from lateen.api.gateway.reference_grant import ReferenceGrant, ReferenceGrantFrom, ReferenceGrantTo
from lateen.api.resource import Resource
from lateen.api.text import Path
from lateen.check.gateway import words
from lateen.check.remark import Remarks, wrong


def reference_grant(of: Resource[ReferenceGrant]) -> Remarks:
    """Somebody may refer to something."""
    yield from _entries(of.spec.from_, ("spec", "from"))
    yield from _entries(of.spec.to, ("spec", "to"))
    for index, allowed in enumerate(of.spec.from_):
        path: Path = ("spec", "from", index)
        if not allowed.namespace:
            yield wrong((*path, "namespace"), "the namespace is empty.")
        yield from words.namespace(allowed.namespace, path)


def _entries(given: Sequence[ReferenceGrantFrom | ReferenceGrantTo], path: Path) -> Remarks:
    yield from words.at_least_one(given, path, "entries")
    yield from words.at_most(16, given, path)
    for index, each in enumerate(given):
        yield from words.reference(each.group, each.kind, "*", (*path, index))
        if not each.kind:
            yield wrong((*path, index, "kind"), "the kind is empty.")
