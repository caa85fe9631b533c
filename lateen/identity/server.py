"""The certificate service over gRPC, and the TLS of the control plane's port.

What `grpc.aio` says of a peer, tried with grpcio 1.85: a verified client certificate shows in `context.auth_context()` as `x509_pem_cert`
(the leaf alone, PEM), `x509_subject_alternative_name` (one entry per name), `peer_uri` and `peer_spiffe_id`. These keys exist only when
the handshake verified a certificate. The C core can *request* a client certificate without requiring it; the Python API cannot: with
`require_client_auth=False` the server never asks, and a certificate that the client holds ready is not sent. Hence `Clients`: a port
either demands certificates, or takes bearer tokens, among them possession tokens, by which a workload shows its certificate inside the
call (see `possession`). The callback of `dynamic_ssl_server_credentials` runs once per connection, on a thread of gRPC's, and gives both
certificate and roots, so rotated ones apply to the next connection.
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import grpc

from lateen.identity import ca, csr
from lateen.identity.authenticate import Authenticator, Credentials, authenticated, joined_by
from lateen.identity.messages import METHOD, WORKLOAD, IstioCertificateRequest, IstioCertificateResponse
from lateen.identity.refusal import Refusal
from lateen.values import spiffe

SERVICE_ACCOUNT_KEY = "lateen-service-account"
_BEARER = "bearer "

AuthContext = Mapping[str, Iterable[bytes]]


class Clients(enum.Enum):
    """What a port wants of its clients during the handshake."""

    NOT_ASKED = "not asked"
    REQUIRED = "required"


def server_credentials(serving: Callable[[], ca.Serving], roots: Callable[[], str], clients: Clients) -> grpc.ServerCredentials:
    """TLS for a port. `serving` and `roots` (PEM) are read anew for each connection, on gRPC's threads: they must return values at hand."""

    def configuration() -> Any:
        now = serving()
        return grpc.ssl_server_certificate_configuration([(now.key.encode(), now.chain.encode())], roots().encode())

    return grpc.dynamic_ssl_server_credentials(configuration(), configuration, clients is Clients.REQUIRED)


def peer_identity(auth_context: AuthContext) -> spiffe.Identity | None:
    """Who the TLS handshake has shown the peer to be; None without a verified certificate that names exactly one workload."""
    names = [name.decode("utf-8", "replace") for name in auth_context.get("peer_uri", ())]
    return spiffe.parse(names[0]) if len(names) == 1 else None


def credentials(auth_context: AuthContext, metadata: Iterable[tuple[str, str | bytes]]) -> Credentials:
    """What a caller showed, from gRPC's view of its connection and its call; for any service that wants to authenticate."""
    said = {key.lower(): value for key, value in metadata if isinstance(value, str)}
    authorization = said.get("authorization", "")
    token = authorization[len(_BEARER) :].strip() if authorization.lower().startswith(_BEARER) else ""
    certificate = next(iter(auth_context.get("x509_pem_cert", ())), b"").decode()
    return Credentials(certificate, token, said.get(SERVICE_ACCOUNT_KEY, ""))


def handlers(
    authority: Callable[[], ca.Authority],
    roots: Callable[[], str],
    authenticators: Sequence[Authenticator],
    now: Callable[[], datetime],
    issued: Callable[[spiffe.Identity], None] = lambda _identity: None,
    is_revoked: Callable[[str], bool] = lambda _id: False,
) -> grpc.GenericRpcHandler[Any, Any]:
    """The service, to be added to a `grpc.aio` server. `roots` (PEM) are all that the mesh trusts, and the last part of each answer.
    `issued` is told of each certificate made, for logs and counts. `is_revoked` is asked about the id of the join token by which a caller joined."""

    async def create(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
        shown = credentials(context.auth_context(), context.invocation_metadata() or ())
        moment = now()
        identity = authenticated(authenticators, shown, moment)
        if isinstance(identity, Refusal):
            return await context.abort(grpc.StatusCode.UNAUTHENTICATED, identity.sentence)
        joined = joined_by(shown)
        if joined and is_revoked(joined):
            why = f"The join token by which {identity} has joined was revoked, so its certificate is not renewed; join with another token."
            return await context.abort(grpc.StatusCode.UNAUTHENTICATED, why)
        key = csr.public_key(request.csr)
        if isinstance(key, Refusal):
            return await context.abort(grpc.StatusCode.INVALID_ARGUMENT, key.sentence)
        try:
            called = request.metadata.fields[WORKLOAD].string_value
            chain = ca.issue(authority(), identity, key, _seconds(request.validity_duration), moment, joined, called)
        except ca.AuthorityExpired as why:
            return await context.abort(grpc.StatusCode.UNAVAILABLE, str(why))
        except ValueError as why:
            return await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(why))
        issued(identity)
        return IstioCertificateResponse(cert_chain=(*chain[:-1], roots()))

    return _OneMethod(create)


def _seconds(requested: int) -> timedelta:
    """A length of time from the wire, where any 64-bit number may stand."""
    return timedelta(seconds=min(max(requested, 0), 10**9))


class _OneMethod(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # generic in the stubs only
    """Routes `CreateCertificate`, and leaves every other method to the server's further handlers."""

    def __init__(self, create: Callable[[Any, Any], Awaitable[Any]]) -> None:
        self._handler = grpc.unary_unary_rpc_method_handler(create, IstioCertificateRequest.FromString, IstioCertificateResponse.SerializeToString)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any] | None:
        return self._handler if handler_call_details.method == METHOD else None
