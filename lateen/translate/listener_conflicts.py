"""Claims on one address and port become one listener (LI-3). Pure: the outcome depends on the claims alone, not on the order in which they
came.

"HTTP over TCP, TCP over HTTP, auto over TCP → combined with sniffing; auto over HTTP → HTTP listener takes it; TCP over TCP → merged when
the filter-chain matches differ (CIDR/SNI), else the older service wins; Mongo/MySQL never mixed."
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from lateen.translate.claims import ANYWHERE, Claim, Claims, Kind

TAKEN = frozenset({15001, 15006, 15020, 15021, 15090})
"""Where sidecars listen themselves, at all addresses: captured traffic, metrics, readiness, statistics. Two listeners of one address are refused."""


class Plan(msgspec.Struct, frozen=True, cache_hash=True):
    """One listener: everything that is claimed of one place. `streams` are what is not plain HTTP, the older first; `http` says that HTTP
    is there too.
    """

    bind: str
    port: int
    http: bool = False
    streams: Claims = ()
    resolves: bool = False
    bound: bool = False

    @property
    def name(self) -> str:
        """`0.0.0.0_80`, `10.0.0.1_3306` (LI-2)."""
        return f"{self.bind}_{self.port}"

    @property
    def table(self) -> str:
        """The name of the route table that the HTTP of all hosts on this port goes by: the port, or the path of a socket."""
        return str(self.port) if self.port else self.bind


class Loss(msgspec.Struct, frozen=True):
    """A claim that got nothing, and the one that has the place (None: HTTP has it)."""

    loser: Claim
    winner: Claim | None


def merged(claims: Iterable[Claim]) -> tuple[Plan, ...]:
    """One plan for each place, in order of port and address."""
    return tuple(_plan(bind, port, group)[0] for (port, bind), group in sorted(_by_place(claims).items()))


def losses(claims: Iterable[Claim]) -> tuple[Loss, ...]:
    """What `merged` leaves out; counted as `pilot_conflict_outbound_listener_tcp_over_current_tcp` and told to users."""
    return tuple(loss for (port, bind), group in sorted(_by_place(claims).items()) for loss in _plan(bind, port, group)[1])


def _by_place(claims: Iterable[Claim]) -> dict[tuple[int, str], list[Claim]]:
    places: dict[tuple[int, str], list[Claim]] = {}
    for claim in claims:
        if claim.bind != ANYWHERE or claim.port not in TAKEN:
            places.setdefault((claim.port, claim.bind), []).append(claim)
    return places


def _plan(bind: str, port: int, group: list[Claim]) -> tuple[Plan, list[Loss]]:
    http = any(claim.kind is Kind.HTTP for claim in group)
    ordered = sorted({claim for claim in group if claim.kind is not Kind.HTTP}, key=lambda claim: claim.age)
    kept: list[Claim] = []
    lost: list[Loss] = []
    for claim in ordered:
        rival = _taken(claim, kept, http)
        if isinstance(rival, Claim):
            lost.append(Loss(claim, rival))
        elif rival:
            lost.append(Loss(claim, None))
        else:
            kept.append(_left(claim, kept))
    resolves = any(claim.resolves for claim in group)
    return Plan(bind, port, http, tuple(kept), resolves, any(claim.bound for claim in group)), lost


def _taken(claim: Claim, kept: list[Claim], http: bool) -> Claim | bool:
    """The claim that excludes this one, True when it is HTTP that does, False when nothing does."""
    if http and (claim.kind is Kind.SILENT or (claim.kind is Kind.AUTO and claim.bind == ANYWHERE and not claim.networks)):
        return True
    if claim.networks and not _free(claim, kept):
        return next(other for other in kept if other.networks)
    return next((other for other in kept if _excludes(other, claim)), False)


def _excludes(other: Claim, claim: Claim) -> bool:
    """ "Auto over TCP → combined with sniffing": what looks like HTTP is left by an older claim on bytes, and nothing else of its place."""
    mixed = Kind.SILENT in (claim.kind, other.kind) and Kind.AUTO in (claim.kind, other.kind)
    combined = claim.kind is Kind.AUTO and other.kind is Kind.TCP
    return mixed or (not combined and _everything(claim) and _everything(other))


def _everything(claim: Claim) -> bool:
    """Whether the claim is for all connections of its place. TLS may still differ by the server names of rules, so it is never quite
    everything.
    """
    return not claim.networks and not claim.names and claim.kind is not Kind.TLS


def _left(claim: Claim, kept: list[Claim]) -> Claim:
    """The claim without the networks that an older one has already (SE-8)."""
    return msgspec.structs.replace(claim, networks=_free(claim, kept)) if claim.networks else claim


def _free(claim: Claim, kept: list[Claim]) -> tuple[str, ...]:
    """The claim's networks that nobody older has; those of TLS may be shared, for server names tell the connections apart."""
    gone = {network for other in kept for network in other.networks if Kind.TLS not in (claim.kind, other.kind)}
    return tuple(network for network in claim.networks if network not in gone)
