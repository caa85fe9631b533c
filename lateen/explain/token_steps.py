"""What became of a request's tokens, told as steps: which RequestAuthentication believed one, or what was wrong with it (JW-2)."""

from __future__ import annotations

from collections.abc import Iterator

from lateen.explain.call import Call
from lateen.explain.step import Outcome, Stage, Step
from lateen.explain.tokens import Belief, Fault, Found
from lateen.flow import Graph
from lateen.ir.token import Carrier, Issuer, Place, Tokens
from lateen.ir.view import View
from lateen.translate import request_authentication
from lateen.translate.selection import applying
from lateen.values.ref import Ref


def token_steps(g: Graph, view: View, tokens: Tokens, found: Belief, call: Call) -> Iterator[Step]:
    """The steps; the last one tells what decided."""
    if found.decided is None:
        told = ", ".join(dict.fromkeys(_place(place) for issuer in tokens.issuers for place in issuer.places))
        yield Step(Stage.TOKEN, f"no token at {told}: the request goes on as nobody's", Outcome.PASSED)
        return
    ref, path = _written(g, view, found.decided.issuer)
    if found.status:
        yield Step(Stage.TOKEN, _refusal(found.decided, tokens, call), Outcome.REFUSED, ref, path)
        return
    claims = found.decided.claims or {}
    said = f"the token of {claims.get('iss', 'no issuer')} about {claims.get('sub', 'nobody')} is believed"
    if found.decided.supposed:
        yield Step(Stage.TOKEN, "the token's signature is not looked at here: supposed is that it is right", Outcome.NOTED, ref, path)
    if not call.now and ("exp" in claims or "nbf" in claims):
        yield Step(Stage.TOKEN, "nobody says when the call is made: supposed is that the token has not expired", Outcome.NOTED, ref, path)
    yield Step(Stage.TOKEN, said, Outcome.TAKEN, ref, path)


def _written(g: Graph, view: View, issuer: Issuer) -> tuple[Ref | None, str]:
    """The object and the rule that the issuer is from."""
    for policy in applying(g, request_authentication.KIND, view.namespace, view.labels):
        for number, rule in enumerate(policy.spec.jwt_rules):
            if request_authentication.issuer(g, rule) == issuer:
                return policy.ref, f"spec.jwtRules[{number}]"
    return None, ""


def _refusal(of: Found, tokens: Tokens, call: Call) -> str:
    claims = of.claims or {}
    known = " and ".join(dict.fromkeys(f'"{issuer.name}"' for issuer in tokens.issuers))
    details = {
        Fault.MALFORMED: "",
        Fault.ISSUER: f': it is of "{claims.get("iss", "")}", and the rules here are about {known}',
        Fault.EARLY: f": it holds from {claims.get('nbf')} on, and the call is made at {call.now}",
        Fault.EXPIRED: f": it held until {claims.get('exp')}, and the call is made at {call.now}",
        Fault.AUDIENCE: f": it is for {_listed(claims.get('aud'))}, and the rule wants {_listed(of.issuer.audiences)}",
        Fault.KEYS: "",
        Fault.SIGNATURE: "",
    }
    assert of.fault is not None
    status = 403 if of.fault is Fault.AUDIENCE else 401
    return f"the token at {_place(of.place)} is refused with {status}, for {of.fault.value}{details[of.fault]}"


def _listed(audiences: object) -> str:
    each = audiences if isinstance(audiences, list | tuple) else (audiences,)
    return " or ".join(f'"{one}"' for one in each if one) or "nobody"


def _place(place: Place) -> str:
    words = {Carrier.HEADER: "header", Carrier.PARAMETER: "query parameter", Carrier.COOKIE: "cookie"}
    return f"{words[place.carrier]} {place.name}"
