"""The door: what becomes of a manifest that somebody wants stored. Checked, completed as Kubernetes' API server completes it, or refused.

Completed means: names in the metadata, a `uid`, a clusterIP for a Service without one, a secret's plain text in base64, and the addresses of a
service entry in its status, so that they are part of the same revision.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from lateen.api import decode, kinds
from lateen.api.resource import Resource
from lateen.api.text import Places
from lateen.check.reading import read
from lateen.control import allocator
from lateen.control.allocator import SERVICES, Addresses, Exhausted
from lateen.control.manifests import Manifest
from lateen.render.patch_values import faults
from lateen.values.finding import Finding, Severity
from lateen.values.ref import Ref

_KEPT: Final = ("uid", "creationTimestamp")
_NOT_STORED: Final = ("managedFields", "resourceVersion", "selfLink", "generation")


class Admitted(msgspec.Struct, frozen=True):
    """What will be stored, and what is to be said about it."""

    ref: Ref
    manifest: Manifest
    findings: tuple[Finding, ...] = ()


class Refused(msgspec.Struct, frozen=True):
    """Nothing will be stored, for these reasons; none of them an error when the mesh has no use for the kind."""

    findings: tuple[Finding, ...]


class Door:
    """Admits manifests. What it reserves in `addresses` is to be given back by `release` when the write fails."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses

    def admit(self, manifest: Manifest, before: Manifest | None, places: Places | None = None, namespace: str = "default") -> Admitted | Refused:
        """The manifest as it will be stored; `before` is what is stored now."""
        resource, findings = read(_inherited(manifest, before), places, namespace, faults)
        if resource is None:
            return Refused(tuple(findings))
        completed = _completed(manifest, before, resource.ref)
        try:
            match resource.ref.kind:
                case "Service":
                    completed = self._with_cluster_ip(completed, before, resource)
                case "ServiceEntry":
                    completed = self._with_addresses(completed, before, resource)
                case "Secret":
                    completed = _with_plain_text(completed)
        except Exhausted as full:
            return Refused((*findings, Finding(resource.ref, "", Severity.ERROR, decode.SCHEMA_ERROR, str(full))))
        return Admitted(resource.ref, completed, tuple(findings))

    def release(self, refs: Iterable[Ref], present: Mapping[Ref, Manifest]) -> None:
        """Nothing was stored after all: these objects are as they were."""
        for ref in refs:
            manifest = present.get(ref)
            self._addresses.observe(ref, decode.decode(manifest)[0] if manifest is not None else None)

    def _with_cluster_ip(self, manifest: Manifest, before: Manifest | None, service: Resource[Any]) -> Manifest:
        spec = service.spec.spec
        if spec.cluster_ip or spec.type == "ExternalName":
            return manifest
        kept = ((before or {}).get("spec") or {}).get("clusterIP") or ""
        chosen = kept or self._addresses.choose(SERVICES, service.ref, f"{service.ref.namespace}/{service.ref.name}")
        self._addresses.reserve(service.ref, [chosen])
        return manifest | {"spec": {**(manifest.get("spec") or {}), "clusterIP": chosen, "clusterIPs": [chosen]}}

    def _with_addresses(self, manifest: Manifest, before: Manifest | None, entry: Resource[Any]) -> Manifest:
        wanted = self._addresses.for_entry(entry)
        self._addresses.reserve(entry.ref, (address for _, address in wanted))
        told = _inherited(manifest, before).get("status") or {}
        status = allocator.status({"status": told}, wanted) or {}
        return manifest if status == told else manifest | {"status": status}


def _inherited(manifest: Manifest, before: Manifest | None) -> Manifest:
    """The manifest with the status that it will have: the present one, unless it brings its own."""
    return manifest if before is None or "status" in manifest or "status" not in before else manifest | {"status": before["status"]}


def _completed(manifest: Manifest, before: Manifest | None, ref: Ref) -> Manifest:
    metadata = {key: value for key, value in manifest["metadata"].items() if key not in _NOT_STORED and value is not None}
    old = (before or {}).get("metadata") or {}
    metadata |= {key: old[key] for key in _KEPT if key in old}
    if before is None:
        metadata.setdefault("uid", str(uuid.uuid4()))
    metadata["name"] = ref.name
    if kinds.KINDS[ref.kind].namespaced:
        metadata["namespace"] = ref.namespace
    return manifest | {"metadata": metadata}


def _with_plain_text(manifest: Manifest) -> Manifest:
    plain = manifest.get("stringData") or {}
    if not plain:
        return manifest
    data = (manifest.get("data") or {}) | {key: base64.b64encode(str(value).encode()).decode() for key, value in plain.items()}
    return {key: value for key, value in manifest.items() if key != "stringData"} | {"data": data}
