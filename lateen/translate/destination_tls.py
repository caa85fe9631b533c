"""How connections to a destination are secured: what its rule says (DR-8), or else mutual TLS with all who take it (CL-3). Pure functions."""

from __future__ import annotations

from lateen.api.networking.destination_rule import ClientTLSMode, ClientTLSSettings
from lateen.ir.tls import MeshTls, OriginatedTls, Secret, Tls
from lateen.values.spiffe import Identity

SYSTEM_ROOTS = "system"
"""What users write for the roots of the operating system."""


def identities(accounts: tuple[tuple[str, str], ...], trust_domains: tuple[str, ...], further: tuple[str, ...]) -> tuple[str, ...]:
    """The names of which a peer must show one (CL-5): its service accounts in every trust domain of the mesh, and what the service entry adds.

    `accounts` are pairs of namespace and service account. Nothing at all when no account is known, for then nothing can be checked.
    """
    spiffe = {str(Identity(domain, namespace, account)) for domain in trust_domains for namespace, account in accounts}
    return tuple(sorted(spiffe.union(further)))


def rule_tls(settings: ClientTLSSettings, mesh: MeshTls, further: tuple[str, ...], *, credentials: bool) -> Tls | None:
    """The TLS that a rule asks for; None for plain text. `mesh` is what the mesh would use of itself.

    `further` are names that the service says its certificate has. `credentials`: secrets may be named ("credentialName at sidecars works
    only if the DR has a workloadSelector"); where they may not, the operating system's roots are trusted: TLS that fails beats plain text.
    """
    if settings.mode is ClientTLSMode.DISABLE:
        return None
    if settings.mode is ClientTLSMode.ISTIO_MUTUAL:
        return MeshTls(settings.sni or mesh.sni, tuple(sorted(settings.subject_alt_names)) or mesh.names)
    named = settings.credential_name if credentials else ""
    return OriginatedTls(
        sni=settings.sni,
        names=tuple(sorted(settings.subject_alt_names or further)),
        certificate=_certificate(settings, named),
        authority=_authority(settings, named),
        revoked=settings.ca_crl,
        verified=not settings.insecure_skip_verify,
    )


def _certificate(settings: ClientTLSSettings, named: str) -> Secret | None:
    if settings.mode is not ClientTLSMode.MUTUAL:
        return None
    if named:
        return Secret(f"kubernetes://{named}", remote=True)
    return Secret(f"file-cert:{settings.client_certificate}~{settings.private_key}") if settings.client_certificate else None


def _authority(settings: ClientTLSSettings, named: str) -> Secret | None:
    if named:
        return Secret(f"kubernetes://{named}-cacert", remote=True)
    authority = settings.ca_certificates
    return Secret(f"file-root:{authority}") if authority and authority != SYSTEM_ROOTS else None
