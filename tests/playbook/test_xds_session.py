"""Transcripts of ADS streams: what comes in, and what goes out because of it.

`+name` is a resource in a response, `-name` a removed one. A line of the transcript is a response or a report.
"""

from __future__ import annotations

import pytest
from envoy.service.discovery.v3.discovery_pb2 import DeltaDiscoveryResponse, DiscoveryResponse
from google.protobuf.any_pb2 import Any

from lateen.values.envoy_resource import EnvoyResource, envoy_resource
from lateen.values.ref import Ref
from lateen.xds.events import Acked, Answered, Asked, Drop, Event, Rejected, Report, Rescoped, Send, Subscribed
from lateen.xds.order import CDS, EDS, LDS, LEDS, RDS, SDS, VHDS
from lateen.xds.session import Session
from lateen.xds.shelf import HIDDEN, Shelf, published
from lateen.xds.sotw import SotwSubscription
from lateen.xds.subscription import Subscription
from lateen.xds.wire import Requested

HOSTS = "type.googleapis.com/lateen.dev.v1.Host"
SHORT = {CDS: "CDS", EDS: "EDS", LDS: "LDS", LEDS: "LEDS", RDS: "RDS", SDS: "SDS", VHDS: "VHDS", HOSTS: "Host"}


def resource(type_url: str, name: str, content: str = "1", follows: tuple[str, ...] = ()) -> EnvoyResource:
    body = Any(type_url=type_url, value=f"{name}={content}".encode()).SerializeToString()
    return envoy_resource(type_url, name, body, (Ref("Test", "default", name),), follows)


class Play:
    """A stream, its shelves (one per type), and what is on its way."""

    def __init__(self, subscription: type[Subscription] = Subscription) -> None:
        self.shelves = {type_url: Shelf(type_url) for type_url in SHORT if type_url != HOSTS}
        self.revision = 0
        self.nonces: dict[str, str] = {}
        self.form = subscription
        self.connect()

    def connect(self) -> None:
        stacks = {type_url: (shelf,) for type_url, shelf in self.shelves.items() if type_url != SDS}
        self.session = Session(stacks, virtual=frozenset([HOSTS]), subscription=self.form)

    def on(self, event: Event) -> list[str]:
        lines = [_report(report) for report in self.session.receive(event)]
        while send := self.session.next_send():
            self.nonces[send.type] = send.nonce
            lines.append(self._send(send))
        return lines

    def _send(self, send: Send) -> str:
        if self.form is SotwSubscription:
            values = [any.value.decode() for any in DiscoveryResponse.FromString(send.body()).resources]
            return " ".join([SHORT[send.type], *sorted(f"+{value.split('=')[0]}" for value in values)])
        response = DeltaDiscoveryResponse.FromString(send.body())
        names = [f"+{each.name}" for each in response.resources] + [f"-{name}" for name in response.removed_resources]
        return " ".join([SHORT[send.type], *sorted(names)])

    def publish(self, *edits: EnvoyResource | tuple[str, str]) -> list[str]:
        """Resources to put, or (type, name) to take away, as one revision."""
        self.revision += 1
        changes: dict[Shelf, dict[str, EnvoyResource | None]] = {}
        for edit in edits:
            type_url, name = (edit.type, edit.name) if isinstance(edit, EnvoyResource) else edit
            changes.setdefault(self.shelves[type_url], {})[name] = edit if isinstance(edit, EnvoyResource) else None
        return self.on(published(self.revision, changes))

    def ask(self, type_url: str, *names: str, holds: dict[str, str] | None = None) -> list[str]:
        return self.on(Requested(type_url, names, holds=holds or {}))[1:]

    def ack(self, type_url: str, names: tuple[str, ...] = ()) -> list[str]:
        return self.on(Requested(type_url, names, nonce=self.nonces[type_url]))

    def nack(self, type_url: str, message: str, names: tuple[str, ...] = ()) -> list[str]:
        return self.on(Requested(type_url, names, nonce=self.nonces[type_url], error=message))


