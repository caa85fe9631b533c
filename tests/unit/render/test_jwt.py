"""Tokens as Envoy's JWT filter."""

from __future__ import annotations

import pytest
from google.protobuf.json_format import MessageToDict

from lateen.ir.token import Carrier, Issuer, Place, Tokens
from lateen.render.jwt import jwt_authentication

MISSING = {"allow_missing": {}}


def configuration(tokens: Tokens) -> dict[str, object]:
    return MessageToDict(jwt_authentication(tokens), preserving_proto_field_name=True)


def requirement(count: int) -> object:
    found = configuration(Tokens(tuple(Issuer(str(number), "{}") for number in range(count))))["rules"]
    assert isinstance(found, list)
    return found[0]["requires"]


@pytest.mark.rule("JW-2")
def test_of_one_issuer_a_token_may_be_missing_but_not_wrong() -> None:
    assert requirement(1) == {"requires_any": {"requirements": [{"provider_name": "origins-0"}, MISSING]}}


@pytest.mark.rule("JW-2")
def test_of_several_issuers_one_valid_token_is_enough_and_else_all_must_be_valid() -> None:
    first, second = {"provider_name": "origins-0"}, {"provider_name": "origins-1"}
    each = [{"requires_any": {"requirements": [one, MISSING]}} for one in (first, second)]
    assert requirement(2) == {"requires_any": {"requirements": [first, second, {"requires_all": {"requirements": each}}]}}


@pytest.mark.rule("JW-1")
def test_all_that_is_said_of_an_issuer() -> None:
    places = (Place(Carrier.HEADER, "X-Token", "JWT "), Place(Carrier.PARAMETER, "token"), Place(Carrier.COOKIE, "session"))
    issuer = Issuer("me", '{"keys":[]}', ("aud",), places, ("scope",), "x-payload", (("x-sub", "a.b"),), True)
    found = configuration(Tokens((issuer,), rerouted=True))
    assert found["bypass_cors_preflight"] is True
    assert found["providers"] == {
        "origins-0": {
            "issuer": "me",
            "audiences": ["aud"],
            "local_jwks": {"inline_string": '{"keys":[]}'},
            "forward": True,
            "from_headers": [{"name": "X-Token", "value_prefix": "JWT "}],
            "from_params": ["token"],
            "from_cookies": ["session"],
            "forward_payload_header": "x-payload",
            "payload_in_metadata": "payload",
            "normalize_payload_in_metadata": {"space_delimited_claims": ["scope"]},
            "claim_to_headers": [{"header_name": "x-sub", "claim_name": "a.b"}],
            "clear_route_cache": True,
        }
    }


def test_the_usual_places_are_those_that_everybody_expects() -> None:
    providers = configuration(Tokens((Issuer("me", "{}"),)))["providers"]
    assert isinstance(providers, dict)
    found = providers["origins-0"]
    assert found["from_headers"] == [{"name": "Authorization", "value_prefix": "Bearer "}]
    assert found["from_params"] == ["access_token"]
