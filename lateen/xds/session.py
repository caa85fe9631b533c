"""The state machine of one ADS stream, both forms of the protocol. Sans-io: events in, reports and responses out; it never waits.

`receive` takes one event and returns what the control should know. `next_send` returns the next response that may go out now; call it
until it returns None, whenever the stream can be written to: what changes before it is called merges into fewer responses. `weight`
tells beforehand about how large the next one will be, without making it.

It promises: at most one unacknowledged response per type, make before break over types (`order`), nothing refused is sent again
unchanged, and after the last acknowledgement the client holds exactly what its stacks show. It knows nothing of what the bytes mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from sys import maxsize
from typing import assert_never

from lateen.values.envoy_resource import envoy_resource
from lateen.values.ref import Ref
from lateen.xds.events import Acked, Answered, Asked, Drop, Event, Rejected, Report, Rescoped, Send, Subscribed, Told
from lateen.xds.order import ADDED_AFTER, CDS, COLLECTED_UNDER, FOLLOWED_BY, REMOVED_AFTER, WAITS_FOR_FOLLOWERS, rank
from lateen.xds.shelf import Publication, Shelf, Stack
from lateen.xds.subscription import WILDCARD, Flight, State, Subscription
from lateen.xds.wire import Requested

_COLLECTIONS = {over: under for under, over in COLLECTED_UNDER.items()}


class Session:
    """One stream. `stacks` is what the proxy sees of each type; a type that is not in it waits for a `Rescoped`.

    `virtual` types have no stack: asking for them is reported (`Asked`) and answered by `Answered`. Of `notices` each request is reported (`Told`),
    and none is answered. `revision` is the last one published
    when the stream began. `subscription` is the form of the protocol: `Subscription` or `sotw.SotwSubscription`.
    """

    def __init__(
        self,
        stacks: Mapping[str, Stack],
        *,
        virtual: frozenset[str] = frozenset(),
        notices: frozenset[str] = frozenset(),
        revision: int = 0,
        subscription: type[Subscription] = Subscription,
    ) -> None:
        self.stacks = dict(stacks)
        self.revision = revision
        self._virtual = virtual
        self._notices = notices
        self._subscription = subscription
        self._subscriptions: dict[str, Subscription] = {}
        self._ordered: list[Subscription] = []
        self._answered_at: dict[str, int] = {}
        self._collecting: set[str] = set()
        self._kept_waiting_by: set[str] = set()
        self._repeated: set[str] = set()  # assignments that follow a changed cluster
        self._weight: int | None = 0  # None: to be found out

    @property
    def behind(self) -> int | None:
        """The revision of the oldest change that the proxy has not acknowledged; None when it has everything."""
        return min((sub.oldest for sub in self._ordered if sub.oldest is not None and sub.type not in self._virtual), default=None)

    @property
    def states(self) -> dict[str, State]:
        """How it stands with each type that the proxy asked for."""
        return {subscription.type: subscription.state for subscription in self._ordered}

    def subscription(self, type_url: str) -> Subscription | None:
        """What the proxy wants of a type; to be read only. None when it never asked."""
        return self._subscriptions.get(type_url)

    # events

    def receive(self, event: Event) -> list[Report]:
        """Take one event. Afterwards `next_send` may have something to say."""
        self._weight = None
        match event:
            case Publication():
                return self._published(event)
            case Requested():
                return self._requested(event)
            case Rescoped():
                return self._rescoped(event)
            case Answered():
                return self._answered(event)
            case _:
                assert_never(event)

    def _published(self, event: Publication) -> list[Report]:
        self.revision = event.revision
        for type_url, changes in event.changes.items():
            if subscription := self._subscriptions.get(type_url):
                subscription.published(changes, event.revision)
        return []

    def _rescoped(self, event: Rescoped) -> list[Report]:
        self.stacks[event.type] = event.stack
        if subscription := self._subscriptions.get(event.type):
            subscription.rescoped(event.stack, self.revision)
        return []

    def _answered(self, event: Answered) -> list[Report]:
        subscription = self._subscriptions.get(event.type)
        if subscription is None or not subscription.stack:
            return []
        edits = {name: None if body is None else envoy_resource(event.type, name, body) for name, body in event.bodies.items()}
        subscription.stack[0].apply(edits)
        subscription.insist({name for name in edits if subscription.wants(name)}, self.revision)
        self._answered_at[event.type] = self.revision
        return []

    def _requested(self, event: Requested) -> list[Report]:
        if event.type in self._notices:
            return [Told(event.type, event.error)]
        subscription = self._subscriptions.get(event.type)
        if subscription is None:
            return self._opened(event)
        if subscription.is_stale(event):
            return []
        reports = self._landed(subscription, event) if event.nonce else []
        if event.type in self._virtual:
            for shelf in subscription.stack or ():
                shelf.apply(dict.fromkeys(event.unsubscribe))
            return [*reports, *self._asked(subscription, event)]
        if subscription.requested(event, self.revision):
            self._collect(event)
            reports += [Subscribed(event.type, event.subscribe, event.unsubscribe)]
        return reports

    def _opened(self, event: Requested) -> list[Report]:
        if not event.type:
            return [Drop("The request names no type; a discovery request must have a type_url.")]
        is_virtual = event.type in self._virtual
        stack = (Shelf(event.type, "answers"),) if is_virtual else self.stacks.get(event.type)
        subscription = self._subscriptions[event.type] = self._subscription(event.type, stack)
        self._ordered = sorted(self._subscriptions.values(), key=lambda sub: (sub.type in self._virtual, rank(sub.type)))
        if is_virtual:
            return self._asked(subscription, event)
        subscription.opened(event, self._first_wanted(event), self.revision)
        self._collect(event)
        return [Subscribed(event.type, event.subscribe or (WILDCARD,))]

    def _first_wanted(self, event: Requested) -> tuple[str, ...]:
        """What a first request asks for: "if it has no names, the server should treat it as a subscription to the wildcard"."""
        over = COLLECTED_UNDER.get(event.type)
        if event.subscribe or over is None:
            return event.subscribe or (WILDCARD,)
        self._collecting.add(event.type)
        above = self._subscriptions.get(over)
        if above is None:
            return ()
        return (WILDCARD,) if above.wildcard else tuple(f"{name}/*" for name in sorted(above.names))

    def _collect(self, event: Requested) -> None:
        """Members of a collection that the proxy newly takes go out unasked, behind the resource that they belong to."""
        under = _COLLECTIONS.get(event.type)
        if under in self._collecting:
            subscription = self._subscriptions[under]
            subscription.uncollect(event.unsubscribe)
            subscription.collect(event.subscribe, self.revision)

    def _asked(self, subscription: Subscription, event: Requested) -> list[Report]:
        names = subscription.asked(event)
        return [Asked(event.type, names)] if names else []

    def _landed(self, subscription: Subscription, event: Requested) -> list[Report]:
        flight = subscription.landed(event.nonce)
        if flight is None:
            return []
        if event.error is None:
            subscription.accepted(flight)
            return [Acked(event.type, flight.revision, flight.names)]
        blamed = subscription.rejected(flight, event.error)
        return [Rejected(event.type, flight.revision, blamed, event.error, _origins(flight, blamed))] if blamed else []

    # responses

    def weight(self) -> int:
        """About how many bytes the next response has; 0 when there is none to send now."""
        if self._weight is None:
            busy = self._busy()
            self._weight = next((subscription.weight() for subscription in self._sendable(busy)), 0) if busy else 0
        return self._weight

    def next_send(self) -> Send | None:
        """The next response that may go out now, which counts as sent; None when there is none."""
        self._weight = None
        for subscription in self._sendable(self._busy()):
            first = subscription.fresh
            if send := subscription.compose(self.revision, self._removals_up_to(subscription.type)):
                if subscription.type in WAITS_FOR_FOLLOWERS:
                    self._kept_waiting_by.clear()
                self._follow(subscription, first=first)
                return send
        return None

    def _busy(self) -> list[Subscription]:
        """Those that have something to say, whether it is their turn or not. Asked thrice for each response, so all in one line."""
        return [sub for sub in self._ordered if sub.flight is None and (sub.pending or sub.gone or sub.fresh or sub.forced or sub.suspects)]

    def _sendable(self, busy: list[Subscription]) -> Iterator[Subscription]:
        for subscription in busy:
            if subscription.has_new or subscription.forced:
                if not self._must_wait(subscription):
                    yield subscription
            elif subscription.gone and min(subscription.gone.values()) <= self._removals_up_to(subscription.type):
                yield subscription

    def _must_wait(self, subscription: Subscription) -> bool:
        type_url = subscription.type
        if type_url in self._virtual:
            behind = self.behind
            return behind is not None and behind <= self._answered_at.get(type_url, 0)
        for earlier in ADDED_AFTER.get(type_url, ()):
            if (before := self._subscriptions.get(earlier)) and before.has_new:
                return True
        awaited = self._followers_awaited() if type_url in WAITS_FOR_FOLLOWERS else frozenset()
        self._kept_waiting_by |= awaited
        return bool(awaited)

    def _followers_awaited(self) -> frozenset[str]:
        return frozenset([led for led in FOLLOWED_BY if (sub := self._subscriptions.get(led)) and sub.flight and sub.flight.waits])

    def _removals_up_to(self, type_url: str) -> int:
        limit = maxsize
        for later in REMOVED_AFTER.get(type_url, ()):
            subscription = self._subscriptions.get(later)
            if subscription and (oldest := subscription.oldest) is not None:
                limit = min(limit, oldest - 1)
        return limit

    def _follow(self, subscription: Subscription, *, first: bool) -> None:
        """Send again what must follow a changed cluster, and hold later types back once while the proxy asks for what follows a new resource."""
        followers = self._subscriptions.get(FOLLOWED_BY.get(subscription.type, ""))
        flight = subscription.flight
        if flight is None or (followers is None and first):
            return
        follows: frozenset[str] = frozenset().union(*[chunk.follows for chunk in flight.chunks])
        if not follows:
            return
        known = followers.known(follows) if followers else frozenset()
        if followers and known and not first:
            followers.repeat(known & self._due(subscription.type, flight, follows), self.revision)
        if subscription.type == CDS and not first:
            self._repeated |= known
        flight.waits = len(known) < len(follows) and subscription.type not in self._kept_waiting_by

    def _due(self, type_url: str, flight: Flight, follows: frozenset[str]) -> frozenset[str]:
        """Which of what follows is sent again: all behind clusters; behind assignments what belongs to those that follow a cluster themselves."""
        if type_url == CDS:
            return follows
        again = self._repeated.intersection(flight.resources) if self._repeated else frozenset()
        self._repeated -= again
        return frozenset([name for each in again for name in flight.resources[each].follows])


def _origins(flight: Flight, names: tuple[str, ...]) -> tuple[Ref, ...]:
    resources = flight.resources
    return tuple(sorted({ref for name in names if name in resources for ref in resources[name].origins}))