def _report(report: Report) -> str:
    match report:
        case Acked(type_url, revision, names):
            return f"acked {SHORT[type_url]} {revision}: {' '.join(sorted(names))}"
        case Rejected(type_url, revision, names, message, refs):
            return f"rejected {SHORT[type_url]} {revision}: {' '.join(names)} ({message}) {', '.join(map(str, refs))}"
        case Subscribed(type_url, names, dropped):
            return f"subscribed {SHORT[type_url]}: {' '.join([*names, *(f'-{name}' for name in dropped)])}"
        case Asked(type_url, names):
            return f"asked {SHORT[type_url]}: {' '.join(names)}"
        case Drop(reason):
            return f"drop: {reason}"


# subscribing


def test_a_first_request_without_names_gets_everything() -> None:
    play = Play()
    play.publish(resource(CDS, "a"), resource(CDS, "b"))
    assert play.on(Requested(CDS)) == ["subscribed CDS: *", "CDS +a +b"]
    assert play.ack(CDS) == ["acked CDS 1: a b"]


def test_a_wildcard_without_resources_gets_an_empty_response_so_that_the_proxy_can_start() -> None:
    play = Play()
    assert play.ask(CDS) == ["CDS"]
    assert play.ack(CDS) == ["acked CDS 0: "]


def test_named_resources_come_and_those_that_there_are_not_are_told_as_gone() -> None:
    play = Play()
    play.publish(resource(EDS, "a"), resource(EDS, "b"))
    assert play.ask(EDS, "a", "ghost") == ["EDS +a -ghost"]
    play.ack(EDS)
    assert play.publish(resource(EDS, "ghost"), resource(EDS, "b", "2")) == ["EDS +ghost"]


def test_asking_again_for_a_name_brings_it_again() -> None:
    play = Play()
    play.publish(resource(EDS, "a"))
    assert play.ask(EDS, "a") == ["EDS +a"]
    play.ack(EDS)
    assert play.on(Requested(EDS, ("a",))) == ["subscribed EDS: a", "EDS +a"]


def test_no_two_responses_of_a_stream_have_the_same_nonce() -> None:
    play = Play()
    play.publish(resource(EDS, "a"))
    play.ask(EDS, "a")
    first = play.nonces[EDS]
    play.ack(EDS)
    play.on(Requested(EDS, ("a",)))
    assert play.nonces[EDS] != first


def test_an_unsubscribed_name_is_heard_of_no_more() -> None:
    play = Play()
    play.publish(resource(EDS, "a"), resource(EDS, "b"))
    play.ask(EDS, "a", "b")
    play.ack(EDS)
    assert play.on(Requested(EDS, unsubscribe=("a",))) == ["subscribed EDS: -a"]
    assert play.publish(resource(EDS, "a", "2"), resource(EDS, "b", "2")) == ["EDS +b"]


def test_the_explicit_wildcard_can_be_given_up_while_names_stay() -> None:
    play = Play()
    play.publish(resource(CDS, "a"), resource(CDS, "b"))
    assert play.ask(CDS, "*", "a") == ["CDS +a +b"]
    play.ack(CDS)
    play.on(Requested(CDS, unsubscribe=("*",)))
    assert play.publish(resource(CDS, "a", "2"), resource(CDS, "b", "2")) == ["CDS +a"]


def test_a_name_given_up_under_a_wildcard_is_sent_again() -> None:
    play = Play()
    play.publish(resource(CDS, "a"))
    play.ask(CDS, "*", "a")
    play.ack(CDS)
    assert play.on(Requested(CDS, unsubscribe=("a",))) == ["subscribed CDS: -a", "CDS +a"]


def test_a_type_without_a_stack_is_answered_once_it_has_one() -> None:
    play = Play()
    assert play.on(Requested(SDS, ("cert",))) == ["subscribed SDS: cert"]
    shelf = Shelf(SDS)
    shelf.apply({"cert": resource(SDS, "cert")})
    assert play.on(Rescoped(SDS, (shelf,))) == ["SDS +cert"]


def test_a_request_without_a_type_ends_the_stream() -> None:
    assert Play().on(Requested("")) == ["drop: The request names no type; a discovery request must have a type_url."]


# resuming


@pytest.mark.rule("XD-17")
def test_a_client_that_still_holds_everything_is_sent_nothing() -> None:
    play = Play()
    held = resource(CDS, "a")
    play.publish(held, resource(EDS, "a"))
    assert play.ask(CDS, holds={"a": held.version}) == []
    assert play.ask(EDS, "a", holds={"a": resource(EDS, "a").version}) == []
    assert play.session.behind is None
    assert play.publish(resource(CDS, "a", "2")) == ["CDS +a"]


