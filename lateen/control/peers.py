"""Who may be which proxy (XD-10): the identity that a peer has shown must be of the namespace and service account that its node claims.

Over TLS everybody has to show who they are; the plaintext port, which an operator opens on purpose, takes a proxy's word. Pure but for what the
authenticators are given to read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from lateen.control.pusher import Authorize
from lateen.identity import Authenticator, Refusal, authenticated, credentials
from lateen.values.spiffe import Identity
from lateen.xds.node import Proxy
from lateen.xds.server import METADATA

_SECURE = b"ssl"


def authorize(authenticators: Sequence[Authenticator], now: Callable[[], datetime]) -> Authorize:
    """What `Pusher` asks about each proxy that connects."""

    def check(auth_context: Mapping[str, Any], proxy: Proxy) -> str | None:
        if not is_secure(auth_context):
            return None
        shown = credentials({key: value for key, value in auth_context.items() if key != METADATA}, auth_context.get(METADATA, ()))
        identity = authenticated(authenticators, shown, now())
        return identity.sentence if isinstance(identity, Refusal) else mismatch(identity, proxy)

    return check


def is_secure(auth_context: Mapping[str, Any]) -> bool:
    """Whether the connection is TLS."""
    return _SECURE in tuple(auth_context.get("transport_security_type", ()))


def mismatch(identity: Identity, proxy: Proxy) -> str | None:
    """A sentence when the identity is not the proxy's: "the stream's authenticated ns/SA must fit the node's claimed ns/SA"."""
    if identity.namespace != proxy.namespace:
        return f'{identity} cannot be a proxy of the namespace "{proxy.namespace}", as the node {proxy.id} says it is.'
    if proxy.service_account and identity.service_account != proxy.service_account:
        return f'{identity} cannot be a proxy of the service account "{proxy.service_account}", as the node {proxy.id} says it is.'
    return None
