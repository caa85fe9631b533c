"""Keys and roots as Envoy's Secret."""

from __future__ import annotations

from envoy.extensions.transport_sockets.tls.v3.secret_pb2 import Secret
from google.protobuf.any_pb2 import Any

from lateen.ir.secret import KeyPair, Roots
from lateen.render.dump import unpacked
from lateen.render.secret import TYPE, secret
from lateen.values.envoy_resource import EnvoyResource
from lateen.values.ref import Ref

ORIGIN = Ref("Secret", "edge", "a")


def message(of: EnvoyResource) -> Secret:
    packed = Any.FromString(of.body)
    assert packed.type_url == of.type == TYPE
    return Secret.FromString(packed.value)


def test_a_key_pair_is_a_certificate_with_its_key():
    found = secret(KeyPair("kubernetes://a", b"C", b"K", (ORIGIN,)))

    assert (found.name, found.origins) == ("kubernetes://a", (ORIGIN,))
    held = message(found).tls_certificate
    assert (held.certificate_chain.inline_bytes, held.private_key.inline_bytes) == (b"C", b"K")


def test_roots_come_with_what_no_longer_counts():
    held = message(secret(Roots("kubernetes://a-cacert", b"R", b"L"))).validation_context
    assert (held.trusted_ca.inline_bytes, held.crl.inline_bytes) == (b"R", b"L")
    assert not message(secret(Roots("kubernetes://a-cacert", b"R"))).validation_context.HasField("crl")


def test_a_key_is_shown_to_nobody():
    shown = unpacked(secret(KeyPair("kubernetes://a", b"C", b"K")))
    assert shown["tls_certificate"] == {"certificate_chain": {"inline_bytes": "Qw=="}, "private_key": {"inline_bytes": "W3JlZGFjdGVkXQ=="}}