def test_a_client_that_comes_back_is_sent_what_differs() -> None:
    play = Play()
    play.publish(resource(CDS, "same"), resource(CDS, "changed", "2"), resource(CDS, "new"))
    held = {"same": resource(CDS, "same").version, "changed": resource(CDS, "changed").version, "old": "0"}
    assert play.ask(CDS, holds=held) == ["CDS +changed +new -old"]


def test_a_version_held_of_an_earlier_process_that_differs_in_nothing_named_is_not_sent() -> None:
    play = Play()
    play.publish(resource(EDS, "a"), resource(EDS, "b", "2"))
    held = {"a": resource(EDS, "a").version, "b": resource(EDS, "b").version}
    assert play.ask(EDS, "a", "b", holds=held) == ["EDS +b"]


# flow control


@pytest.mark.rule("XD-4")
def test_changes_merge_while_a_response_is_on_its_way() -> None:
    play = Play()
    play.publish(resource(CDS, "a"))
    play.ask(CDS)
    assert play.publish(resource(CDS, "b")) == []
    assert play.publish(resource(CDS, "a", "2")) == []
    assert play.publish((CDS, "b"), resource(CDS, "c")) == []
    assert play.ack(CDS) == ["acked CDS 1: a", "CDS +a +c -b"]
    assert play.ack(CDS) == ["acked CDS 4: a b c"]


@pytest.mark.rule("XD-4")
def test_a_stale_nonce_acknowledges_nothing() -> None:
    play = Play()
    play.publish(resource(CDS, "a"))
    play.ask(CDS)
    play.publish(resource(CDS, "a", "2"))
    assert play.on(Requested(CDS, nonce="of another response")) == []


def test_a_change_back_to_what_was_is_no_change() -> None:
    play = Play()
    play.publish(resource(CDS, "a"))
    play.ask(CDS)
    play.ack(CDS)
    assert play.publish(resource(CDS, "a")) == []


def test_behind_tells_the_oldest_change_that_is_not_acknowledged() -> None:
    play = Play()
    play.ask(CDS)
    play.ack(CDS)
    assert play.session.behind is None
    play.publish(resource(CDS, "a"))
    play.publish(resource(CDS, "b"))
    assert play.session.behind == 1
    play.ack(CDS)
    assert play.session.behind == 2
    play.ack(CDS)
    assert play.session.behind is None


# refusals


@pytest.mark.rule("XD-4")
def test_what_was_refused_is_not_sent_again_until_it_changes() -> None:
    play = Play()
    play.ask(CDS)
    play.ack(CDS)
    assert play.publish(resource(CDS, "a", "bad")) == ["CDS +a"]
    assert play.nack(CDS, "no such thing") == ["rejected CDS 1: a (no such thing) Test default/a"]
    assert play.publish(resource(CDS, "b")) == ["CDS +b"]
    play.ack(CDS)
    assert play.publish(resource(CDS, "a", "good")) == ["CDS +a"]
    assert play.ack(CDS) == ["acked CDS 3: a"]


def test_envoy_takes_the_other_clusters_of_a_response_that_it_refuses() -> None:
    play = Play()
    play.publish(resource(CDS, "a"), resource(CDS, "b"))
    play.ask(CDS)
    assert play.nack(CDS, "Error adding/updating cluster(s) b: malformed") == [
        "rejected CDS 1: b (Error adding/updating cluster(s) b: malformed) Test default/b"
    ]


def test_the_others_are_sent_again_when_a_whole_response_was_refused_for_one() -> None:
    play = Play()
    play.publish(resource(EDS, "a"), resource(EDS, "b"), resource(EDS, "c"))
    play.ask(EDS, "a", "b", "c")
    assert play.nack(EDS, "b is malformed") == ["rejected EDS 1: b (b is malformed) Test default/b", "EDS +a +c"]
    assert play.ack(EDS) == ["acked EDS 1: a c"]


