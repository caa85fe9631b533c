from __future__ import annotations

import pytest

from lateen.values.envoy_resource import envoy_resource
from lateen.xds.order import EDS
from lateen.xds.shelf import Shelf
from lateen.xds.subscription import Subscription, blame
from lateen.xds.wire import Requested

CLUSTERS = {name: envoy_resource("T", name, name.encode()) for name in ("outbound|80||a.b", "outbound|80||a.b.c", "80")}


@pytest.mark.parametrize(
    ("message", "blamed"),
    [
        ("Error adding/updating cluster(s) outbound|80||a.b.c: malformed", ("outbound|80||a.b.c",)),
        ("Error adding/updating cluster(s) outbound|80||a.b: malformed, outbound|80||a.b.c: malformed", ("outbound|80||a.b", "outbound|80||a.b.c")),
        ("Only unique names: outbound|80||a.b.", ("outbound|80||a.b",)),
        ("10.0.0.80:8080 is taken", ()),
        ("route: unknown cluster in '80'", ("80",)),
    ],
)
def test_a_refusal_blames_whom_it_names_in_full(message: str, blamed: tuple[str, ...]) -> None:
    assert blame(CLUSTERS, message) == blamed


def test_who_was_sent_alone_is_to_blame_whatever_is_said() -> None:
    assert blame({"80": CLUSTERS["80"]}, "no") == ("80",)


def test_streams_that_want_the_same_names_share_one_set_of_them() -> None:
    shelf = Shelf(EDS)
    one, other = Subscription(EDS, (shelf,)), Subscription(EDS, (shelf,))
    for subscription in (one, other):
        subscription.opened(Requested(EDS), ("a", "b"), 0)
    assert one.names is other.names
    for subscription in (one, other):
        subscription.requested(Requested(EDS, unsubscribe=("a",)), 0)
    assert one.names is other.names == frozenset({"b"})


def test_a_stream_that_has_everything_keeps_no_list_of_what_it_has() -> None:
    shelf = Shelf(EDS)
    shelf.apply({str(number): envoy_resource(EDS, str(number), b"") for number in range(100)})
    subscription = Subscription(EDS, (shelf,))
    subscription.opened(Requested(EDS), ("*",), 0)
    sent = subscription.compose(0, 0)
    assert sent is not None
    flight = subscription.landed(sent.nonce)
    assert flight is not None
    subscription.accepted(flight)
    assert (subscription.names, subscription.pending, subscription.gone, subscription.refused) == (frozenset(), set(), {}, {})


def test_the_next_response_is_estimated_by_its_share_of_the_shelf() -> None:
    shelf = Shelf(EDS)
    shelf.apply({str(number): envoy_resource(EDS, str(number), b"x" * 1000) for number in range(100)})
    whole, some, few = (Subscription(EDS, (shelf,)) for _ in range(3))
    whole.opened(Requested(EDS), ("*",), 0)
    some.opened(Requested(EDS), [str(number) for number in range(50)], 0)
    few.opened(Requested(EDS), ("1",), 0)
    assert whole.weight() == shelf.size + 1
    assert some.weight() == shelf.size // 2 + 1
    assert few.weight() == 1
