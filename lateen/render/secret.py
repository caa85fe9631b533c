"""Keys and roots as Envoy's Secret, for SDS."""

from __future__ import annotations

from envoy.extensions.transport_sockets.tls.v3.secret_pb2 import Secret

from lateen.ir.secret import KeyPair, Roots
from lateen.render.message import serialised
from lateen.values.envoy_resource import EnvoyResource, envoy_resource, length_delimited

TYPE = f"type.googleapis.com/{Secret.DESCRIPTOR.full_name}"


def secret(of: KeyPair | Roots) -> EnvoyResource:
    """The resource of type `envoy.extensions.transport_sockets.tls.v3.Secret`."""
    out = Secret(name=of.name)
    if isinstance(of, KeyPair):
        out.tls_certificate.certificate_chain.inline_bytes = of.chain
        out.tls_certificate.private_key.inline_bytes = of.key
    else:
        out.validation_context.trusted_ca.inline_bytes = of.certificates
        if of.revoked:
            out.validation_context.crl.inline_bytes = of.revoked
    body = length_delimited(1, TYPE.encode()) + length_delimited(2, serialised(out))
    return envoy_resource(TYPE, of.name, body, of.origins)
