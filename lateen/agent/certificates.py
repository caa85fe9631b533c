"""A workload's certificate, fetched and kept fresh: drives the `Rotator` against the control plane's certificate service (CA-1).

The first time the agent shows a join token, later the certificate it has. The key is made here and never leaves this host. The service is
`istio.v1.auth.IstioCertificateService/CreateCertificate`, so any CA that serves Istio's agents serves this one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, cast

import grpc
import grpc.aio
import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from lateen.agent.lifecycle import Announce
from lateen.agent.rotator import Command, Issued, IssueRefused, Renew, RootChanged, Rotator
from lateen.agent.secrets import Certificate
from lateen.identity import csr, messages, possession
from lateen.kit.clock import Clock, SystemClock
from lateen.values.spiffe import Identity

SERVICE_ACCOUNT = "lateen-service-account"
_TIMEOUT = 10.0
_SOONEST = 1.0
"""Seconds until the next renewal, at least: where clocks are at odds, a certificate may seem to have run out when it arrives."""

Metadata = tuple[tuple[str, str], ...]


class ControlPlane(msgspec.Struct, frozen=True):
    """Where the control plane is and how to be sure of it: `address` (`host:15012` or `unix:/path`), `roots` (PEM) that must have issued
    its certificate, and the DNS name that the certificate must bear."""

    address: str
    roots: bytes
    server_name: str = "istiod.istio-system.svc"


class RefusedError(Exception):
    """The certificate service said no or did not answer; the words are a sentence without its full stop."""


def channel(control: ControlPlane, certificate: Certificate | None = None) -> grpc.aio.Channel:
    """A channel to the control plane over TLS with its root pinned; with the workload's certificate when it has one."""
    if certificate is None:
        credentials = grpc.ssl_channel_credentials(control.roots)
    else:
        credentials = grpc.ssl_channel_credentials(control.roots, certificate.key, certificate.chain)
    options = (
        ("grpc.ssl_target_name_override", control.server_name),
        ("grpc.max_receive_message_length", -1),
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.use_local_subchannel_pool", 1),
    )
    return grpc.aio.secure_channel(control.address, credentials, options=options)


async def fetch(control: ControlPlane, identity: Identity, proof: Certificate | str, lifetime: float = 86_400.0, workload: str = "") -> Certificate:
    """A fresh certificate for a fresh key, for `lifetime` seconds or what the CA allows. `proof` is a join token or the present
    certificate. `workload` is what peers shall call it in metrics. Raises `RefusedError`."""
    key = csr.new_key()
    request = messages.IstioCertificateRequest(csr=csr.request_pem(key, identity), validity_duration=int(lifetime))
    request.metadata.update({messages.WORKLOAD: workload} if workload else {})
    through = channel(control, proof if isinstance(proof, Certificate) else None)
    shown = (*bearer(proof, datetime.now(UTC)), (SERVICE_ACCOUNT, identity.service_account))
    try:
        answer = await _called(through, request.SerializeToString(), shown)
    except grpc.aio.AioRpcError as error:
        raise RefusedError(_reason(control, error)) from error
    finally:
        await through.close(None)
    chain = list(messages.IstioCertificateResponse.FromString(answer).cert_chain)
    if len(chain) < 2:
        raise RefusedError(f"the control plane answered with {len(chain)} certificates, where a leaf and its roots were expected")
    return Certificate("".join(map(_ended, chain[:-1])).encode(), csr.key_pem(key).encode(), union(control.roots, chain[-1].encode()))


def bearer(proof: Certificate | str, now: datetime) -> Metadata:
    """What a call shows of who is calling: the join token, or that it holds the certificate's key. The certificate itself is shown in the
    TLS handshake too, for control planes that ask there."""
    if isinstance(proof, str):
        return (("authorization", f"Bearer {proof}"),) if proof else ()
    key = load_pem_private_key(proof.key, None)
    token = possession.mint_possession(cast(csr.PrivateKey, key), proof.chain.decode(), now)
    return (("authorization", f"Bearer {token}"),)


async def keep_fresh(
    rotator: Rotator,
    fetched: Callable[[], Any],
    deliver: Callable[[Certificate], None],
    announce: Callable[[str], None],
    present: Certificate | None = None,
    clock: Clock | None = None,
    roots_changed: asyncio.Event | None = None,
) -> None:
    """Fetch, deliver, and renew as the rotator says, until cancelled. `fetched()` is awaited for each certificate, and at once after `roots_changed`.

    A fetched one counts from its arrival: authorities date their certificates back, which would leave little or nothing of a short lifetime."""
    clock, changed = clock or SystemClock(), roots_changed or asyncio.Event()
    when = clock.wall() if present is None else _followed(rotator.receive(_issued(clock.wall(), present)), announce)
    while True:
        if await _interrupted(changed, clock.sleep(when - clock.wall())):
            changed.clear()
            when = _followed(rotator.receive(RootChanged(clock.wall())), announce)
            continue
        try:
            certificate = await fetched()
        except RefusedError as error:
            when = _followed(rotator.receive(IssueRefused(clock.wall(), str(error))), announce)
        else:
            deliver(certificate)
            now = clock.wall()
            issued = msgspec.structs.replace(_issued(now, certificate), not_before=now)
            when = max(_followed(rotator.receive(issued), announce), now + _SOONEST)


async def _interrupted(changed: asyncio.Event, pause: Coroutine[Any, Any, None]) -> bool:
    """Whether the event came before the pause was over."""
    sleeping, waiting = asyncio.ensure_future(pause), asyncio.ensure_future(changed.wait())
    try:
        await asyncio.wait((sleeping, waiting), return_when=asyncio.FIRST_COMPLETED)
    finally:
        sleeping.cancel()
        waiting.cancel()
    return changed.is_set()


def _followed(commands: tuple[Command, ...], announce: Callable[[str], None]) -> float:
    when = 0.0
    for command in commands:
        match command:
            case Announce():
                announce(command.text)
            case Renew():
                when = command.at
    return when


def _issued(now: float, certificate: Certificate) -> Issued:
    leaf = x509.load_pem_x509_certificate(certificate.chain)
    return Issued(now, leaf.not_valid_before_utc.timestamp(), leaf.not_valid_after_utc.timestamp())


async def _called(through: Any, request: bytes, metadata: Metadata) -> bytes:
    answer: bytes = await through.unary_unary(messages.METHOD)(request, metadata=metadata, timeout=_TIMEOUT, wait_for_ready=True)
    return answer


def _reason(control: ControlPlane, error: grpc.aio.AioRpcError) -> str:
    if error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
        return f"the control plane at {control.address} does not answer"
    return f"the control plane refused: {(error.details() or error.code().name).rstrip('.')}"


def union(*bundles: bytes) -> bytes:
    """The certificates of several PEM bundles, each once and without remarks: while roots change, old and new are trusted."""
    certificates = dict.fromkeys(certificate for bundle in bundles for certificate in x509.load_pem_x509_certificates(bundle))
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def _ended(pem: str) -> str:
    return pem if pem.endswith("\n") else pem + "\n"
