"""From stored manifests to resources: which object a manifest is, and what it says. The feed reads with it."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from lateen.api import decode, kinds
from lateen.api.resource import Resource
from lateen.store.store import Object
from lateen.values.finding import Finding
from lateen.values.ref import Ref

Manifest: TypeAlias = dict[str, Any]
Reading: TypeAlias = tuple[Resource[Any] | None, list[Finding]]

_decoder = msgspec.json.Decoder(dict[str, Any])


def identify(manifest: Manifest, default_namespace: str = "default") -> Ref | str:
    """Which object a manifest is, or a sentence why it is none of a mesh's."""
    api_version, word = str(manifest.get("apiVersion")), str(manifest.get("kind"))
    kind = kinds.of_manifest(api_version, word)
    metadata = manifest.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if kind is None:
        _, findings = decode.decode(manifest)
        return " ".join(part for part in (findings[0].message, findings[0].hint) if part) if findings else f"A mesh has no use for a {word}."
    if not name or not isinstance(name, str) or not isinstance(metadata, dict):
        return f"This {word} has no name: write one under metadata.name."
    return Ref(kind.key, str(metadata.get("namespace") or default_namespace) if kind.namespaced else "", name)


def manifest_of(stored: Object) -> Manifest:
    """The manifest of a stored object."""
    return _decoder.decode(stored.manifest)


def stored_resource(stored: Object) -> Reading:
    """The resource that a stored object is, and what is to be said about it; None when it is refused."""
    resource, findings = decode.decode(_decoder.decode(stored.manifest))
    return (None if resource is None else msgspec.structs.replace(resource, version=stored.version)), findings
