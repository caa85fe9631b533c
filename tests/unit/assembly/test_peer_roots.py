"""What agents are told of roots that peers may have."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from google.protobuf.any_pb2 import Any as AnyMessage

from lateen.api import decode, inputs
from lateen.assembly import peer_roots
from lateen.assembly.stacks import stacks
from lateen.assembly.views import view_of
from lateen.flow import Graph
from lateen.identity import ca
from lateen.values.ref import Ref

PEM = ca.new_root("partner", datetime(2026, 1, 1, tzinfo=UTC)).certificate.public_bytes(Encoding.PEM).decode()
VIEW = view_of("sidecar~10.0.0.1~a.default~default.svc.cluster.local", {})
ISTIO = Ref("ConfigMap", "istio-system", "istio")


def write(g: Graph, **settings: Any) -> None:
    mesh = msgspec.json.encode(settings).decode()
    found, _ = decode.decode(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "istio", "namespace": "istio-system"}, "data": {"mesh": mesh}}
    )
    with g.batch() as batch:
        inputs.write(g, batch, [(ISTIO, found)])


@pytest.mark.rule("CA-4")
def test_agents_are_told_the_roots_and_whom_they_vouch_for() -> None:
    g = Graph()
    given = [{"pem": PEM}, {"pem": PEM, "trustDomains": ["partner.example"]}, {"pem": "nonsense"}, {"spiffeBundleUrl": "https://a.example"}]
    write(g, caCertificates=given, trustDomainAliases=["old"])
    resource = peer_roots.peer_roots(g)
    assert resource is not None
    assert msgspec.json.decode(AnyMessage.FromString(resource.body).value) == {
        "own": ["cluster.local", "old"],
        "roots": [{"pem": PEM, "domains": []}, {"pem": PEM, "domains": ["partner.example"]}],
    }
    assert resource.origins == (ISTIO,)
    assert peer_roots.PEER_ROOTS in dict(stacks(g, VIEW))


def test_where_there_are_none_nobody_is_told_anything() -> None:
    g = Graph()
    assert peer_roots.PEER_ROOTS not in dict(stacks(g, VIEW))
    write(g, caCertificates=[{"pem": "nonsense"}])
    assert peer_roots.PEER_ROOTS not in dict(stacks(g, VIEW))
