"""Rotator as transcripts: what happened in, what to do out. Times are seconds since 1970, here small numbers."""

import pytest

from lateen.agent.lifecycle import Announce
from lateen.agent.rotator import Issued, IssueRefused, Renew, RootChanged, Rotator

DAY = 86_400.0


def still() -> float:
    return 0.0


@pytest.mark.rule("AG-4")
def test_a_certificate_is_renewed_when_half_of_its_lifetime_is_left() -> None:
    assert Rotator("reviews", still).receive(Issued(at=100, not_before=0, not_after=DAY)) == (Renew(at=DAY / 2),)


@pytest.mark.rule("AG-4")
def test_jitter_moves_the_renewal_by_one_percent_of_the_lifetime() -> None:
    early, late = Rotator("reviews", lambda: 1.0), Rotator("reviews", lambda: -1.0)
    assert early.receive(Issued(0, 0, 1000)) == (Renew(at=490.0),)
    assert late.receive(Issued(0, 0, 1000)) == (Renew(at=510.0),)


def test_a_certificate_that_arrives_past_its_half_is_renewed_at_once() -> None:
    assert Rotator("reviews", still).receive(Issued(at=900, not_before=0, not_after=1000)) == (Renew(at=900),)


def test_refusals_are_tried_again_with_growing_pauses_and_said_with_what_is_left() -> None:
    rotator = Rotator("reviews", still)
    assert rotator.receive(IssueRefused(0, "the control plane does not answer")) == (
        Announce("reviews got no certificate: the control plane does not answer. It has none yet. Trying again in 1 s."),
        Renew(at=1),
    )
    assert rotator.receive(IssueRefused(1, "the control plane does not answer"))[1] == Renew(at=3)
    assert rotator.receive(Issued(3, 3, 1003)) == (Announce("reviews has a new certificate."), Renew(at=503))
    assert rotator.receive(IssueRefused(503, "the token has run out")) == (
        Announce("reviews got no certificate: the token has run out. Its present one is good for 8 min more. Trying again in 1 s."),
        Renew(at=504),
    )
    assert rotator.receive(IssueRefused(1100, "the token has run out"))[0] == Announce(
        "reviews got no certificate: the token has run out. Its last one has run out. Trying again in 2 s."
    )


def test_pauses_between_tries_never_pass_a_minute() -> None:
    rotator = Rotator("reviews", still)
    last = [rotator.receive(IssueRefused(0, "no")) for _ in range(20)][-1]
    assert last[1] == Renew(at=60)


@pytest.mark.rule("AG-4")
def test_a_changed_root_renews_at_once() -> None:
    rotator = Rotator("reviews", still)
    rotator.receive(Issued(0, 0, 1000))
    assert rotator.receive(RootChanged(at=10)) == (Renew(at=10),)