def test_a_refusal_that_names_nobody_is_halved_until_the_culprit_is_alone() -> None:
    play = Play()
    play.publish(*(resource(EDS, name) for name in "abcd"))
    assert play.ask(EDS, *"abcd") == ["EDS +a +b +c +d"]
    assert play.nack(EDS, "malformed") == ["EDS +a +b"]
    assert play.ack(EDS) == ["acked EDS 1: a b", "EDS +c +d"]
    assert play.nack(EDS, "malformed") == ["EDS +c"]
    assert play.nack(EDS, "malformed") == ["rejected EDS 1: c (malformed) Test default/c", "EDS +d"]
    assert play.ack(EDS) == ["acked EDS 1: d"]
    assert play.session.behind is None


@pytest.mark.rule("XD-11")
def test_the_state_of_a_type_is_told_in_one_word() -> None:
    play = Play()
    assert play.session.states == {}
    play.publish(resource(CDS, "a", "bad"), resource(EDS, "a"))
    play.ask(CDS)
    play.ask(EDS, "a")
    assert play.session.states == {CDS: "STALE", EDS: "STALE"}
    play.nack(CDS, "no")
    play.ack(EDS)
    assert play.session.states == {CDS: "NACK", EDS: "SYNCED"}
    play.publish(resource(CDS, "a", "good"))
    play.ack(CDS)
    assert play.session.states == {CDS: "SYNCED", EDS: "SYNCED"}


# make before break


@pytest.mark.rule("XD-3")
def test_one_revision_goes_out_clusters_endpoints_listeners_routes() -> None:
    play = Play()
    play.publish(*(resource(type_url, "x") for type_url in (RDS, LDS, EDS, CDS)))
    for type_url, names in ((CDS, ()), (EDS, ("x",)), (LDS, ()), (RDS, ("x",))):
        play.ask(type_url, *names)
        play.ack(type_url)
    changed = [resource(type_url, "x", "2") for type_url in (RDS, LDS, EDS, CDS)]
    assert play.publish(*changed) == ["CDS +x", "EDS +x", "LDS +x", "RDS +x"]


@pytest.mark.rule("XD-3")
def test_a_changed_cluster_is_followed_by_its_unchanged_endpoints() -> None:
    play = Play()
    play.publish(resource(CDS, "x", follows=("x",)), resource(EDS, "x"))
    play.ask(CDS)
    play.ack(CDS)
    play.ask(EDS, "x")
    play.ack(EDS)
    assert play.publish(resource(CDS, "x", "2", follows=("x",))) == ["CDS +x", "EDS +x"]


def test_a_changed_cluster_is_followed_by_the_members_of_its_collections_and_a_changed_assignment_is_not() -> None:
    play = Play()
    play.publish(resource(CDS, "x", follows=("x",)), resource(EDS, "x", follows=("c/*",)), resource(LEDS, "c/1"), resource(LEDS, "c/2"))
    for type_url, names in ((CDS, ()), (EDS, ("x",)), (LEDS, ("c/*",))):
        play.ask(type_url, *names)
        play.ack(type_url)
    assert play.publish(resource(CDS, "x", "2", follows=("x",))) == ["CDS +x", "EDS +x", "LEDS +c/1 +c/2"]
    for type_url in (CDS, EDS, LEDS):
        play.ack(type_url)
    assert play.publish(resource(EDS, "x", "2", follows=("c/*",))) == ["EDS +x"]


def test_members_of_a_collection_follow_behind_their_assignment_when_that_is_held_up() -> None:
    play = Play()
    play.publish(resource(CDS, "x", follows=("x",)), resource(EDS, "x", follows=("c/*",)), resource(EDS, "y"), resource(LEDS, "c/1"))
    for type_url, names in ((CDS, ()), (EDS, ("x", "y")), (LEDS, ("c/*",))):
        play.ask(type_url, *names)
        play.ack(type_url)
    assert play.publish(resource(EDS, "y", "2")) == ["EDS +y"]
    assert play.publish(resource(CDS, "x", "2", follows=("x",))) == ["CDS +x"]
    assert play.ack(EDS) == ["acked EDS 2: y", "EDS +x", "LEDS +c/1"]


