from __future__ import annotations

import pytest

from lateen.values.envoy_resource import envoy_resource
from lateen.xds.order import CDS, EDS
from lateen.xds.shelf import Shelf
from lateen.xds.sotw import SotwSubscription
from lateen.xds.wire import Requested


def _opened(type_url: str, *names: str) -> SotwSubscription:
    shelf = Shelf(type_url)
    shelf.apply({name: envoy_resource(type_url, name, b"") for name in ("a", "b")})
    subscription = SotwSubscription(type_url, (shelf,))
    subscription.opened(Requested(type_url, names), names or ("*",), 0)
    return subscription


@pytest.mark.rule("XD-4")
def test_only_a_request_that_answers_the_last_response_counts() -> None:
    subscription = _opened(EDS, "a")
    sent = subscription.compose(0, 0)
    assert sent is not None
    assert subscription.is_stale(Requested(EDS, ("a",), nonce="other"))
    assert not subscription.is_stale(Requested(EDS, ("a",), nonce=sent.nonce))
    assert not subscription.is_stale(Requested(EDS, ("a",)))


def test_names_left_out_of_a_request_are_given_up() -> None:
    subscription = _opened(EDS, "a", "b")
    assert subscription.requested(Requested(EDS, ("b",)), 0)
    assert subscription.names == {"b"}
    assert not subscription.requested(Requested(EDS, ("b",)), 0)


def test_an_acknowledgement_without_names_leaves_the_wildcard_as_it_is() -> None:
    subscription = _opened(CDS)
    assert not subscription.requested(Requested(CDS), 0)
    assert subscription.wildcard


def test_a_virtual_name_is_asked_for_once_however_often_it_is_listed() -> None:
    subscription = _opened(EDS, "a")
    subscription.asked(Requested("T", ("x",)))
    assert subscription.asked(Requested("T", ("x", "y"))) == ("y",)


@pytest.mark.rule("XD-14")
def test_of_clusters_asked_for_by_name_each_response_has_all_for_what_is_missing_counts_as_gone() -> None:
    subscription = _opened(CDS, "a")
    first = subscription.compose(0, 0)
    assert first is not None
    subscription.landed(first.nonce)
    subscription.requested(Requested(CDS, ("a", "b")), 0)
    assert subscription.compose(0, 0) is not None
    assert subscription.flight is not None
    assert set(subscription.flight.names) == {"a", "b"}
