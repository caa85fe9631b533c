"""The keys by which tokens are checked, as inputs: the control plane fetches what `wanted` names and writes it to `jwks` (JW-4).

"JWKS is fetched by the control plane, refreshed each 20 min, inlined; a failing fetch → tokens fail (never open)." What was not fetched yet, or is no key
set, is `NO_KEYS`: no token passes by it.
"""

from __future__ import annotations

import msgspec

from lateen.api import inputs
from lateen.api.security.request_authentication import JWTRule
from lateen.flow import Graph, query, source

NO_KEYS = '{"keys":[]}'
DISCOVERY = "/.well-known/openid-configuration"
PATIENCE = 5 * 10**9
"""How long a fetch may take where the rule does not say, in nanoseconds."""


class Wanted(msgspec.Struct, frozen=True, order=True, cache_hash=True):
    """Keys to be fetched, within `timeout` nanoseconds.

    An address that ends in `DISCOVERY` answers with a document whose `jwks_uri` is where the keys are.
    """

    uri: str
    timeout: int = PATIENCE


class KeySet(msgspec.Struct):
    """As much of a key set (https://www.rfc-editor.org/rfc/rfc7517#section-5) as has to be true of every one."""

    keys: list[dict[str, object]]


@source
def jwks(uri: str) -> str | None:
    """The key set that was fetched for this address, or None: not yet, or not with success. The key is `Wanted.uri`."""
    return None


def uri(rule: JWTRule) -> str:
    """Where the keys of a rule are fetched; empty where it brings them."""
    if rule.jwks:
        return ""
    return rule.jwks_uri or rule.jwks_uri_old or f"{rule.issuer.rstrip('/')}{DISCOVERY}"


def keys(g: Graph, rule: JWTRule) -> str:
    """The key set of a rule."""
    found = rule.jwks or jwks(g, uri(rule))
    return found if found and is_key_set(found) else NO_KEYS


def is_key_set(text: str) -> bool:
    """Whether the text is a JWK set."""
    try:
        msgspec.json.decode(text, type=KeySet)
    except (msgspec.DecodeError, UnicodeError):
        return False
    return True


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
