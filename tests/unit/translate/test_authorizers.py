"""External authorizers of MeshConfig."""

from __future__ import annotations

import pytest

from lateen.flow import Graph
from lateen.ir.match import Manner, Text
from lateen.ir.policy import Authorizer, Protocol, Shown, ShownBody
from lateen.translate.authorizers import PATIENCE, authorizer, service
from tests.given import worlds

HOST = "auth.default.svc.cluster.local"
NAME = f"outbound|8000||{HOST}"
SECOND = 10**9


def world(provider: str) -> Graph:
    return worlds.world(f"""
apiVersion: v1
kind: ConfigMap
metadata: {{name: istio, namespace: istio-system}}
data:
  mesh: |
    extensionProviders:
    - {{name: a, {provider}}}
---
apiVersion: v1
kind: Service
metadata: {{name: auth, namespace: default}}
spec: {{ports: [{{port: 8000}}]}}
""")


@pytest.mark.rule("AZ-10")
@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        (f"envoyExtAuthzGrpc: {{service: {HOST}, port: 8000}}", Authorizer(Protocol.GRPC, NAME, HOST, PATIENCE)),
        (f"envoyExtAuthzGrpc: {{service: default/{HOST}, port: 8000, timeout: 1s}}", Authorizer(Protocol.GRPC, NAME, HOST, SECOND)),
        (
            f"envoyExtAuthzGrpc: {{service: {HOST}, port: 8000, includeRequestBodyInCheck: {{maxRequestBytes: 9, packAsBytes: true}}}}",
            Authorizer(Protocol.GRPC, NAME, HOST, PATIENCE, body=ShownBody(9, as_bytes=True)),
        ),
        (
            f"envoyExtAuthzHttp: {{service: {HOST}, port: 8000, failOpen: true, statusOnError: '503', clearRouteCache: true}}",
            Authorizer(Protocol.HTTP, NAME, HOST, PATIENCE, open=True, status=503, rerouted=True),
        ),
        (
            f"envoyExtAuthzHttp: {{service: {HOST}, port: 8000, pathPrefix: p, includeRequestBodyInCheck: {{maxRequestBytes: 0}}}}",
            Authorizer(Protocol.HTTP, NAME, HOST, PATIENCE, shown=Shown("/p")),
        ),
        (f"envoyExtAuthzGrpc: {{service: elsewhere/{HOST}, port: 8000}}", None),
        (f"envoyExtAuthzGrpc: {{service: {HOST}, port: 1}}", None),
        ("prometheus: {}", None),
    ],
)
def test_how_it_is_asked(provider: str, expected: Authorizer | None) -> None:
    assert authorizer(world(provider), "a") == expected


@pytest.mark.rule("AZ-10")
def test_what_it_is_shown() -> None:
    shown = """
pathPrefix: /p, includeRequestHeadersInCheck: [x-a, "x-*"], includeAdditionalHeadersInCheck: {b: "2", a: "1"},
      headersToUpstreamOnAllow: ["*-x"], headersToDownstreamOnDeny: [y], headersToDownstreamOnAllow: [z]"""
    found = authorizer(world(f"envoyExtAuthzHttp: {{service: {HOST}, port: 8000, {shown.strip()}}}"), "a")
    assert found is not None

    def name(manner: Manner, value: str) -> Text:
        return Text(manner, value, ignore_case=True)

    assert found.shown == Shown(
        prefix="/p",
        headers=(name(Manner.EXACT, "x-a"), name(Manner.PREFIX, "x-")),
        added=(("a", "1"), ("b", "2")),
        kept=(name(Manner.SUFFIX, "-x"),),
        returned=(name(Manner.EXACT, "y"),),
        returned_allowed=(name(Manner.EXACT, "z"),),
    )


def test_nobody_by_that_name_is_no_service() -> None:
    assert service(world("prometheus: {}"), "b") is None
