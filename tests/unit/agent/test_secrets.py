"""What an SDS stream is told."""

from pathlib import Path

import pytest
from envoy.extensions.transport_sockets.tls.v3.secret_pb2 import Secret
from envoy.service.discovery.v3.discovery_pb2 import DeltaDiscoveryResponse, DiscoveryResponse

from lateen.agent.peer_roots import NOBODY, PeerRoots, Root
from lateen.agent.secrets import Certificate, Secrets, Subscription

ONE, TWO = Certificate(b"chain1", b"key1", b"roots"), Certificate(b"chain2", b"key2", b"roots")


def told(message: bytes | None) -> dict[str, Secret]:
    assert message is not None
    response = DeltaDiscoveryResponse.FromString(message)
    return {each.name: Secret.FromString(each.resource.value) for each in response.resources}


@pytest.mark.rule("AG-3")
def test_a_workload_is_told_its_certificate_and_its_roots_by_istios_names() -> None:
    subscription = Subscription(Secrets(ONE))
    subscription.want(["default", "ROOTCA"])
    secrets = told(subscription.delta())
    assert secrets["default"].tls_certificate.certificate_chain.inline_bytes == b"chain1"
    assert secrets["ROOTCA"].validation_context.trusted_ca.inline_bytes == b"roots\n"
    assert subscription.delta() is None


@pytest.mark.rule("AG-4")
def test_a_rotation_tells_only_what_changed() -> None:
    secrets = Secrets(ONE)
    subscription = Subscription(secrets)
    subscription.want(["default", "ROOTCA"])
    subscription.delta()
    secrets.replace(TWO)
    assert set(told(subscription.delta())) == {"default"}


def test_a_secret_that_is_not_there_yet_is_not_told_yet() -> None:
    secrets = Secrets()
    subscription = Subscription(secrets)
    subscription.want(["default"])
    assert subscription.delta() is None
    secrets.replace(ONE)
    assert set(told(subscription.delta())) == {"default"}


def test_a_name_asked_for_again_is_told_again_and_a_dropped_one_never() -> None:
    subscription = Subscription(Secrets(ONE))
    subscription.want(["default", "ROOTCA"])
    subscription.delta()
    subscription.want(["default"])
    subscription.drop(["ROOTCA"])
    assert set(told(subscription.delta())) == {"default"}


def test_the_state_of_the_world_has_all_that_is_wanted_whenever_one_changes() -> None:
    secrets = Secrets(ONE)
    subscription = Subscription(secrets)
    subscription.want_only(["default", "ROOTCA"])
    assert len(DiscoveryResponse.FromString(subscription.state_of_the_world() or b"").resources) == 2
    subscription.want_only(["default", "ROOTCA"])
    assert subscription.state_of_the_world() is None
    secrets.replace(TWO)
    response = DiscoveryResponse.FromString(subscription.state_of_the_world() or b"")
    assert (len(response.resources), response.nonce) == (2, "2")


def test_the_roots_of_the_operating_system_have_a_name() -> None:
    subscription = Subscription(Secrets())
    subscription.want(["file-root:system"])
    assert b"BEGIN CERTIFICATE" in told(subscription.delta())["file-root:system"].validation_context.trusted_ca.inline_bytes


@pytest.mark.rule("AG-3")
def test_secrets_in_files_are_read_by_istios_names_and_again_when_they_change(tmp_path: Path) -> None:
    (tmp_path / "chain").write_text("chain")
    (tmp_path / "key").write_text("key")
    name = f"file-cert:{tmp_path}/chain~{tmp_path}/key"
    subscription = Subscription(Secrets())
    subscription.want([name, f"file-root:{tmp_path}/roots"])
    assert subscription.wants_files
    assert set(told(subscription.delta())) == {name}
    (tmp_path / "roots").write_text("roots")
    assert set(told(subscription.delta())) == {f"file-root:{tmp_path}/roots"}
    (tmp_path / "key").write_text("other")
    assert told(subscription.delta())[name].tls_certificate.private_key.inline_bytes == b"other"


@pytest.mark.rule("AG-3")
def test_roots_that_peers_may_have_are_told_on_open_streams() -> None:
    secrets = Secrets(ONE)
    subscription = Subscription(secrets)
    subscription.want(["default", "ROOTCA"])
    subscription.delta()
    secrets.trust(PeerRoots(("cluster.local",), (Root("theirs"),)))
    assert told(subscription.delta())["ROOTCA"].validation_context.trusted_ca.inline_bytes == b"roots\ntheirs\n"
    secrets.trust(NOBODY)
    assert told(subscription.delta())["ROOTCA"].validation_context.trusted_ca.inline_bytes == b"roots\n"
