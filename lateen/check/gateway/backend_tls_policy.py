"""BackendTLSPolicy: what Gateway API's own definition refuses (https://gateway-api.sigs.k8s.io/reference/spec/#backendtlspolicy)."""

from __future__ import annotations

from lateen.api.gateway.backend_tls_policy import BackendTLSPolicy, BackendTLSPolicyValidation, SubjectAltName
from lateen.api.resource import Resource
from lateen.api.text import Path
from lateen.check.gateway import words
from lateen.check.remark import Remarks, wrong

_NAMES = {"Hostname": "hostname", "URI": "uri"}


def backend_tls_policy(of: Resource[BackendTLSPolicy]) -> Remarks:
    """Backends, and one way of checking their certificate."""
    path: Path = ("spec", "targetRefs")
    yield from words.at_least_one(of.spec.target_refs, path, "targets")
    yield from words.at_most(16, of.spec.target_refs, path)
    for index, target in enumerate(of.spec.target_refs):
        yield from words.reference(target.group, target.kind, target.name, (*path, index))
        if target in of.spec.target_refs[:index]:
            yield wrong((*path, index), f'the {target.kind} "{target.name}" is named twice.', "Keep one of them.")
    yield from _validation(of.spec.validation, ("spec", "validation"))


def _validation(validation: BackendTLSPolicyValidation, path: Path) -> Remarks:
    yield from words.precise_hostname(validation.hostname, (*path, "hostname"))
    roots, known = validation.ca_certificate_refs, validation.well_known_ca_certificates
    if roots and known:
        yield wrong(path, "caCertificateRefs and wellKnownCACertificates are given, expected only one of them.")
    elif not roots and not known:
        yield wrong(path, "neither caCertificateRefs nor wellKnownCACertificates is given.", "Write wellKnownCACertificates: System.")
    elif known and "/" not in known:
        yield from words.one_of(known, ("System",), (*path, "wellKnownCACertificates"), "word")
    yield from words.at_most(8, roots, (*path, "caCertificateRefs"))
    for index, root in enumerate(roots):
        yield from words.reference(root.group, root.kind, root.name, (*path, "caCertificateRefs", index))
    yield from words.at_most(5, validation.subject_alt_names, (*path, "subjectAltNames"))
    for index, name in enumerate(validation.subject_alt_names):
        yield from _subject(name, (*path, "subjectAltNames", index))


def _subject(name: SubjectAltName, path: Path) -> Remarks:
    if name.type not in _NAMES:
        yield from words.one_of(name.type, tuple(_NAMES), (*path, "type"), "type")
        return
    for type_, field in _NAMES.items():
        text = getattr(name, field)
        if type_ == name.type and not text:
            yield wrong(path, f'the field "{field}" is missing, which the type {type_} needs.')
        elif type_ != name.type and text:
            yield wrong((*path, field), f"{field} is given with type {name.type}, expected {type_}.")