def test_routes_to_a_new_cluster_wait_until_the_members_of_its_collections_were_asked_for() -> None:
    play = Play()
    play.publish(resource(RDS, "80"))
    for type_url, names in ((CDS, ()), (EDS, ("none",)), (LEDS, ("none/*",)), (RDS, ("80",))):
        play.ask(type_url, *names)
        play.ack(type_url)
    new = (resource(CDS, "x", follows=("x",)), resource(EDS, "x", follows=("c/*",)), resource(LEDS, "c/1"))
    assert play.publish(*new, resource(RDS, "80", "to x")) == ["CDS +x"]
    assert play.on(Requested(EDS, ("x",))) == ["subscribed EDS: x", "EDS +x"]
    assert play.ack(CDS) == ["acked CDS 2: x"]
    assert play.on(Requested(LEDS, ("c/*",))) == ["subscribed LEDS: c/*", "LEDS +c/1"]
    assert play.ack(EDS) == ["acked EDS 2: x", "RDS +80"]


def test_routes_to_a_new_cluster_wait_until_its_endpoints_were_asked_for() -> None:
    play = Play()
    play.publish(resource(RDS, "80"))
    for type_url, names in ((CDS, ()), (EDS, ("none",)), (RDS, ("80",))):
        play.ask(type_url, *names)
        play.ack(type_url)
    assert play.publish(resource(CDS, "new", follows=("new",)), resource(EDS, "new"), resource(RDS, "80", "to new")) == ["CDS +new"]
    assert play.on(Requested(EDS, ("new",))) == ["subscribed EDS: new", "EDS +new"]
    assert play.ack(CDS) == ["acked CDS 2: new", "RDS +80"]


def test_routes_are_not_kept_waiting_twice_by_ever_more_new_clusters() -> None:
    play = Play()
    play.publish(resource(RDS, "80"))
    for type_url, names in ((CDS, ()), (RDS, ("80",))):
        play.ask(type_url, *names)
        play.ack(type_url)
    assert play.publish(resource(CDS, "one", follows=("one",)), resource(RDS, "80", "to one")) == ["CDS +one"]
    assert play.publish(resource(CDS, "two", follows=("two",)), resource(RDS, "80", "to two")) == []
    assert play.ack(CDS) == ["acked CDS 2: one", "CDS +two", "RDS +80"]


def test_a_change_of_endpoints_waits_for_nothing() -> None:
    play = Play()
    play.publish(resource(CDS, "x"), resource(EDS, "x"))
    play.ask(EDS, "x")
    play.ack(EDS)
    play.ask(CDS)
    play.publish(resource(CDS, "x", "2"))
    assert play.publish(resource(EDS, "x", "2")) == ["EDS +x"]


@pytest.mark.rule("XD-3")
def test_a_cluster_is_removed_when_the_routes_without_it_are_acknowledged() -> None:
    play = Play()
    play.publish(resource(CDS, "x"), resource(RDS, "80"))
    for type_url, names in ((CDS, ()), (RDS, ("80",))):
        play.ask(type_url, *names)
        play.ack(type_url)
    assert play.publish((CDS, "x"), resource(RDS, "80", "elsewhere")) == ["RDS +80"]
    assert play.ack(RDS) == ["acked RDS 2: 80", "CDS -x"]


def test_a_cluster_that_comes_back_before_it_was_removed_is_not_removed() -> None:
    play = Play()
    play.publish(resource(CDS, "x"), resource(RDS, "80"))
    for type_url, names in ((CDS, ()), (RDS, ("80",))):
        play.ask(type_url, *names)
        play.ack(type_url)
    play.publish((CDS, "x"), resource(RDS, "80", "elsewhere"))
    assert play.publish(resource(CDS, "x", "2")) == ["CDS +x"]
    assert play.ack(CDS) == ["acked CDS 3: x"]
    assert play.ack(RDS) == ["acked RDS 2: 80"]
    assert play.session.behind is None


def test_endpoints_that_go_with_their_cluster_are_not_told_when_the_proxy_gave_them_up_by_itself() -> None:
    play = Play()
    play.publish(resource(CDS, "x", follows=("x",)), resource(EDS, "x"), resource(RDS, "80"))
    for type_url, names in ((CDS, ()), (EDS, ("x",)), (RDS, ("80",))):
        play.ask(type_url, *names)
        play.ack(type_url)
    assert play.publish((CDS, "x"), (EDS, "x"), resource(RDS, "80", "elsewhere")) == ["RDS +80"]
    assert play.ack(RDS) == ["acked RDS 2: 80", "CDS -x"]
    assert play.on(Requested(EDS, unsubscribe=("x",))) == ["subscribed EDS: -x"]
    assert play.ack(CDS) == ["acked CDS 2: x"]
    assert play.session.behind is None


