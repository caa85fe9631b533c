from __future__ import annotations

from lateen.values.envoy_resource import envoy_resource
from lateen.xds.events import Told
from lateen.xds.order import CDS, EDS
from lateen.xds.session import Session
from lateen.xds.shelf import Shelf, published
from lateen.xds.wire import Requested


def _shelf(type_url: str, count: int) -> Shelf:
    shelf = Shelf(type_url)
    shelf.apply({str(number): envoy_resource(type_url, str(number), b"x" * 100) for number in range(count)})
    return shelf


def test_a_notice_is_reported_and_never_answered() -> None:
    stream = Session({CDS: (_shelf(CDS, 1),)}, notices=frozenset({"notice"}))
    assert stream.receive(Requested("notice", error="ill")) == [Told("notice", "ill")]
    assert stream.receive(Requested("notice")) == [Told("notice", None)]
    assert stream.next_send() is None


def test_streams_with_the_same_stack_send_the_same_bytes_object() -> None:
    shelf = _shelf(CDS, 3)
    sent = []
    for _ in range(2):
        stream = Session({CDS: (shelf,)})
        stream.receive(Requested(CDS))
        send = stream.next_send()
        assert send is not None
        sent.append(send.body())
    assert sent[0] is sent[1]


def test_a_change_is_written_once_for_all_streams() -> None:
    shelf = _shelf(EDS, 3)
    streams = [Session({EDS: (shelf,)}) for _ in range(2)]
    for stream in streams:
        stream.receive(Requested(EDS, ("0", "1")))
        first = stream.next_send()
        assert first is not None
        stream.receive(Requested(EDS, nonce=first.nonce))
    publication = published(1, {shelf: {"1": envoy_resource(EDS, "1", b"new")}})
    bodies = []
    for stream in streams:
        stream.receive(publication)
        send = stream.next_send()
        assert send is not None
        bodies.append(send.body())
    assert bodies[0] is bodies[1]


def test_the_weight_is_told_before_the_response_is_made_and_is_nothing_when_there_is_none() -> None:
    shelf = _shelf(CDS, 10)
    stream = Session({CDS: (shelf,)})
    assert stream.weight() == 0
    stream.receive(Requested(CDS))
    assert stream.weight() == shelf.size + 1
    stream.next_send()
    assert stream.weight() == 0


def test_a_revision_that_shows_a_stream_nothing_new_leaves_it_silent() -> None:
    shelf = _shelf(EDS, 3)
    stream = Session({EDS: (shelf,)})
    stream.receive(Requested(EDS, ("0",)))
    stream.next_send()
    stream.receive(published(1, {shelf: {"2": envoy_resource(EDS, "2", b"new")}}))
    assert stream.weight() == 0
    assert stream.subscription(EDS) is not None
    assert stream.subscription(CDS) is None
