"""Text to resources: `documents` takes text apart, `decode` makes one document a `Resource`. Neither raises: what is wrong comes back as findings.

The fast way is `msgspec.convert`. When it fails, `schema.check` finds all mistakes of the document at once, each with its line and column, and the
document yields no resource. Codes: IST0106 for a mistake, IST0133 for what is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from lateen.api import kinds, schema, text
from lateen.api.kinds import Kind
from lateen.api.resource import Metadata, Resource, normalised
from lateen.api.text import Nodes, Path, Places
from lateen.values.finding import FILE, Finding, Position, Severity
from lateen.values.ref import Ref

SCHEMA_ERROR = "IST0106"
SCHEMA_WARNING = "IST0133"

METADATA = (
    *("name", "namespace", "labels", "annotations", "generateName", "uid", "resourceVersion", "generation", "creationTimestamp"),
    *("deletionTimestamp", "deletionGracePeriodSeconds", "ownerReferences", "finalizers", "managedFields", "selfLink", "clusterName"),
)
"""The fields of Kubernetes' metadata."""

_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_NEAR = 0.85
_STEPS = re.compile(r"""\[([0-9]+)\]|\["([^"]*)"\]|([^.\[\]]+)""")


class Document(msgspec.Struct, frozen=True):
    """One manifest and where its parts stand in the text."""

    manifest: Mapping[str, Any]
    places: Places


def documents(source: str, file: str = "", default_namespace: str = "default") -> tuple[list[Document], list[Finding]]:
    """The documents of YAML or JSON text, those of a `kind: List` one by one, and what is wrong with the text itself."""
    found: list[Document] = []
    findings: list[Finding] = []
    for value, places in _values(source, file, default_namespace, findings):
        if isinstance(value, dict):
            found += _each(value, places, findings)
        elif value is not None:
            findings.append(_no_object(places, (), value))
    return found, findings


def _values(source: str, file: str, namespace: str, findings: list[Finding]) -> Iterator[tuple[Any, Places]]:
    if source.lstrip()[:1] in ("{", "[") and (found := text.json_values(source)) is not None:
        yield from ((value, Places(file, nodes)) for value, nodes in found)
        return
    nodes = Nodes(source)
    for index, (value, mistakes) in enumerate(text.values(source, file)):
        ref = written_ref(value, namespace) if isinstance(value, dict) else _file(file)
        findings += [Finding(ref, "", Severity.ERROR, SCHEMA_ERROR, mistake.message, mistake.hint, mistake.position) for mistake in mistakes]
        yield value, Places(file, nodes, index)


def _each(value: dict[str, Any], places: Places, findings: list[Finding]) -> Iterator[Document]:
    """The document, or the items of a list, which may be lists themselves."""
    kind, items = value.get("kind"), value.get("items")
    if not (isinstance(kind, str) and kind.endswith("List") and (kind == "List" or isinstance(items, list))):
        yield Document(value, places)
        return
    if not isinstance(items, list | None):
        findings.append(_no_object(places, ("items",), items, "a list of objects"))
        return
    for index, item in enumerate(items or ()):
        if isinstance(item, dict):
            yield from _each(_told_by_list(item, value), places.under(("items", index)), findings)
        else:
            findings.append(_no_object(places, ("items", index), item))


def _no_object(places: Places, path: Path, value: Any, expected: str = "a mapping with apiVersion, kind and metadata") -> Finding:
    position = places.at(path)
    message = f"{'found' if path else 'This document is'} {schema.described(value)}, expected {expected}."
    return Finding(_file(position.file), path_text(path), Severity.ERROR, SCHEMA_ERROR, message, position=position)


def _told_by_list(item: dict[str, Any], of: dict[str, Any]) -> dict[str, Any]:
    """An item of a `PodList`, which as Kubernetes' API sends it does not say that it is a Pod."""
    kind = str(of["kind"]).removesuffix("List")
    return {"apiVersion": of.get("apiVersion"), "kind": kind, **item} if kind and "kind" not in item else item


def decode(
    manifest: Mapping[str, Any], places: Places | None = None, default_namespace: str = "default"
) -> tuple[Resource[Any] | None, list[Finding]]:
    """The resource that a manifest describes, and what is to be said about it; None when any finding is an error, or when the kind is not ours."""
    reading = _Reading(manifest, places or Places(""), default_namespace)
    kind = reading.kind()
    if kind is None:
        return None, reading.findings
    metadata = reading.struct(manifest.get("metadata"), Metadata, ("metadata",))
    spec, status = reading.body(kind)
    reading.check_names(kind)
    if metadata is None or spec is None or reading.is_refused:
        return None, reading.findings
    return reading.resource(kind, metadata, spec, status), reading.findings


def resources(source: str, file: str = "", default_namespace: str = "default") -> tuple[list[Resource[Any]], list[Finding]]:
    """All resources of a text, in order, and all findings."""
    found: list[Resource[Any]] = []
    manifests, findings = documents(source, file, default_namespace)
    for document in manifests:
        resource, said = decode(document.manifest, document.places, default_namespace)
        findings += said
        if resource is not None:
            found.append(resource)
    findings.sort(key=lambda finding: finding.position.line)
    return found, findings


