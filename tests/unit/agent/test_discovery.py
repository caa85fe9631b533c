"""The agent's own reading and writing of discovery messages, held against protobuf."""

import pytest
from envoy.config.core.v3.base_pb2 import Node
from envoy.extensions.transport_sockets.tls.v3.secret_pb2 import Secret
from envoy.service.discovery.v3.discovery_pb2 import (
    DeltaDiscoveryRequest,
    DeltaDiscoveryResponse,
    DiscoveryRequest,
    DiscoveryResponse,
)

from lateen.agent import discovery
from lateen.agent.discovery import DeltaRequest, DeltaResponse, MalformedError, Request, Resource


def test_a_delta_request_reads_as_protobuf_wrote_it() -> None:
    message = DeltaDiscoveryRequest(
        node=Node(id="sidecar~1.1.1.1~a.b~b.svc.cluster.local"),
        type_url=discovery.SECRET,
        resource_names_subscribe=["default", "ROOTCA"],
        resource_names_unsubscribe=["old"],
        initial_resource_versions={"default": "1"},
        response_nonce="7",
    )
    assert discovery.delta_request(message.SerializeToString()) == DeltaRequest(discovery.SECRET, ("default", "ROOTCA"), ("old",), "7")
    message.error_detail.message = "no"
    assert discovery.delta_request(message.SerializeToString()).is_refusal


@pytest.mark.rule("WE-2")
def test_health_is_told_as_istios_agent_tells_it() -> None:
    assert DeltaDiscoveryRequest.FromString(discovery.write_health("")) == DeltaDiscoveryRequest(type_url=discovery.HEALTH)
    ill = DeltaDiscoveryRequest(type_url="type.googleapis.com/istio.v1.HealthInformation")
    ill.error_detail.code, ill.error_detail.message = 13, "no answer"
    assert DeltaDiscoveryRequest.FromString(discovery.write_health("no answer")) == ill


def test_a_request_reads_as_protobuf_wrote_it() -> None:
    message = DiscoveryRequest(type_url=discovery.SECRET, resource_names=["default"], response_nonce="3", version_info="2")
    assert discovery.request(message.SerializeToString()) == Request(discovery.SECRET, ("default",), "3")


def test_a_written_delta_request_is_what_protobuf_writes() -> None:
    written = discovery.write_delta_request(discovery.HOST, ("a",), ("b",), "9")
    expected = DeltaDiscoveryRequest(type_url=discovery.HOST, resource_names_subscribe=["a"], resource_names_unsubscribe=["b"], response_nonce="9")
    assert written == expected.SerializeToString()


def test_a_delta_response_survives_protobuf_both_ways() -> None:
    response = DeltaResponse(discovery.HOST, "4", (Resource("reviews", "v", b'{"host":null}'),), ("gone",))
    message = DeltaDiscoveryResponse.FromString(discovery.write_delta_response(response))
    assert (message.resources[0].resource.type_url, message.resources[0].resource.value) == (discovery.HOST, b'{"host":null}')
    assert discovery.delta_response(message.SerializeToString()) == response
    assert discovery.type_of(message.SerializeToString()) == discovery.HOST


def test_a_response_is_what_protobuf_reads() -> None:
    message = DiscoveryResponse.FromString(discovery.write_response(discovery.SECRET, "1", "5", [b"x", b"y"]))
    assert (message.nonce, message.version_info, message.type_url) == ("1", "5", discovery.SECRET)
    assert [(each.type_url, each.value) for each in message.resources] == [(discovery.SECRET, b"x"), (discovery.SECRET, b"y")]


def test_secrets_are_what_protobuf_reads() -> None:
    pair = Secret.FromString(discovery.key_pair("default", b"chain", b"key"))
    assert (pair.name, pair.tls_certificate.certificate_chain.inline_bytes, pair.tls_certificate.private_key.inline_bytes) == (
        "default",
        b"chain",
        b"key",
    )
    roots = Secret.FromString(discovery.trusted_roots("ROOTCA", b"roots"))
    assert (roots.name, roots.validation_context.trusted_ca.inline_bytes) == ("ROOTCA", b"roots")


@pytest.mark.parametrize("raw", [b"\x12\x05ab", b"\x80", b"\x0b", b"\xff" * 12])
def test_what_is_no_message_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedError):
        list(discovery.fields(raw))