def test_a_later_change_of_routes_does_not_hold_an_earlier_removal_back() -> None:
    play = Play()
    play.publish(resource(CDS, "x"), resource(RDS, "80"))
    for type_url, names in ((CDS, ()), (RDS, ("80",))):
        play.ask(type_url, *names)
        play.ack(type_url)
    play.publish((CDS, "x"), resource(RDS, "80", "2"))
    play.publish(resource(RDS, "80", "3"))
    assert play.ack(RDS) == ["acked RDS 2: 80", "CDS -x", "RDS +80"]


# collections


def test_a_collection_brings_its_members_one_by_one() -> None:
    play = Play()
    play.publish(resource(LEDS, "xdstp://m/E/shop/a"), resource(LEDS, "xdstp://m/E/cart/a"))
    assert play.ask(LEDS, "xdstp://m/E/shop/*") == ["LEDS +xdstp://m/E/shop/a"]
    play.ack(LEDS)
    assert play.publish(resource(LEDS, "xdstp://m/E/shop/b"), resource(LEDS, "xdstp://m/E/cart/b")) == ["LEDS +xdstp://m/E/shop/b"]
    play.ack(LEDS)
    assert play.publish((LEDS, "xdstp://m/E/shop/a")) == ["LEDS -xdstp://m/E/shop/a"]


def test_a_collection_without_members_is_told_as_gone_so_that_nobody_waits_for_it() -> None:
    assert Play().ask(LEDS, "xdstp://m/E/shop/*") == ["LEDS -xdstp://m/E/shop/*"]


def test_virtual_hosts_are_asked_for_once_and_come_for_each_route_configuration() -> None:
    play = Play()
    play.publish(resource(RDS, "80"), resource(RDS, "81"), resource(VHDS, "80/a"), resource(VHDS, "81/a"))
    play.ask(RDS, "80")
    play.ack(RDS)
    assert play.on(Requested(VHDS)) == ["subscribed VHDS: *", "VHDS +80/a"]
    play.ack(VHDS)
    assert play.publish(resource(VHDS, "80/b"), resource(VHDS, "81/b")) == ["VHDS +80/b"]
    play.ack(VHDS)
    assert play.on(Requested(RDS, ("81",))) == ["subscribed RDS: 81", "RDS +81", "VHDS +81/a +81/b"]


def test_a_route_configuration_without_virtual_hosts_is_told_so_or_the_proxy_would_wait() -> None:
    play = Play()
    play.publish(resource(RDS, "80"), resource(RDS, "81"))
    play.ask(RDS, "80")
    play.ack(RDS)
    assert play.ask(VHDS) == ["VHDS -80/*"]
    play.ack(VHDS)
    assert play.on(Requested(RDS, ("81",))) == ["subscribed RDS: 81", "RDS +81", "VHDS -81/*"]


def test_virtual_hosts_of_a_route_configuration_given_up_are_heard_of_no_more() -> None:
    play = Play()
    play.publish(resource(RDS, "80"), resource(VHDS, "80/a"))
    play.ask(RDS, "80")
    play.ack(RDS)
    play.ask(VHDS)
    play.ack(VHDS)
    play.on(Requested(RDS, unsubscribe=("80",)))
    assert play.publish(resource(VHDS, "80/a", "2")) == []


# stacks


def test_an_earlier_shelf_hides_the_same_name_of_a_later_one() -> None:
    play = Play()
    own, public = Shelf(CDS, "own"), play.shelves[CDS]
    play.publish(resource(CDS, "a"), resource(CDS, "b"), resource(CDS, "c"))
    own.apply({"a": resource(CDS, "a", "own"), "b": HIDDEN})
    play.on(Rescoped(CDS, (own, public)))
    assert play.ask(CDS) == ["CDS +a +c"]
    play.ack(CDS)
    assert play.publish(resource(CDS, "a", "2"), resource(CDS, "b", "2")) == []
    assert play.on(published(9, {own: {"b": None}})) == ["CDS +b"]


def test_another_scope_sends_only_what_differs() -> None:
    play = Play()
    public = play.shelves[CDS]
    play.publish(resource(CDS, "a"), resource(CDS, "b"))
    play.ask(CDS)
    play.ack(CDS)
    private = Shelf(CDS, "private")
    private.apply({"a": resource(CDS, "a", "private"), "b": resource(CDS, "b"), "c": resource(CDS, "c")})
    assert play.on(Rescoped(CDS, (private, public))) == ["CDS +a +c"]
    play.ack(CDS)
    assert play.on(Rescoped(CDS, (public,))) == ["CDS +a -c"]


