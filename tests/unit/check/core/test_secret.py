"""What is said of a Secret with a key and a certificate that no proxy could use."""

from __future__ import annotations

import base64
import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from lateen.check import check_text

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def certificate(key: Key) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a.example")])
    began = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, began, began + datetime.timedelta(days=1))
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def written(key: Key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def said(**values: bytes) -> list[str]:
    told = ", ".join(f"{name.replace('_', '.')}: {base64.b64encode(value).decode()}" for name, value in values.items())
    text = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: it, namespace: default}}\ndata: {{{told}}}\n"
    return [f"{found.severity} {found.path}: {found.message}" for found in check_text(text)]


FIRST, SECOND = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP384R1())


def test_a_certificate_with_its_key_and_a_secret_of_something_else_pass() -> None:
    assert said(tls_crt=certificate(FIRST), tls_key=written(FIRST), ca_crt=certificate(SECOND)) == []
    assert said(cert=certificate(SECOND) + certificate(FIRST), key=written(SECOND)) == []
    assert said(password=b"x", key=b"x") == []


def test_what_is_no_certificate_or_no_key_is_refused() -> None:
    assert said(tls_crt=b"x", tls_key=written(FIRST)) == ['error data["tls.crt"]: these are no certificates in PEM.']
    assert said(cert=certificate(FIRST), key=b"x") == ["error data.key: this is no private key in PEM, or one with a password."]
    assert said(ca_crt=b"x") == ['error data["ca.crt"]: these are no certificates in PEM.']


def test_the_key_of_another_certificate_is_refused() -> None:
    assert said(tls_crt=certificate(SECOND), tls_key=written(FIRST)) == [
        'error data["tls.key"]: this is not the key of the first certificate in tls.crt.'
    ]


def test_keys_that_envoy_does_not_take_are_refused() -> None:
    short, odd = rsa.generate_private_key(65537, 1024), ec.generate_private_key(ec.SECP256K1())
    assert said(tls_crt=certificate(short), tls_key=written(short)) == [
        'error data["tls.key"]: found an RSA key of 1024 bits, expected at least 2048.'
    ]
    assert said(tls_crt=certificate(odd), tls_key=written(odd)) == [
        'error data["tls.key"]: found a key on the curve secp256k1, expected P-256, P-384 or P-521.'
    ]
