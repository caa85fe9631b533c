"""Which tokens are believed, and what becomes of them: the JSON Web Tokens that requests carry (JW-1 to JW-5).

Values only: `translate` makes them, `render` tells Envoy, `explain` walks them. A request without a token passes; it is left to
`Authorization` to ask for one.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from lateen.values.ref import Ref


class Carrier(StrEnum):
    """What part of a request carries a token."""

    HEADER = "header"
    PARAMETER = "parameter"
    COOKIE = "cookie"


class Place(msgspec.Struct, frozen=True, cache_hash=True):
    """Where a token is found: in a header behind `prefix`, in a query parameter, in a cookie."""

    carrier: Carrier
    name: str
    prefix: str = ""


USUAL_PLACES = (Place(Carrier.HEADER, "Authorization", "Bearer "), Place(Carrier.PARAMETER, "access_token"))
"""Where tokens are looked for when a rule does not say."""
SPLIT_CLAIMS = ("scope", "permission")
"""The claims whose text is always a list of words."""


class Issuer(msgspec.Struct, frozen=True, cache_hash=True):
    """Whose tokens are believed. An empty `name` stands for any, no `audiences` for any.

    `keys` is a JWK set with at least one valid key. `split` claims are lists of words, separated by spaces. The payload goes on in
    the header `payload_header`, and claims (nested ones by dots) in `claim_headers`, pairs of header and claim, which nobody else can set.
    The token itself goes on only if `forwarded`.
    """

    name: str
    keys: str
    audiences: tuple[str, ...] = ()
    places: tuple[Place, ...] = USUAL_PLACES
    split: tuple[str, ...] = SPLIT_CLAIMS
    payload_header: str = ""
    claim_headers: tuple[tuple[str, str], ...] = ()
    forwarded: bool = False


class Tokens(msgspec.Struct, frozen=True, cache_hash=True):
    """Check the tokens of requests. All that a request carries must be valid, unless one issuer finds a valid one at all its places.

    `rerouted` chooses the route anew once the claims are known. A browser's preflight carries no token and passes.
    """

    issuers: tuple[Issuer, ...]
    rerouted: bool = False
    origins: tuple[Ref, ...] = ()
