"""Who is calling: authenticators, each a function from what a caller showed to an identity, a refusal, or None.

None means "nothing here for me", so that the next authenticator is asked; a refusal ends the matter, for a caller that shows something
false must not be tried under another name. The order is the caller's. Pure, but for what the authenticators are given to read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
from cryptography import x509

from lateen.identity import ca, join_token, possession, trust
from lateen.identity.refusal import Refusal
from lateen.identity.signed_token import VerifyingKey
from lateen.values import spiffe


class Credentials(msgspec.Struct, frozen=True):
    """What a caller showed: the PEM certificate that TLS has verified ("" for none), a bearer token ("" for none), and the service
    account that it says it is, which is heard only where its token leaves a choice."""

    certificate: str = ""
    token: str = ""
    service_account: str = ""


Authenticator = Callable[[Credentials, datetime], spiffe.Identity | Refusal | None]

TrustDomains = Callable[[], tuple[str, ...]]
"""The mesh's own trust domain and behind it its aliases, at the moment. Whoever shows that it is of one of them counts as of the first; so a mesh
changes its trust domain by making the old one an alias, and all that join or renew from then on are of the new one."""


def authenticated(authenticators: Sequence[Authenticator], credentials: Credentials, now: datetime) -> spiffe.Identity | Refusal:
    """The first answer that an authenticator gives."""
    for authenticator in authenticators:
        answer = authenticator(credentials, now)
        if answer is not None:
            return answer
    if credentials.certificate or credentials.token:
        return Refusal("What the caller showed is neither a certificate nor a token that this control plane knows how to check.")
    return Refusal("The caller showed neither a client certificate nor a token; join with `lateen join --token`.")


def joined_by(credentials: Credentials) -> str:
    """The id of the join token that a caller's membership goes back to: of the one that it shows, or for which the first of its certificates was
    issued; empty where there is none. To be asked of callers that were authenticated."""
    if credentials.certificate:
        return ca.joined_by(x509.load_pem_x509_certificate(credentials.certificate.encode()))
    shown = possession.told_certificate(credentials.token)
    return ca.joined_by(shown) if shown is not None else join_token.told_id(credentials.token)


def client_certificate(trust_domains: TrustDomains) -> Authenticator:
    """Accepts the certificate that the TLS handshake has verified, while it lasts, for the mesh's trust domain and its aliases.

    A connection may outlive the certificate that opened it, hence the look at the clock.
    """

    def authenticator(credentials: Credentials, now: datetime) -> spiffe.Identity | Refusal | None:
        if not credentials.certificate:
            return None
        certificate = x509.load_pem_x509_certificate(credentials.certificate.encode())
        if certificate.not_valid_after_utc <= now:
            return Refusal(f"The client certificate ended at {certificate.not_valid_after_utc:%Y-%m-%d %H:%M} UTC; connect with the new one.")
        return _within(trust.named_identity(certificate), trust_domains())

    return authenticator


def key_possession(roots: Callable[[], trust.TrustBundle], trust_domains: TrustDomains) -> Authenticator:
    """Accepts a token signed by the key of a certificate that leads to one of `roots` (see `possession`)."""

    def authenticator(credentials: Credentials, now: datetime) -> spiffe.Identity | Refusal | None:
        if not possession.is_possession(credentials.token):
            return None
        return _within(possession.read_possession(roots(), credentials.token, now), trust_domains())

    return authenticator


def joining(key: Callable[[], VerifyingKey], trust_domains: TrustDomains, is_revoked: Callable[[str], bool] = lambda _id: False) -> Authenticator:
    """Accepts our own join tokens; `is_revoked` is asked about the token's id."""

    def authenticator(credentials: Credentials, now: datetime) -> spiffe.Identity | Refusal | None:
        if not join_token.is_join_token(credentials.token):
            return None
        claims = join_token.read_token(key(), credentials.token, trust_domains(), now)
        if isinstance(claims, Refusal):
            return claims
        if is_revoked(claims.id):
            return Refusal("The join token was revoked; make another with `lateen token`.")
        return claims.identity(credentials.service_account)

    return authenticator


def _within(identity: spiffe.Identity | Refusal, trust_domains: tuple[str, ...]) -> spiffe.Identity | Refusal:
    if isinstance(identity, Refusal):
        return identity
    if identity.trust_domain in trust_domains:
        return msgspec.structs.replace(identity, trust_domain=trust_domains[0])
    return Refusal(f'{identity} is of the trust domain "{identity.trust_domain}"; this mesh is {" or ".join(trust_domains)}.')
