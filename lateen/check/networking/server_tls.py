"""TLS towards clients, at gateways and at the ingress of sidecars (GW-3)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from lateen.api.networking.gateway import ServerTLSSettings, TLSMode, TLSProtocol
from lateen.api.text import Path
from lateen.check.remark import Remarks, doubtful, wrong
from lateen.values import ciphers

PASSTHROUGH = frozenset({TLSMode.PASSTHROUGH, TLSMode.AUTO_PASSTHROUGH})

_HASH = re.compile(r"[0-9a-fA-F]{64}|[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){31}")
_SPKI = re.compile(r"[0-9A-Za-z+/]{43}=")
_ORDER = tuple(TLSProtocol)
_MOST_CREDENTIALS = 2
_ONE_OF_EACH = "expected at most 2: one with an RSA and one with an ECDSA key."


def server_tls(tls: ServerTLSSettings | None, path: Path) -> Remarks:
    """The fields must fit the mode. None passes."""
    if tls is None:
        return
    yield from _versions(tls, path)
    yield from cipher_suites(tls.cipher_suites, (*path, "cipherSuites"))
    yield from _credentials(tls, path)
    yield from _fingerprints(tls, path)
    match tls.mode:
        case TLSMode.ISTIO_MUTUAL:
            for field in (*_files(tls), *_secrets(tls)):
                yield wrong((*path, field), f"{field} is given with mode ISTIO_MUTUAL, which uses the mesh's own certificates.", "Leave it out.")
        case TLSMode.PASSTHROUGH | TLSMode.AUTO_PASSTHROUGH:
            if given := [*_files(tls), *_secrets(tls)]:
                yield doubtful(path, f"{' and '.join(given)} has no effect with mode {tls.mode.value}, which does not open the connection.")
        case _:
            yield from _certificates(tls, path)


def _fingerprints(tls: ServerTLSSettings, path: Path) -> Remarks:
    """As Envoy takes them: "hex-encoded SHA-256", with or without colons, and "base64-encoded SHA-256"."""
    for index, digest in enumerate(tls.verify_certificate_hash):
        if not _HASH.fullmatch(digest):
            yield wrong((*path, "verifyCertificateHash", index), f'found "{digest}", expected 64 hexadecimal digits.')
    for index, digest in enumerate(tls.verify_certificate_spki):
        if not _SPKI.fullmatch(digest):
            yield wrong((*path, "verifyCertificateSpki", index), f'found "{digest}", expected 44 characters of base64.')


def _files(tls: ServerTLSSettings) -> list[str]:
    given = {
        "serverCertificate": tls.server_certificate,
        "privateKey": tls.private_key,
        "caCertificates": tls.ca_certificates,
        "caCrl": tls.ca_crl,
        "tlsCertificates": tls.tls_certificates,
    }
    return [field for field, value in given.items() if value]


def _secrets(tls: ServerTLSSettings) -> list[str]:
    return [field for field, value in {"credentialName": tls.credential_name, "credentialNames": tls.credential_names}.items() if value]


def _versions(tls: ServerTLSSettings, path: Path) -> Remarks:
    low, high = tls.min_protocol_version, tls.max_protocol_version
    if TLSProtocol.TLS_AUTO not in (low, high) and _ORDER.index(low) > _ORDER.index(high):
        yield wrong((*path, "minProtocolVersion"), f"found {low.value}, expected at most maxProtocolVersion, which is {high.value}.")
    if low in (TLSProtocol.TLSV1_0, TLSProtocol.TLSV1_1) and not tls.cipher_suites:
        yield doubtful((*path, "minProtocolVersion"), f"no default cipher suite works with {low.value}.", "Name fitting ones in cipherSuites.")


def cipher_suites(written: Iterable[str], path: Path) -> Remarks:
    """What is not to be told to any proxy is ignored."""
    yield from _known(written, path, "cipher suite", ciphers.is_suite)


def curves(written: Iterable[str], path: Path) -> Remarks:
    """The same of curves."""
    yield from _known(written, path, "curve", lambda each: each in ciphers.CURVES)


def _known(written: Iterable[str], path: Path, what: str, is_known: Callable[[str], bool]) -> Remarks:
    seen: set[str] = set()
    for index, each in enumerate(written):
        if not is_known(each):
            yield doubtful((*path, index), f'there is no {what} "{each}"; it is ignored.')
        elif each in seen:
            yield doubtful((*path, index), f'the {what} "{each}" is given twice.')
        seen.add(each)


def _credentials(tls: ServerTLSSettings, path: Path) -> Remarks:
    if tls.credential_name and tls.credential_names:
        yield wrong(path, "credentialName and credentialNames are given, expected only one of them.")
    if len(tls.credential_names) > _MOST_CREDENTIALS:
        yield wrong((*path, "credentialNames"), f"found {len(tls.credential_names)} credentials, {_ONE_OF_EACH}")
    if len(tls.tls_certificates) > _MOST_CREDENTIALS:
        yield wrong((*path, "tlsCertificates"), f"found {len(tls.tls_certificates)} certificates, {_ONE_OF_EACH}")


def _certificates(tls: ServerTLSSettings, path: Path) -> Remarks:
    if _secrets(tls):
        if tls.ca_crl:
            yield wrong((*path, "caCrl"), "caCrl is given beside a credential, which holds its own.", "Put it into the secret as ca.crl.")
        return
    if tls.tls_certificates:
        yield from _listed_certificates(tls, path)
    else:
        yield from _one_certificate(tls, path)
    if tls.mode is not TLSMode.SIMPLE and not tls.ca_certificates and not tls.ca_cert_credential_name:
        yield wrong(path, f"mode {tls.mode.value} needs caCertificates.", "Give what clients are checked against, or credentialName.")
    if tls.mode is TLSMode.SIMPLE and tls.ca_crl:
        yield wrong((*path, "caCrl"), "caCrl is given with mode SIMPLE, which asks clients for no certificate.")


def _one_certificate(tls: ServerTLSSettings, path: Path) -> Remarks:
    for field, value in (("serverCertificate", tls.server_certificate), ("privateKey", tls.private_key)):
        if not value:
            yield wrong(path, f"mode {tls.mode.value} needs {field}.", "Give serverCertificate and privateKey, or credentialName.")


def _listed_certificates(tls: ServerTLSSettings, path: Path) -> Remarks:
    if tls.server_certificate or tls.private_key:
        yield wrong(path, "serverCertificate and tlsCertificates are given, expected only one of them.")
    for index, certificate in enumerate(tls.tls_certificates):
        for field, value in (("serverCertificate", certificate.server_certificate), ("privateKey", certificate.private_key)):
            if not value:
                yield wrong((*path, "tlsCertificates", index), f"the certificate needs {field}.")
