"""The certificate service over loopback TLS: a newcomer joins by token, renews with what it got, and strangers are refused."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from cryptography import x509

from lateen.identity import authenticate, ca, csr, material, server, trust
from lateen.identity.join_token import Claims, mint_token
from lateen.identity.messages import METHOD, WORKLOAD, IstioCertificateRequest, IstioCertificateResponse
from lateen.identity.possession import mint_possession
from lateen.values.spiffe import Identity

NOW = datetime.now(UTC)
KEY = b"k" * 32
MESH = material.created("cluster.local", NOW)
OTHER = material.created("cluster.local", NOW)
WEB = Identity("cluster.local", "shop", "web")
TOKEN = mint_token(KEY, Claims("cluster.local", "shop", "web"), NOW)


@asynccontextmanager
async def control_plane(clients: server.Clients, serving: list[ca.Serving] | None = None, revoked: set[str] | None = None) -> AsyncIterator[int]:
    """A real server on a loopback port, which is yielded; the last of `serving` is what it shows. Join tokens with a `revoked` id are."""
    shown = serving if serving is not None else [ca.serving_certificate(MESH.authority, NOW)]

    def own() -> tuple[str, ...]:
        return ("cluster.local",)

    order = (
        authenticate.key_possession(lambda: MESH.trust, own),
        authenticate.joining(lambda: KEY, own),
        authenticate.client_certificate(own),
    )
    running = grpc.aio.server()
    is_revoked = (set() if revoked is None else revoked).__contains__
    issuing = server.handlers(lambda: MESH.authority, lambda: MESH.trust.pem, order, lambda: NOW, is_revoked=is_revoked)
    running.add_generic_rpc_handlers((issuing,))
    credentials = server.server_credentials(lambda: shown[-1], lambda: MESH.trust.pem, clients)
    port = running.add_secure_port("127.0.0.1:0", credentials)
    await running.start()
    try:
        yield port
    finally:
        await running.stop(None)


async def asked(
    port: int, request: str, token: str = "", own: tuple[csr.PrivateKey, str] | None = None, roots: str = MESH.trust.pem, called: str = ""
) -> list[str]:
    """The chain that the service at `port` answers `request` with."""
    pair = (csr.key_pem(own[0]).encode(), own[1].encode()) if own else (None, None)
    metadata = (("authorization", f"Bearer {token}"),) if token else ()
    async with grpc.aio.secure_channel(f"127.0.0.1:{port}", grpc.ssl_channel_credentials(roots.encode(), *pair)) as channel:
        call = channel.unary_unary(METHOD, IstioCertificateRequest.SerializeToString, IstioCertificateResponse.FromString)
        question = IstioCertificateRequest(csr=request, validity_duration=3600)
        question.metadata.update({WORKLOAD: called, "ClusterID": "Kubernetes"} if called else {})
        answer = await call(question, metadata=metadata, timeout=10)
        return list(answer.cert_chain)


def holder(chain: list[str]) -> Identity | object:
    certificates = tuple(x509.load_pem_x509_certificate(pem.encode()) for pem in chain)
    return trust.verified_identity(MESH.trust, certificates[:-1], NOW)


@pytest.mark.rule("CA-1")
async def test_a_newcomer_gets_the_identity_of_its_token_whatever_its_request_says():
    async with control_plane(server.Clients.NOT_ASKED) as port:
        chain = await asked(port, csr.request_pem(csr.new_key(), Identity("cluster.local", "istio-system", "admin")), TOKEN)
    assert len(chain) == 3 and holder(chain) == WEB


@pytest.mark.rule("TE-2")
async def test_what_a_workload_is_called_in_metrics_is_what_its_agent_says_and_who_it_is_is_not():
    async with control_plane(server.Clients.NOT_ASKED) as port:
        chain = await asked(port, csr.request_pem(csr.new_key()), TOKEN, called="web-1;shop;web;v1;here")
        silent = await asked(port, csr.request_pem(csr.new_key()), TOKEN)
    assert [ca.workload(x509.load_pem_x509_certificate(each[0].encode())) for each in (chain, silent)] == ["web-1;shop;web;v1;here", ""]
    assert holder(chain) == holder(silent) == WEB


async def test_who_joined_by_a_token_that_is_revoked_later_gets_no_further_certificate_however_often_it_has_renewed():
    token, other = (mint_token(KEY, Claims("cluster.local", "shop", "web", name), NOW) for name in ("leaked", "fine"))
    key, revoked = csr.new_key(), set()
    async with control_plane(server.Clients.NOT_ASKED, revoked=revoked) as port:
        chain = await asked(port, csr.request_pem(key), token)
        chain = await asked(port, csr.request_pem(key), mint_possession(key, "".join(chain), NOW))
        beside = await asked(port, csr.request_pem(key), other)
        assert [ca.joined_by(x509.load_pem_x509_certificate(each[0].encode())) for each in (chain, beside)] == ["leaked", "fine"]
        revoked.add("leaked")
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await asked(port, csr.request_pem(key), mint_possession(key, "".join(chain), NOW))
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
        assert refused.value.details() == (
            f"The join token by which {WEB} has joined was revoked, so its certificate is not renewed; join with another token."
        )
        assert holder(await asked(port, csr.request_pem(key), mint_possession(key, "".join(beside), NOW))) == WEB


@pytest.mark.rule("CA-2")
async def test_a_workload_renews_on_the_same_port_by_showing_that_it_holds_its_key():
    key = csr.new_key()
    async with control_plane(server.Clients.NOT_ASKED) as port:
        first = await asked(port, csr.request_pem(key), TOKEN)
        renewed = await asked(port, csr.request_pem(csr.new_key()), mint_possession(key, "".join(first), NOW))
    assert holder(renewed) == WEB and renewed[0] != first[0]


@pytest.mark.rule("CA-2")
async def test_a_workload_renews_with_its_client_certificate_where_the_port_demands_one():
    key = csr.new_key()
    chain = "".join(ca.issue(MESH.authority, WEB, key.public_key(), timedelta(hours=1), NOW))
    async with control_plane(server.Clients.REQUIRED) as port:
        assert holder(await asked(port, csr.request_pem(csr.new_key()), own=(key, chain))) == WEB


@pytest.mark.parametrize(
    ("token", "sentence"),
    [
        (mint_token(b"x" * 32, Claims("cluster.local", "shop", "web"), NOW), "was not made by this mesh"),
        (mint_token(KEY, Claims("cluster.local", "shop", "web"), NOW - timedelta(hours=2)), "The join token ended at"),
        ("", "neither a client certificate nor a token"),
        ("abc", "neither a certificate nor a token that this control plane knows"),
    ],
    ids=["foreign", "expired", "none", "rubbish"],
)
async def test_a_stranger_is_refused_with_a_sentence(token: str, sentence: str):
    async with control_plane(server.Clients.NOT_ASKED) as port:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await asked(port, csr.request_pem(csr.new_key()), token)
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
    assert sentence in (refused.value.details() or "")


async def test_a_bad_request_is_refused_with_a_sentence():
    async with control_plane(server.Clients.NOT_ASKED) as port:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await asked(port, "hello", TOKEN)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "not one in PEM form" in (refused.value.details() or "")


async def test_a_certificate_of_another_authority_opens_neither_kind_of_port():
    key = csr.new_key()
    chain = "".join(ca.issue(OTHER.authority, WEB, key.public_key(), timedelta(hours=1), NOW))
    async with control_plane(server.Clients.REQUIRED) as port:
        with pytest.raises(grpc.aio.AioRpcError) as closed:
            await asked(port, csr.request_pem(key), own=(key, chain))
    async with control_plane(server.Clients.NOT_ASKED) as port:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await asked(port, csr.request_pem(key), mint_possession(key, chain, NOW))
    assert closed.value.code() is grpc.StatusCode.UNAVAILABLE
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_a_rotated_serving_certificate_is_shown_to_the_next_connection():
    serving = [ca.serving_certificate(MESH.authority, NOW)]
    async with control_plane(server.Clients.NOT_ASKED, serving) as port:
        await asked(port, csr.request_pem(csr.new_key()), TOKEN)
        serving.append(ca.serving_certificate(OTHER.authority, NOW))
        assert holder(await asked(port, csr.request_pem(csr.new_key()), TOKEN, roots=OTHER.trust.pem)) == WEB


async def test_the_peer_identity_is_what_the_handshake_has_shown():
    seen = []
    key = csr.new_key()
    chain = "".join(ca.issue(MESH.authority, WEB, key.public_key(), timedelta(hours=1), NOW))

    class Watching(grpc.GenericRpcHandler):
        def service(self, handler_call_details):
            return grpc.unary_unary_rpc_method_handler(self.answer)

        async def answer(self, request, context):
            seen.append(server.peer_identity(context.auth_context()))
            return request

    for clients in server.Clients:
        running = grpc.aio.server()
        running.add_generic_rpc_handlers((Watching(),))
        serving = ca.serving_certificate(MESH.authority, NOW)
        port = running.add_secure_port("127.0.0.1:0", server.server_credentials(lambda now=serving: now, lambda: MESH.trust.pem, clients))
        await running.start()
        pair = (csr.key_pem(key).encode(), chain.encode())
        async with grpc.aio.secure_channel(f"127.0.0.1:{port}", grpc.ssl_channel_credentials(MESH.trust.pem.encode(), *pair)) as channel:
            await channel.unary_unary("/a/b")(b"", timeout=10)
        await running.stop(None)
    assert seen == [None, WEB]