def _file(file: str) -> Ref:
    return Ref(FILE, "", file or "standard input")


def written_ref(manifest: Mapping[str, Any], default_namespace: str = "default") -> Ref:
    """What a manifest says of itself, as far as it can be read."""
    metadata = manifest.get("metadata")
    told = metadata if isinstance(metadata, Mapping) else {}
    kind = kinds.of_manifest(str(manifest.get("apiVersion")), str(manifest.get("kind")))
    namespace = "" if kind and not kind.namespaced else _word(told.get("namespace")) or default_namespace
    return Ref(kind.key if kind else _word(manifest.get("kind")) or "Document", namespace, _word(told.get("name")))


def _word(written: Any) -> str:
    """What stands where a name belongs; nothing for what cannot be meant as one, such as a template."""
    return str(written) if isinstance(written, str | int | float) else ""


def path_text(path: Path) -> str:
    """A path as users read it: `spec.http[1].route`, `metadata.labels["a.b/c"]`."""
    parts: list[str] = []
    for step in path:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        elif step.replace("_", "").replace("-", "").isalnum():
            parts.append(f".{step}" if parts else step)
        else:
            parts.append(f'["{step}"]')
    return "".join(parts)


def path_of(text: str) -> Path:
    """The path that `path_text` wrote."""
    return tuple(int(index) if index else key or word for index, key, word in _STEPS.findall(text))


