"""`caCertificates` of MeshConfig: roots that peers may have which are not the mesh's own."""

from __future__ import annotations

from cryptography import x509

from lateen.api.mesh_config import CertificateData, MeshConfig
from lateen.api.text import Path
from lateen.check.remark import Remarks, doubtful, wrong

_ANYBODY = "it vouches for every trust domain, so that its authority may make certificates of this mesh's own workloads, too."


def peer_roots(settings: MeshConfig) -> Remarks:
    """Paths are within the settings."""
    own = (settings.trust_domain, *settings.trust_domain_aliases)
    for index, given in enumerate(settings.ca_certificates):
        yield from _root(given, own, ("caCertificates", index))


def _root(given: CertificateData, own: tuple[str, ...], path: Path) -> Remarks:
    if given.spiffe_bundle_url is not None:
        yield doubtful((*path, "spiffeBundleUrl"), "spiffeBundleUrl has no effect in Lateen: roots are not fetched.", "Give them as pem.")
    if given.cert_signers:
        yield doubtful((*path, "certSigners"), "certSigners has no effect in Lateen: the mesh's own authority signs all certificates.")
    if given.pem is None:
        return
    if not _is_pem(given.pem):
        yield wrong((*path, "pem"), "this is no certificate in PEM.")
        return
    if not given.trust_domains:
        yield doubtful(path, _ANYBODY, "Name its own under trustDomains.")
    for number, domain in enumerate(given.trust_domains):
        if domain not in own:
            message = f'"{domain}" is no trust domain of this mesh, so that servers refuse its clients.'
            hint = f'To let them in, put "{domain}" under trustDomainAliases; then its identities count as the mesh\'s own.'
            yield doubtful((*path, "trustDomains", number), message, hint)


def _is_pem(text: str) -> bool:
    try:
        return bool(x509.load_pem_x509_certificates(text.encode()))
    except ValueError:
        return False
