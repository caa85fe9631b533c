"""Retries and mirrors."""

from __future__ import annotations

import pytest

from lateen.api.networking.virtual_service import Destination, HTTPMirrorPolicy, HTTPRetry, HTTPRoute, Percent
from lateen.ir.routes import Mirror, Retry
from lateen.translate.route_policies import CONDITIONS, mirrors, retry
from lateen.values.duration import Duration


@pytest.mark.rule("VS-43")
def test_what_nobody_says_is_two_attempts_elsewhere():
    assert retry(None, None, sticky=False) == Retry(2, CONDITIONS, other_hosts=True)
    assert retry(None, None, sticky=True) == Retry(2, CONDITIONS, other_hosts=False)


@pytest.mark.rule("VS-43")
def test_the_meshs_policy_holds_where_the_route_has_none_and_zero_attempts_are_none():
    mesh = HTTPRetry(attempts=5)

    assert retry(None, mesh, sticky=False) == Retry(5, CONDITIONS)
    assert retry(HTTPRetry(attempts=1), mesh, sticky=False) == Retry(1, CONDITIONS)
    assert retry(HTTPRetry(attempts=0), mesh, sticky=False) is None
    assert retry(None, HTTPRetry(), sticky=False) is None


@pytest.mark.rule("VS-43")
def test_numbers_among_the_conditions_are_status_codes():
    written = HTTPRetry(
        attempts=3,
        retry_on="5xx, 429,503",
        per_try_timeout=Duration("2s"),
        backoff=Duration("25ms"),
        retry_remote_localities=True,
        retry_ignore_previous_hosts=False,
    )

    assert retry(written, None, sticky=False) == Retry(
        attempts=3,
        conditions=("5xx", "retriable-status-codes"),
        status_codes=(429, 503),
        try_timeout=2_000_000_000,
        backoff=25_000_000,
        other_hosts=False,
        other_localities=True,
    )


@pytest.mark.rule("VS-49")
def test_mirrors_get_all_unless_told_and_those_of_nothing_are_left_out():
    def named(destination: Destination) -> str:
        return destination.host

    one = HTTPRoute(mirror=Destination("a"))
    half = HTTPRoute(mirror=Destination("a"), mirror_percentage=Percent(0.5))
    old = HTTPRoute(mirror=Destination("a"), mirror_percent=10)
    none = HTTPRoute(mirror=Destination("a"), mirror_percentage=Percent(0.0))
    several = HTTPRoute(mirrors=(HTTPMirrorPolicy(Destination("a")), HTTPMirrorPolicy(Destination("b"), Percent(50.0))))

    assert mirrors(one, named) == (Mirror("a"),)
    assert mirrors(half, named) == (Mirror("a", 5_000),)
    assert mirrors(old, named) == (Mirror("a", 100_000),)
    assert mirrors(none, named) == ()
    assert mirrors(several, named) == (Mirror("a"), Mirror("b", 500_000))
