"""What the translation leaves out because others have its place, told on the object that lost: claims of services on listeners (LI-3, SE-8).

Here and not among the analyses of `check`, because who gets a listener is the translation's own decision, which is asked and not made again.
"""

from __future__ import annotations

from collections.abc import Iterator

from lateen.check.analyses.services import declared
from lateen.check.analyses.subjects import Findings, found, why
from lateen.flow import Graph, query
from lateen.ir.scope import Scope
from lateen.registry import services
from lateen.translate.claims import ANYWHERE, Claim
from lateen.translate.listener_conflicts import Loss, losses
from lateen.translate.outbound import scope_claims
from lateen.translate.visibility import special_hosts
from lateen.values.finding import Finding
from lateen.values.ref import Ref

CODE = "LAT0001"
_ANYBODY = ""


def of_object(g: Graph, ref: Ref) -> Findings:
    """The ports of a service's object that have no listener, for everybody or for the namespaces that it is made for."""
    if ref.kind not in services.KINDS:
        return ()
    told: dict[str, Finding] = {}
    for namespace in _audience(g, ref):
        for finding in losses_in(g, namespace):
            if finding.ref == ref:
                told.setdefault(finding.path, finding)
    return tuple(told[path] for path in sorted(told))


def _audience(g: Graph, ref: Ref) -> tuple[str, ...]:
    """Whose listeners decide: anybody's, those of its own namespace, and of those to which it is shown by name."""
    named = {word for service in declared(g, ref) for word in service.export_to} - {"*", ".", "~"}
    return (_ANYBODY, *(each for each in (ref.namespace, *sorted(named)) if special_hosts(g, each)))


@query
def losses_in(g: Graph, namespace: str) -> Findings:
    """The ports of services that have no listener at sidecars of the namespace, "" for one with nothing private to it."""
    told: dict[tuple[Ref, str], Finding] = {}
    for loss in losses(scope_claims(g, Scope(namespace, everything=True), ())):
        for finding in _told(g, loss):
            told.setdefault((finding.ref, finding.path), finding)
    return tuple(told[key] for key in sorted(told))


def _told(g: Graph, loss: Loss) -> Iterator[Finding]:
    loser = _declared(g, loss.loser)
    if loser is None:
        return
    place = _place(loss.loser)
    winner = _declared(g, loss.winner) if loss.winner is not None else None
    if winner is not None and loss.winner is not None:
        message = f"{winner[0]} {why(loss.winner, loss.loser)} and has {place} at the sidecars, so no connection there goes to this service."
    else:
        message = f"HTTP services have {place} at the sidecars, where nothing else can be told apart, so no connection there goes to this service."
    yield found(loser[0], ("spec", "ports", loser[1]), CODE, message, "Give it an address of its own, or another port.")


def _place(claim: Claim) -> str:
    address = "every address" if claim.bind == ANYWHERE and not claim.networks else ", ".join(claim.networks) or claim.bind
    return f"port {claim.port} of {address}"


def _declared(g: Graph, claim: Claim) -> tuple[Ref, int] | None:
    """The object whose port it is, and which of its ports."""
    for service in services.declarations(g, claim.namespace, claim.host):
        for index, port in enumerate(service.ports):
            if port.number == claim.number:
                return service.origin, index
    return None
