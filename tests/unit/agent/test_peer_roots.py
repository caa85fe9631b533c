"""The secret that says whom a workload believes."""

from __future__ import annotations

import msgspec
import pytest
from envoy.extensions.transport_sockets.tls.v3.secret_pb2 import Secret
from envoy.extensions.transport_sockets.tls.v3.tls_spiffe_validator_config_pb2 import SPIFFECertValidatorConfig

from lateen.agent import peer_roots
from lateen.agent.peer_roots import NOBODY, PeerRoots, Root

OWN = b"own\n"


def trusted(peers: PeerRoots) -> Secret:
    return Secret.FromString(peer_roots.trusted("ROOTCA", OWN, peers))


def by_domain(secret: Secret) -> dict[str, bytes]:
    validator = secret.validation_context.custom_validator_config
    assert validator.name == "envoy.tls.cert_validator.spiffe"
    config = SPIFFECertValidatorConfig()
    assert validator.typed_config.Unpack(config)
    return {each.name: each.trust_bundle.inline_bytes for each in config.trust_domains}


def test_without_others_the_roots_of_the_mesh_are_trusted() -> None:
    secret = trusted(NOBODY)
    assert (secret.name, secret.validation_context.trusted_ca.inline_bytes) == ("ROOTCA", b"own\n")
    assert not secret.validation_context.HasField("custom_validator_config")


@pytest.mark.rule("CA-4")
def test_a_root_for_all_trust_domains_is_trusted_as_the_meshs_own_are() -> None:
    secret = trusted(PeerRoots(("cluster.local",), (Root("anybody"),)))
    assert secret.validation_context.trusted_ca.inline_bytes == b"own\nanybody\n"


@pytest.mark.rule("CA-4")
def test_a_root_for_one_trust_domain_vouches_for_no_other() -> None:
    secret = trusted(PeerRoots(("cluster.local", "old"), (Root("theirs\n", ("partner",)), Root("anybody"))))
    assert by_domain(secret) == {"cluster.local": b"own\nanybody\n", "old": b"own\nanybody\n", "partner": b"anybody\ntheirs\n"}
    assert not secret.validation_context.HasField("trusted_ca")


@pytest.mark.rule("CA-4")
def test_a_root_for_an_alias_of_the_mesh_is_trusted_there_beside_the_meshs_own() -> None:
    secret = trusted(PeerRoots(("cluster.local", "old"), (Root("before", ("old",)),)))
    assert by_domain(secret) == {"cluster.local": b"own\n", "old": b"own\nbefore\n"}


def test_what_the_control_plane_tells_is_read_and_nothing_is_nobody() -> None:
    assert peer_roots.told(b'{"own":["a"],"roots":[{"pem":"p","domains":["d"]}]}') == PeerRoots(("a",), (Root("p", ("d",)),))
    assert peer_roots.told(b"") == NOBODY
    with pytest.raises(msgspec.DecodeError):
        peer_roots.told(b"nonsense")
