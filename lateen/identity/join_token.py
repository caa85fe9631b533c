"""Join tokens: how a machine or a process becomes part of a mesh that has no Kubernetes to vouch for it.

An operator mints a token for one namespace and one service account, or for those that begin alike (`web-*`); whoever holds it before it
ends gets certificates for these and nothing else. A token belongs to one trust domain, for one audience. Pure: key and clock are passed in.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from lateen.identity import signed_token
from lateen.identity.refusal import Refusal
from lateen.identity.signed_token import SigningKey, VerifyingKey
from lateen.values import spiffe

AUDIENCE = "istio-ca"
LIFETIME = timedelta(seconds=3600)
ISSUER = "lateen"


class Claims(msgspec.Struct, frozen=True):
    """What a join token allows: `service_account` is a name, or a beginning followed by one `*`; `id` tells tokens apart in logs."""

    trust_domain: str
    namespace: str
    service_account: str
    id: str = ""
    audience: str = AUDIENCE

    def identity(self, wanted: str = "") -> spiffe.Identity | Refusal:
        """Who the bearer is, given the service account that it says it is (needed only where the token leaves a choice)."""
        name = wanted or self.service_account
        if name.endswith("*"):
            return Refusal(f"The join token allows any service account {self.service_account}; say which one (metadata lateen-service-account).")
        if not self._allows(name):
            return Refusal(f"The join token is for service account {self.service_account} in namespace {self.namespace}, not for {name}.")
        return spiffe.Identity(self.trust_domain, self.namespace, name)

    def _allows(self, name: str) -> bool:
        stem = self.service_account.removesuffix("*")
        return name.startswith(stem) if stem != self.service_account else name == stem


class _Wire(msgspec.Struct, frozen=True):
    """The claims by the names of RFC 7519; times in seconds since 1970."""

    iss: str
    aud: str
    sub: str
    iat: int
    exp: int
    jti: str
    trust_domain: str
    namespace: str
    service_account: str


def mint_token(key: SigningKey, claims: Claims, now: datetime, lifetime: timedelta = LIFETIME) -> str:
    """A token of `claims` that ends `lifetime` after `now`."""
    subject = f"{claims.namespace}/{claims.service_account}"
    start, end = int(now.timestamp()), int((now + lifetime).timestamp())
    where = (claims.trust_domain, claims.namespace, claims.service_account)
    return signed_token.sign(key, msgspec.json.encode(_Wire(ISSUER, claims.audience, subject, start, end, claims.id, *where)))


def is_join_token(token: str) -> bool:
    """Whether a bearer token says that it is a join token; whether it is a good one, `read_token` tells."""
    parts = signed_token.take_apart(token)
    return parts is not None and _wire(parts) is not None


def told_id(token: str) -> str:
    """What a join token says that its id is; empty for what is none. Not proven by this."""
    parts = signed_token.take_apart(token)
    wire = _wire(parts) if parts is not None else None
    return wire.jti if wire is not None else ""


def read_token(key: VerifyingKey, token: str, trust_domains: tuple[str, ...], now: datetime, audience: str = AUDIENCE) -> Claims | Refusal:
    """What a token allows in the first of the trust domains, once its signature, end, audience and trust domain (any of these) are found right."""
    parts = signed_token.take_apart(token)
    if parts is None or not signed_token.is_signed_by(parts, key):
        return Refusal("The join token was not made by this mesh; make one with `lateen token`.")
    wire = _wire(parts)
    if wire is None:
        return Refusal("The token is signed by this mesh but is not a join token; make one with `lateen token`.")
    if wire.exp <= now.timestamp():
        return Refusal(f"The join token ended at {_moment(wire.exp, now)}; make another with `lateen token`.")
    if wire.aud != audience:
        return Refusal(f'The join token is for the audience "{wire.aud}"; expected "{audience}".')
    if wire.trust_domain not in trust_domains:
        return Refusal(f'The join token is for the trust domain "{wire.trust_domain}"; this mesh is "{trust_domains[0]}".')
    return Claims(trust_domains[0], wire.namespace, wire.service_account, wire.jti, wire.aud)


def _wire(parts: signed_token.Unsigned) -> _Wire | None:
    try:
        wire = msgspec.json.decode(parts.claims, type=_Wire)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return wire if wire.iss == ISSUER else None


def _moment(seconds: int, like: datetime) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, like.tzinfo):%Y-%m-%d %H:%M:%S %Z}".strip()
    except (OverflowError, ValueError, OSError):
        return str(seconds)
