"""TLS towards a destination (DR-8)."""

from __future__ import annotations

from lateen.api.networking.destination_rule import ClientTLSMode, ClientTLSSettings
from lateen.api.text import Path
from lateen.check.remark import Remarks, doubtful, wrong


def client_tls(tls: ClientTLSSettings | None, path: Path) -> Remarks:
    """The fields must fit the mode. None passes."""
    if tls is None:
        return
    files = _files(tls)
    match tls.mode:
        case ClientTLSMode.DISABLE:
            if files or tls.credential_name:
                yield doubtful(path, "certificates are given with mode DISABLE, which uses none.", "Set mode: SIMPLE or MUTUAL.")
        case ClientTLSMode.ISTIO_MUTUAL:
            for field in (*files, *(["credentialName"] if tls.credential_name else [])):
                yield wrong((*path, field), f"{field} is given with mode ISTIO_MUTUAL, which uses the mesh's own certificates.", "Leave it out.")
        case _:
            yield from _unverified(tls, path)
            yield from _certificates(tls, files, path)


def _files(tls: ClientTLSSettings) -> list[str]:
    given = {
        "clientCertificate": tls.client_certificate,
        "privateKey": tls.private_key,
        "caCertificates": tls.ca_certificates,
        "caCrl": tls.ca_crl,
    }
    return [field for field, value in given.items() if value]


def _unverified(tls: ClientTLSSettings, path: Path) -> Remarks:
    if not tls.insecure_skip_verify:
        return
    given = {"caCertificates": bool(tls.ca_certificates), "subjectAltNames": bool(tls.subject_alt_names)}
    if tls.mode is ClientTLSMode.SIMPLE:
        given["credentialName"] = bool(tls.credential_name)
    for field, is_given in given.items():
        if is_given:
            yield wrong((*path, field), f"{field} is given, but insecureSkipVerify says that nothing is verified.", "Keep one of them.")


def _certificates(tls: ClientTLSSettings, files: list[str], path: Path) -> Remarks:
    if tls.credential_name:
        for field in files:
            yield wrong((*path, field), f"{field} is given beside credentialName, expected only one of them.")
    elif tls.mode is ClientTLSMode.MUTUAL:
        for field in ("clientCertificate", "privateKey"):
            if field not in files:
                yield wrong(path, f"mode MUTUAL needs {field}.", "Give clientCertificate and privateKey, or credentialName.")
