"""BackendTLSPolicy: TLS towards a backend (https://gateway-api.sigs.k8s.io/api-types/backendtlspolicy/)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from lateen.api.gateway.references import LocalObjectReference, LocalPolicyTargetReference
from lateen.api.shape import Tolerant


class SubjectAltName(Tolerant, frozen=True):
    """A name that the certificate must bear; `type` is `Hostname` or `URI`."""

    type: str
    hostname: str = ""
    uri: str = ""


class BackendTLSPolicyValidation(Tolerant, frozen=True):
    """How the certificate is checked; `well_known_ca_certificates` is `System` or empty."""

    hostname: str
    ca_certificate_refs: tuple[LocalObjectReference, ...] = ()
    well_known_ca_certificates: str = msgspec.field(default="", name="wellKnownCACertificates")
    subject_alt_names: tuple[SubjectAltName, ...] = ()


class BackendTLSPolicy(Tolerant, frozen=True):
    """The backends and how their certificate is checked."""

    target_refs: tuple[LocalPolicyTargetReference, ...]
    validation: BackendTLSPolicyValidation
    options: Mapping[str, str] = {}
