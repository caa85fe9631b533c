"""The older, state-of-the-world form of the protocol: each request lists all that the client wants, each response of a wildcard type all
that there is (XD-4). The same machine as the delta form, but for what a request means and what a response holds.
"""

from __future__ import annotations

from collections.abc import Iterable

from lateen.xds.events import Send
from lateen.xds.order import CDS, LDS
from lateen.xds.subscription import WILDCARD, Flight, Subscription, blame
from lateen.xds.wire import SOTW, Flavour, Requested

TOLD_WHOLE = frozenset({CDS, LDS})
"""Types of which each response has all that was asked for: a client takes what is missing for gone."""


class SotwSubscription(Subscription):
    """One type of one state-of-the-world stream."""

    __slots__ = ()

    flavour: Flavour = SOTW

    def opened(self, event: Requested, wanted: Iterable[str], revision: int) -> None:
        """The first request. A version that it may carry is of an earlier stream and says nothing here: it is answered in full."""
        super().opened(event, wanted, revision)

    def is_stale(self, event: Requested) -> bool:
        """A request that answers another response than the last one: "the server must ignore it", the client will ask again."""
        return bool(event.nonce) and event.nonce != self._last_nonce

    def requested(self, event: Requested, revision: int) -> bool:
        """A further request. Returns whether its names differ from those of the one before; what is new among them is sent."""
        wanted = set(event.subscribe)
        if self.wildcard and (not wanted or WILDCARD in wanted):
            return False
        before = {WILDCARD, *self.names} if self.wildcard else set(self.names)
        if wanted == before:
            return False
        added = wanted - before
        self._drop(before - wanted)
        self._want(added)
        self.insist(self._meant_by(added), revision)
        return True

    def asked(self, event: Requested) -> tuple[str, ...]:
        """Names of a virtual type that the client wants to know of and did not ask for before."""
        new = tuple(name for name in event.subscribe if name not in self.names)
        self.names = frozenset(event.subscribe)
        return new

    def compose(self, revision: int, removals_up_to: int) -> Send | None:
        """The next response; of a wildcard type with everything in it. One that only removes waits as in the delta form."""
        if not self.wildcard:
            if self.type in TOLD_WHOLE and (self.pending or self.gone):
                self.forced = self.forced or bool(self.gone)
                self.pending |= self.names
            return super().compose(revision, removals_up_to)
        names, self.pending = self.pending, set()
        self._sort_out(names, [], revision if self.since is None else self.since)
        is_due = bool(self.gone) and min(self.gone.values()) <= removals_up_to
        if not (self.fresh or self.forced or is_due or self._unrefused(names - self.gone.keys())):
            self._settle_if_quiet()
            return None
        self.gone.clear()
        self.fresh = False
        return self._launch(self._chunks(None), (), revision)

    def rejected(self, flight: Flight, message: str) -> tuple[str, ...]:
        """The client refused it. Nothing is tried again: a response of this form cannot leave out what is to blame."""
        resources = flight.resources
        blamed = blame(resources, message) or tuple(sorted(resources))
        self.refused.update((name, resources[name].version) for name in blamed)
        return blamed

    def _removals(self, up_to: int) -> tuple[str, ...]:
        """Nothing is ever told as gone: it is missing from the next response of a wildcard type, and of others there is no way to tell."""
        self.gone.clear()
        return ()
