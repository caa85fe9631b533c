"""RequestAuthentication: what is refused, and what is warned of."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from lateen.api.resource import Resource
from lateen.api.security.request_authentication import JWTRule, RequestAuthentication
from lateen.api.text import Path
from lateen.check import headers
from lateen.check.durations import at_least_millisecond
from lateen.check.remark import Remarks, wrong
from lateen.check.targets import targets

_ADDRESS = re.compile(r"https?://(\[[0-9a-fA-F:.]+\]|[^/?#:\s\[\]]+)(:[0-9]{1,5})?([/?#]\S*)?")


def request_authentication(of: Resource[RequestAuthentication]) -> Remarks:
    """Each issuer named or found by its keys, and keys that can be read (JW-1)."""
    yield from targets(of.spec)
    for index, rule in enumerate(of.spec.jwt_rules):
        yield from _rule(rule, ("spec", "jwtRules", index))


def _rule(rule: JWTRule, path: Path) -> Remarks:
    address = rule.jwks_uri or rule.jwks_uri_old
    if not rule.issuer and not address:
        yield wrong(path, 'the field "issuer" is missing.', "Give issuer, as the tokens name it, or jwksUri.")
    if address and not _ADDRESS.fullmatch(address):
        field = "jwksUri" if rule.jwks_uri else "jwks_uri"
        yield wrong((*path, field), f'found "{address}", expected an address such as "https://issuer.example.com/keys".')
    if address and rule.jwks:
        yield wrong(path, "jwksUri and jwks are given, expected only one of them.")
    if rule.jwks and (fault := _keys_fault(rule.jwks)):
        yield wrong((*path, "jwks"), fault)
    yield from _locations(rule, path)
    yield from _outputs(rule, path)
    yield from at_least_millisecond(rule.timeout, (*path, "timeout"))


def _locations(rule: JWTRule, path: Path) -> Remarks:
    for field, words in (
        ("audiences", rule.audiences),
        ("fromParams", rule.from_params),
        ("fromCookies", rule.from_cookies),
        ("spaceDelimitedClaims", rule.space_delimited_claims),
    ):
        for index, word in enumerate(words):
            if not word:
                yield wrong((*path, field, index), "the name is empty.")
    for index, location in enumerate(rule.from_headers):
        yield from headers.name(location.name, (*path, "fromHeaders", index, "name"))


def _outputs(rule: JWTRule, path: Path) -> Remarks:
    if rule.output_payload_to_header:
        yield from headers.name(rule.output_payload_to_header, (*path, "outputPayloadToHeader"))
    for index, output in enumerate(rule.output_claim_to_headers):
        yield from headers.plain_name(output.header, (*path, "outputClaimToHeaders", index, "header"))
        if not output.claim:
            yield wrong((*path, "outputClaimToHeaders", index, "claim"), "the name of the claim is empty.")


def _keys_fault(text: str) -> str:
    """What is wrong with a JSON Web Key Set (RFC 7517: `{"keys": [{"kty": …}]}`), or with a single key."""
    expected = 'expected a key set such as {"keys": [{"kty": "RSA", …}]}.'
    try:
        found: Any = msgspec.json.decode(text.encode())
    except msgspec.DecodeError:
        return f"found text that is no JSON, {expected}"
    keys = found.get("keys", [found]) if isinstance(found, dict) else None
    if not isinstance(keys, list):
        return f"found JSON without keys, {expected}"
    for index, key in enumerate(keys):
        if not isinstance(key, dict) or not isinstance(key.get("kty"), str):
            return f'key {index} has no "kty", {expected}'
    return ""
