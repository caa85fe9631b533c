"""Tokens as Envoy's JWT filter (https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/filters/http/jwt_authn/v3/config.proto).

The payload of a token that was believed is left for later filters, where `render.match` and `render.rbac` look for its claims.
"""

from __future__ import annotations

from functools import lru_cache

from envoy.extensions.filters.http.jwt_authn.v3.config_pb2 import (
    JwtAuthentication,
    JwtClaimToHeader,
    JwtHeader,
    JwtProvider,
    JwtRequirement,
    JwtRequirementAndList,
    JwtRequirementOrList,
    RequirementRule,
)
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import HttpFilter

from lateen.ir.token import Carrier, Issuer, Tokens
from lateen.render.filters import http_filter, http_filters
from lateen.render.match import TOKEN_FILTER, TOKEN_PAYLOAD


@http_filters.register
@lru_cache(maxsize=1024)
def of_requests(tokens: Tokens) -> tuple[HttpFilter, ...]:
    """The HTTP filters."""
    return (http_filter(TOKEN_FILTER, jwt_authentication(tokens)),)


def jwt_authentication(tokens: Tokens) -> JwtAuthentication:
    """The configuration of the filter."""
    out = JwtAuthentication(
        providers={_name(number): _provider(each, tokens.rerouted) for number, each in enumerate(tokens.issuers)},
        bypass_cors_preflight=True,
    )
    rule = RequirementRule(requires=_requirement(len(tokens.issuers)))
    rule.match.prefix = "/"
    out.rules.append(rule)
    return out


def _name(number: int) -> str:
    return f"origins-{number}"


def _requirement(count: int) -> JwtRequirement:
    """JW-2: "One rule: any(P1, allow_missing). Several rules: any(P1, P2, …, all(any(P1, missing), any(P2, missing), …))." """
    named = [JwtRequirement(provider_name=_name(number)) for number in range(count)]
    lenient = [_any([each, _missing()]) for each in named]
    if count == 1:
        return lenient[0]
    return _any([*named, JwtRequirement(requires_all=JwtRequirementAndList(requirements=lenient))])


def _any(options: list[JwtRequirement]) -> JwtRequirement:
    return JwtRequirement(requires_any=JwtRequirementOrList(requirements=options))


def _missing() -> JwtRequirement:
    out = JwtRequirement()
    out.allow_missing.SetInParent()
    return out


def _provider(issuer: Issuer, rerouted: bool) -> JwtProvider:
    places = issuer.places
    out = JwtProvider(
        issuer=issuer.name,
        audiences=issuer.audiences,
        forward=issuer.forwarded,
        forward_payload_header=issuer.payload_header,
        payload_in_metadata=TOKEN_PAYLOAD,
        normalize_payload_in_metadata=JwtProvider.NormalizePayload(space_delimited_claims=issuer.split),
        claim_to_headers=[JwtClaimToHeader(header_name=header, claim_name=claim) for header, claim in issuer.claim_headers],
        from_headers=[JwtHeader(name=each.name, value_prefix=each.prefix) for each in places if each.carrier is Carrier.HEADER],
        from_params=[each.name for each in places if each.carrier is Carrier.PARAMETER],
        from_cookies=[each.name for each in places if each.carrier is Carrier.COOKIE],
        clear_route_cache=rerouted,
    )
    out.local_jwks.inline_string = issuer.keys
    return out
