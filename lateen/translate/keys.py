"""The keys by which tokens are checked, as inputs: the control plane fetches what `wanted` names and writes it to `jwks` (JW-4).

"JWKS is fetched by the control plane, refreshed each 20 min, inlined; a failing fetch → a fake key so that all tokens fail with 401 (never
open)." Envoy refuses a whole listener for a key set without any valid key, so the fake key stands at the end of every set,
whatever else is in it.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec

from lateen.api import inputs
from lateen.api.security.request_authentication import JWTRule
from lateen.flow import Graph, query, source

DISCOVERY = "/.well-known/openid-configuration"
PATIENCE = 5 * 10**9
"""How long a fetch may take where the rule does not say, in nanoseconds."""
FAKE_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "alg": "ES256",
    "use": "sig",
    "kid": "nobody",
    "x": "kbCKcpJiwvO5fM2TF3l_G8kWhNghUuRrrKo6Jm6e3vM",
    "y": "GPZR3ZoKle5Aym6VKVbNrA0vZ-x8R5ftFnE8eFNQSXo",
}
"""A public key whose private key nobody has: `x` is the SHA-256 of "lateen: the key of nobody 0", `y` the smaller of the two that
belong to it."""


class Wanted(msgspec.Struct, frozen=True, order=True, cache_hash=True):
    """Keys to be fetched, within `timeout` nanoseconds.

    An address that ends in `DISCOVERY` answers with a document whose `jwks_uri` is where the keys are.
    """

    uri: str
    timeout: int = PATIENCE


class KeySet(msgspec.Struct):
    """As much of a key set (https://www.rfc-editor.org/rfc/rfc7517#section-5) as has to be true of every one."""

    keys: list[object]


@source
def jwks(uri: str) -> str | None:
    """The key set that was fetched for this address, or None: not yet, or not with success. The key is `Wanted.uri`."""
    return None


def uri(rule: JWTRule) -> str:
    """Where the keys of a rule are fetched; empty where it brings them, or where nobody says."""
    if rule.jwks:
        return ""
    if rule.jwks_uri or rule.jwks_uri_old:
        return rule.jwks_uri or rule.jwks_uri_old
    return f"{rule.issuer.rstrip('/')}{DISCOVERY}" if rule.issuer.startswith(("https://", "http://")) else ""


def keys(g: Graph, rule: JWTRule) -> str:
    """The key set of a rule, fit for Envoy."""
    address = uri(rule)
    return with_fake_key(rule.jwks or (jwks(g, address) if address else None) or "")


@lru_cache(maxsize=256)
def with_fake_key(text: str) -> str:
    """The key set with the fake key behind its own keys; just the fake key where the text is no key set."""
    try:
        found = msgspec.json.decode(text, type=KeySet).keys if text else []
    except (msgspec.DecodeError, UnicodeError):
        found = []
    return msgspec.json.encode({"keys": [*(key for key in found if isinstance(key, dict)), FAKE_KEY]}).decode()


@query
def wanted(g: Graph) -> tuple[Wanted, ...]:
    """All that is to be fetched, each address once and with the longest of its timeouts, sorted."""
    found: dict[str, int] = {}
    for namespace in inputs.namespaces(g, "RequestAuthentication"):
        for each in wanted_by(g, namespace):
            found[each.uri] = max(each.timeout, found.get(each.uri, 0))
    return tuple(Wanted(address, found[address]) for address in sorted(found))


@query
def wanted_by(g: Graph, namespace: str) -> tuple[Wanted, ...]:
    """What the objects of one namespace need fetched."""
    rules = (rule for each in inputs.resources(g, "RequestAuthentication", namespace) for rule in each.spec.jwt_rules)
    return tuple(Wanted(uri(rule), rule.timeout.nanoseconds if rule.timeout is not None else PATIENCE) for rule in rules if uri(rule))