# virtual types


def test_an_answer_goes_out_after_everything_published_before_it_was_acknowledged() -> None:
    play = Play()
    play.ask(CDS)
    play.ack(CDS)
    assert play.on(Requested(HOSTS, ("shop",))) == ["asked Host: shop"]
    assert play.publish(resource(CDS, "shop")) == ["CDS +shop"]
    assert play.on(Answered(HOSTS, {"shop": b""})) == []
    assert play.ack(CDS) == ["acked CDS 1: shop", "Host +shop"]
    assert play.ack(HOSTS) == ["acked Host 1: shop"]


def test_what_is_published_after_an_answer_does_not_hold_it_up() -> None:
    play = Play()
    play.ask(CDS)
    play.ack(CDS)
    play.on(Requested(HOSTS, ("shop", "ghost")))
    assert play.on(Answered(HOSTS, {"shop": b"", "ghost": None})) == ["Host +shop -ghost"]
    play.publish(resource(CDS, "other"))
    play.ack(HOSTS)
    assert play.on(Requested(HOSTS, ("shop",))) == ["asked Host: shop"]


# state of the world


@pytest.mark.rule("XD-4")
def test_in_the_state_of_the_world_a_wildcard_response_has_everything() -> None:
    play = Play(SotwSubscription)
    play.publish(resource(CDS, "a"), resource(CDS, "b"))
    assert play.ask(CDS) == ["CDS +a +b"]
    play.ack(CDS)
    assert play.publish(resource(CDS, "c")) == ["CDS +a +b +c"]
    play.ack(CDS)
    assert play.publish((CDS, "a")) == ["CDS +b +c"]


@pytest.mark.rule("XD-4")
def test_in_the_state_of_the_world_only_changed_endpoints_are_sent() -> None:
    play = Play(SotwSubscription)
    play.publish(resource(EDS, "a"), resource(EDS, "b"))
    assert play.ask(EDS, "a") == ["EDS +a"]
    assert play.ack(EDS, ("a",)) == ["acked EDS 1: a"]
    assert play.publish(resource(EDS, "a", "2"), resource(EDS, "b", "2")) == ["EDS +a"]
    assert play.ack(EDS, ("a", "b")) == ["acked EDS 2: a", "subscribed EDS: a b", "EDS +b"]


@pytest.mark.rule("XD-4")
def test_in_the_state_of_the_world_a_request_with_a_stale_nonce_is_ignored() -> None:
    play = Play(SotwSubscription)
    play.publish(resource(EDS, "a"), resource(EDS, "b"))
    play.ask(EDS, "a")
    assert play.on(Requested(EDS, ("a", "b"), nonce="stale")) == []


@pytest.mark.rule("XD-4")
def test_in_the_state_of_the_world_a_version_of_an_earlier_stream_is_answered_in_full() -> None:
    play = Play(SotwSubscription)
    play.publish(resource(CDS, "a"))
    assert play.on(Requested(CDS, version="7")) == ["subscribed CDS: *", "CDS +a"]


@pytest.mark.rule("XD-4")
def test_in_the_state_of_the_world_a_refused_response_is_not_sent_again() -> None:
    play = Play(SotwSubscription)
    play.publish(resource(CDS, "a", "bad"))
    play.ask(CDS)
    assert play.nack(CDS, "no") == ["rejected CDS 1: a (no) Test default/a"]
    assert play.publish(resource(CDS, "a", "good")) == ["CDS +a"]


def test_in_the_state_of_the_world_a_cluster_goes_after_the_routes_to_it() -> None:
    play = Play(SotwSubscription)
    play.publish(resource(CDS, "x"), resource(CDS, "y"), resource(RDS, "80"))
    play.ask(CDS)
    play.ack(CDS)
    play.ask(RDS, "80")
    play.ack(RDS, ("80",))
    assert play.publish((CDS, "x"), resource(RDS, "80", "2")) == ["RDS +80"]
    assert play.ack(RDS, ("80",)) == ["acked RDS 2: 80", "CDS +y"]
