"""Who may call: what is asked of each connection or request before it goes on, as values that are rendered, evaluated and proven.

A policy is a filter: `Authorization` decides by rules alone, `Consultation` asks somebody else about what its rules match. In the slot of a
chain they stand in the order in which they are asked; the first that refuses ends it. Rules of one filter are ORed, and so is what their
`callers` and `calls` list; inside of a rule everything else is ANDed (AZ-4). What may not enter: the user's spelling (`abc*`), and names of
Envoy's fields.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from lateen.ir.match import Claim, Header, Manner, Text
from lateen.values.ref import Ref

SOMETHING = Text(Manner.REGEX, ".+")
"""Any text that is not empty."""


class PeerPart(StrEnum):
    """A part of the identity that the caller has proven by mutual TLS, `cluster.local/ns/default/sa/reviews`. Without mutual TLS no test of
    any part holds.
    """

    IDENTITY = "identity"
    """All of it, without `spiffe://`."""
    TRUST_DOMAIN = "trust domain"
    NAMESPACE = "namespace"
    ACCOUNT = "account"
    """Namespace and service account: `default/reviews`."""


class Peer(msgspec.Struct, frozen=True, cache_hash=True):
    """A test of the caller's proven identity."""

    part: PeerPart
    text: Text


class End(StrEnum):
    """An end of the connection."""

    PEER = "peer"
    """The other end of the TCP connection."""
    CLIENT = "client"
    """Who a trusted proxy in between says the client is; else the peer."""
    WORKLOAD = "workload"
    """The address that was called."""


class Address(msgspec.Struct, frozen=True, cache_hash=True):
    """The address of an end lies in the network, such as `10.0.0.0/8`."""

    end: End
    network: str


class Port(msgspec.Struct, frozen=True, cache_hash=True):
    """The workload's port that was called."""

    number: int


class ServerName(msgspec.Struct, frozen=True, cache_hash=True):
    """A test of the server name that the caller's TLS asked for."""

    text: Text


class CalledPath(msgspec.Struct, frozen=True, cache_hash=True):
    """A test of the normalised path without its query."""

    text: Text


class PathTemplate(msgspec.Struct, frozen=True, cache_hash=True):
    """A test of the same segment by segment: `*` is exactly one that is not empty, `**` whatever follows or lies between."""

    template: str


class TokenPrincipal(msgspec.Struct, frozen=True, cache_hash=True):
    """A test of the validated token's issuer and subject, written `issuer/subject`. Without a token it does not hold (JW-5)."""

    text: Text


class FilterWord(msgspec.Struct, frozen=True, cache_hash=True):
    """A test of what another filter of the proxy has found out: the word `key` under its name; with `listed` one of a list of words."""

    filter: str
    key: str
    text: Text
    listed: bool = False


CallerTest = Peer | Address | Header | Claim | TokenPrincipal
"""What can be asked of a caller. An `Address` here is not that of the workload."""
CallTest = Address | Port | ServerName | Header | CalledPath | PathTemplate | FilterWord
"""What can be asked of a call. An `Address` here is that of the workload."""
Test = Peer | Address | Header | Claim | TokenPrincipal | Port | ServerName | CalledPath | PathTemplate | FilterWord


class Clause(msgspec.Struct, frozen=True, cache_hash=True):
    """One of `any_of` holds, if there are any, and none of `none_of`."""

    any_of: tuple[Test, ...] = ()
    none_of: tuple[Test, ...] = ()


Clauses = tuple[Clause, ...]


class Rule(msgspec.Struct, frozen=True, cache_hash=True):
    """Matches when some of the `callers` fits, some of the `calls`, and all `conditions` hold; no callers means any, and no calls likewise.

    `name` is what logs call it (AZ-11).
    """

    name: str
    callers: tuple[Clauses, ...] = ()
    calls: tuple[Clauses, ...] = ()
    conditions: Clauses = ()
    origin: Ref | None = None


class Action(StrEnum):
    """What follows from rules. `ALLOW` refuses what none matches, `DENY` what any matches, `AUDIT` marks for the log what any matches."""

    ALLOW = "ALLOW"
    DENY = "DENY"
    AUDIT = "AUDIT"


class Authorization(msgspec.Struct, frozen=True, cache_hash=True):
    """Decide by rules. `rules` None enforces nothing, while no rules at all under `ALLOW` refuse everything.

    `trial` are rules of which only the verdict is told, never enforced; None for none (AZ-9).
    """

    action: Action
    rules: tuple[Rule, ...] | None = None
    trial: tuple[Rule, ...] | None = None


NOTHING_ALLOWED = Authorization(Action.ALLOW, ())
"""Refuses everything."""


class Protocol(StrEnum):
    """How an authorizer is spoken to."""

    HTTP = "HTTP"
    GRPC = "gRPC"


class ShownBody(msgspec.Struct, frozen=True, cache_hash=True):
    """How much of the request's body the authorizer is shown: at most so many bytes, of a longer one its beginning if `partial`, else the
    request is refused.
    """

    most: int
    partial: bool = False
    as_bytes: bool = False


class Shown(msgspec.Struct, frozen=True, cache_hash=True):
    """What goes to and fro between the proxy and an authorizer over HTTP. Tests are of header names, in any case.

    `headers` of the request are shown beside the usual ones, and `added` headers; of the answer, `kept` go on to the workload when it
    allows, `returned` go back to the client when it refuses, and `returned_allowed` when it allows.
    """

    prefix: str = ""
    headers: tuple[Text, ...] = ()
    added: tuple[tuple[str, str], ...] = ()
    kept: tuple[Text, ...] = ()
    returned: tuple[Text, ...] = ()
    returned_allowed: tuple[Text, ...] = ()


class Authorizer(msgspec.Struct, frozen=True, cache_hash=True):
    """Somebody who is asked: where, as which host, and for how long at most (nanoseconds).

    `open` lets pass what it could not answer, else that is refused with `status`, 403 where it is 0. `rerouted` chooses the route anew
    after it has changed the request.
    """

    protocol: Protocol
    destination: str
    host: str
    timeout: int
    open: bool = False
    status: int = 0
    rerouted: bool = False
    body: ShownBody | None = None
    shown: Shown = Shown()


class Consultation(msgspec.Struct, frozen=True, cache_hash=True):
    """Ask the authorizer about what any of the rules matches, and refuse what it refuses (AZ-10).

    `mark` tells the consultations of one chain apart; it is a word, or empty where there is only one.
    """

    authorizer: Authorizer
    rules: tuple[Rule, ...]
    mark: str = ""
