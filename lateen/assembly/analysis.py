"""What is to be said of a mesh as a whole: the analyses of `check` and what the translation leaves out, for files and for a mesh at work alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from lateen.api import inputs, kinds
from lateen.api.core.config_map import ConfigMap
from lateen.api.decode import path_of
from lateen.api.mesh import CONFIG_MAP
from lateen.api.mesh_config import KEY
from lateen.api.mesh_config import decode as decode_mesh_config
from lateen.api.resource import Resource
from lateen.api.text import Places
from lateen.assembly import conflicts, offline
from lateen.check import Parses, check
from lateen.check.analyses import of_object
from lateen.check.analyses.annotated import SUPPRESS
from lateen.check.analyses.codes import CODES
from lateen.check.offline import Checked, Files, checked
from lateen.flow import Graph, QueryFailed
from lateen.values.finding import Finding
from lateen.values.ref import Ref

INTERNAL = "IST0001"
_EVERY = "*"


def of_files(files: Files, namespace: str = "default", mesh_config: tuple[str, str] | None = None, parses: Parses | None = None) -> Checked:
    """All findings of files, those of each object by itself and those of all together.

    `mesh_config` is a file's name and text; `parses` as in `check`.
    """
    found = checked(files, namespace, parses)
    resources = list(found.resources)
    said: list[Finding] = []
    if mesh_config is not None:
        name, text = mesh_config
        said += decode_mesh_config(text, CONFIG_MAP, name)[1]
        resources = [each for each in resources if each.ref != CONFIG_MAP] + [_config_map(text)]
    right = {each.ref for each in resources}
    g = offline.graph((*(each for each in found.refused if each.ref not in right), *resources))
    for ref in objects(g):
        if ref not in right:
            continue
        said += (placed(finding, found.places) for finding in analysed(g, ref))
    suppressed = {ref: codes for ref in objects(g) if (codes := _suppressed(g, ref))}
    kept = [finding for finding in (*found.findings, *said) if not _is_suppressed(finding, suppressed.get(finding.ref, frozenset()))]
    return msgspec.structs.replace(found, findings=tuple(sorted(kept, key=lambda finding: finding.position)))


def objects(g: Graph, namespace: str | None = None) -> tuple[Ref, ...]:
    """The objects of one namespace, or of all with those that are in none, sorted by namespace, kind and name."""
    here = [(each, owner) for each in kinds.KINDS for owner in inputs.namespaces(g, each) if namespace in (None, owner)]
    found = (Ref(kind, owner, name) for kind, owner in here for name in inputs.names(g, kind, owner))
    return tuple(sorted(found, key=lambda ref: (ref.namespace, ref.kind, ref.name)))


def standing(g: Graph, ref: Ref, parses: Parses | None = None) -> tuple[Finding, ...]:
    """All that is to be said of one object of a mesh at work, by itself and among the others, but for what its annotation suppresses."""
    resource = inputs.resource(g, ref)
    if resource is None:
        return ()
    codes = _suppressed(g, ref)
    return (*(finding for finding in check(resource, parses=parses) if not _is_suppressed(finding, codes)), *unsuppressed(g, ref))


def analysed(g: Graph, ref: Ref) -> tuple[Finding, ...]:
    """What is to be said of one object among the others. An analysis that fails (our bug) is told, and keeps none of the others from being told."""
    try:
        return (*of_object(g, ref), *conflicts.of_object(g, ref))
    except QueryFailed as failed:
        message = f"this is a mistake in Lateen: {failed.key}: {failed.__cause__!r}."
        return (Finding(ref, "", CODES[INTERNAL].severity, INTERNAL, message),)


def _config_map(text: str) -> Resource[ConfigMap]:
    return Resource(CONFIG_MAP, ConfigMap(data={KEY: text}))


def placed(finding: Finding, places: Mapping[Ref, Places]) -> Finding:
    """The finding with its place, where its object has one."""
    of = places.get(finding.ref)
    return finding if of is None else msgspec.structs.replace(finding, position=of.at(path_of(finding.path)))


def unsuppressed(g: Graph, ref: Ref) -> tuple[Finding, ...]:
    """What is to be said of one object among the others, but for what its annotation suppresses."""
    codes = _suppressed(g, ref)
    return tuple(finding for finding in analysed(g, ref) if not _is_suppressed(finding, codes))


def _suppressed(g: Graph, ref: Ref) -> frozenset[str]:
    """The codes that the object's annotation wants to hear nothing of: "a comma separated list", or `*` for all."""
    resource = inputs.resource(g, ref)
    text = resource.annotations.get(SUPPRESS, "") if resource is not None else ""
    return frozenset(word.strip() for word in text.split(",") if word.strip())


def _is_suppressed(finding: Finding, codes: Iterable[str]) -> bool:
    return finding.code in codes or _EVERY in codes