class _Reading:
    """One manifest being read; collects findings."""

    def __init__(self, manifest: Mapping[str, Any], places: Places, default_namespace: str) -> None:
        self._manifest = manifest
        self._places = places
        self._default_namespace = default_namespace
        self.findings: list[Finding] = []

    @property
    def is_refused(self) -> bool:
        return any(finding.severity is Severity.ERROR for finding in self.findings)

    def _say(self, path: Path, message: str, hint: str = "", severity: Severity = Severity.ERROR) -> None:
        ref = written_ref(self._manifest, self._default_namespace)
        code = SCHEMA_ERROR if severity is Severity.ERROR else SCHEMA_WARNING
        self.findings.append(Finding(ref, path_text(path), severity, code, message, hint, self._position(path)))

    def _position(self, path: Path) -> Position:
        return self._places.at(path)

    def kind(self) -> Kind | None:
        """The kind of the manifest; says why when there is none."""
        api_version, name = self._manifest.get("apiVersion"), self._manifest.get("kind")
        if isinstance(api_version, str) and isinstance(name, str) and api_version and name:
            known = kinds.of_manifest(api_version, name)
            if known is None:
                self._say_unknown_kind(api_version, name)
            return known
        for field, value, example in (("apiVersion", api_version, "networking.istio.io/v1"), ("kind", name, "VirtualService")):
            if not value:
                self._say((), f'the field "{field}" is missing.', f"Write for instance {field}: {example}.")
            elif not isinstance(value, str):
                self._say((field,), f"found {schema.described(value)}, expected text such as {example}.")
        return None

    def _say_unknown_kind(self, api_version: str, name: str) -> None:
        group, version = kinds.split_api_version(api_version)
        if known := kinds.in_group(group, name):
            versions = schema.either([f"{group}/{each}".lstrip("/") for each in known.versions])
            self._say(("apiVersion",), f'{name} has no version "{version}", expected {versions}.')
        elif not group and "." in version:
            expected = _with_version(version, name)
            self._say(("apiVersion",), f'found "{version}", which is a group without version, expected group/version, such as {expected}.')
        elif group in kinds.GROUPS:
            self._say_unknown_in_group(group, name)
        else:
            self._say_unknown_group(group, name)

    def _say_unknown_in_group(self, group: str, name: str) -> None:
        others = [kind.api_version for kind in kinds.KINDS.values() if kind.kind == name]
        names = [kind.kind for kind in kinds.of_group(group)]
        is_istios = group.endswith(kinds.ISTIO)
        if (near := schema.closest(name, names, 0.6 if is_istios else _NEAR)) or is_istios or others:
            guess = f'Did you mean "{near}"?' if near else f"There are {', '.join(names)}."
            hint = f"{name} has apiVersion {schema.either(others)}." if others else guess
            self._say(("kind",), f'there is no kind "{name}" in {group or "Kubernetes"}.', hint)
        else:
            self._pass_over(name)

    def _say_unknown_group(self, group: str, name: str) -> None:
        namesakes = [kind for kind in kinds.KINDS.values() if kind.kind == name]
        near = schema.closest(group, [kind.group for kind in namesakes if kind.group], _NEAR)
        if near or (namesakes and group.endswith(kinds.ISTIO)):
            self._say(("apiVersion",), f'there is no group "{group}" with a {name}.', f'Did you mean "{near or namesakes[0].group}"?')
        else:
            self._pass_over(name)

    def _pass_over(self, name: str) -> None:
        self._say(("kind",), f"a mesh has no use for a {name}; it is passed over.", severity=Severity.INFO)

    def struct(self, value: Any, struct: type[msgspec.Struct], path: Path) -> Any:
        """The struct that a value becomes; None, with findings, when it cannot."""
        written = {} if value is None else value
        try:
            return msgspec.convert(written, struct, dec_hook=schema.hook)
        except msgspec.ValidationError as refusal:
            return self._slowly(written, struct, path, refusal)

    def _slowly(self, written: Any, struct: type[msgspec.Struct], path: Path, refusal: Exception) -> Any:
        cleaned, mistakes = schema.check(written, struct, path)
        for mistake in mistakes:
            self._say(mistake.path, mistake.message, mistake.hint)
        if mistakes:
            return None
        try:
            return msgspec.convert(cleaned, struct, dec_hook=schema.hook)
        except msgspec.ValidationError:
            self._say(path, f"{refusal}.")
            return None

    def body(self, kind: Kind) -> tuple[Any, Any]:
        """Spec and status; the spec is None when it is refused."""
        body, path = kind.body(self._manifest)
        if kind.is_whole_body:
            return self.struct(body, kind.spec, path), None
        for name in self._manifest:
            if name not in kinds.ENVELOPE and name not in ("spec", "status"):
                self._say(
                    (name,), f'there is no field "{name}" here.', schema.did_you_mean(name, ("spec", "metadata")) or "It may belong under spec."
                )
        spec = self.struct(body, kind.spec, path)
        if kind.group == kinds.GATEWAY_API and spec is not None:
            self._warn_of_unknown_fields(kind)
        return spec, self._status(kind)

    def _warn_of_unknown_fields(self, kind: Kind) -> None:
        """Gateway API may be newer than we are, so that an unknown field is no error there; but most often it is a typing mistake."""
        _, mistakes = schema.check(self._manifest.get("spec") or {}, kind.spec, ("spec",), names_all_unknown=True)
        for mistake in mistakes:
            self._say(mistake.path, mistake.message, mistake.hint, Severity.WARNING)

    def _status(self, kind: Kind) -> Any:
        status = self._manifest.get("status")
        if status is not None and not isinstance(status, Mapping):
            self._say(("status",), f"found {schema.described(status)}, expected a mapping.")
        if kind.status is None or status is None:
            return status
        return self.struct(status, kind.status, ("status",))

    def check_names(self, kind: Kind) -> None:
        """RFC 1123: "lowercase alphanumeric characters, '-' or '.'", and no dots in the names of namespaces and services."""
        metadata = self._manifest.get("metadata") or {}
        if not isinstance(metadata, Mapping):
            return
        has_dots = kind.key not in ("Namespace", "Service")
        name, namespace = metadata.get("name"), metadata.get("namespace") or self._default_namespace
        self._check_fields(metadata)
        if name is None or name == "":
            hint = "A name that is made up (generateName) would be another one each time: write name." if metadata.get("generateName") else ""
            self._say(("metadata",), 'the field "name" is missing.', hint)
        elif isinstance(name, str) and (not (_SUBDOMAIN if has_dots else _LABEL).fullmatch(name) or len(name) > (253 if has_dots else 63)):
            self._say(("metadata", "name"), _bad_name(name, has_dots))
        if namespace and isinstance(namespace, str) and kind.namespaced and (not _LABEL.fullmatch(namespace) or len(namespace) > 63):
            self._say(("metadata", "namespace"), _bad_name(namespace, has_dots=False))

    def _check_fields(self, metadata: Mapping[str, Any]) -> None:
        for name in metadata:
            if name not in METADATA:
                hint = schema.did_you_mean(name, METADATA) or "It may belong under labels or annotations."
                self._say(("metadata", name), f'there is no field "{name}" here.', hint)

    def resource(self, kind: Kind, metadata: Metadata, spec: Any, status: Any) -> Resource[Any] | None:
        """The resource; None, with a finding, when one of its times is none."""
        times: list[str] = []
        for field, written in (("creationTimestamp", metadata.creation_timestamp), ("deletionTimestamp", metadata.deletion_timestamp)):
            try:
                times.append(normalised(written))
            except ValueError:
                self._say(("metadata", field), f'found the text "{written}", expected a time such as "2024-05-01T12:00:00Z".')
        if len(times) < 2:
            return None
        version = metadata.resource_version
        return Resource(
            ref=Ref(kind.key, (metadata.namespace or self._default_namespace) if kind.namespaced else "", metadata.name),
            spec=spec,
            labels=metadata.labels,
            annotations=metadata.annotations,
            version=int(version) if version.isdecimal() else 0,
            created=times[0],
            generation=metadata.generation,
            uid=metadata.uid,
            deleted=times[1] if metadata.deletion_timestamp else "",
            owners=metadata.owner_references,
            status=status,
        )


def _with_version(group: str, name: str) -> str:
    """An `apiVersion` of a group that was written alone."""
    known = kinds.in_group(group, name) or next(iter(kinds.of_group(group)), None)
    return known.api_version if known else f"{group}/v1"


def _bad_name(name: str, has_dots: bool) -> str:
    expected = 'at most 253 lower-case letters, digits, "-" and "."' if has_dots else 'at most 63 lower-case letters, digits and "-"'
    return f'found the name "{name}", expected {expected}, with a letter or digit at both ends.'
