"""What one stream wants of one type, what it has yet to be told, and what it has been told but not acknowledged. Sans-io.

A stream's state is small: it is at the present content of its stack, but for the names `pending` (changed since), `gone` (to be told of
as removed, when the order of removals allows) and `refused` (the version of a name that it will not take). At most one response is
unacknowledged (`flight`); what changes meanwhile merges into `pending`, and that is all that a slow proxy costs.

https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol is quoted where it decides.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Literal

from lateen.values.envoy_resource import EnvoyResource
from lateen.xds.events import Send
from lateen.xds.order import CDS, LDS
from lateen.xds.shelf import Chunk, Shelf, Stack, collection, resolved, versions, visible
from lateen.xds.wire import DELTA, Flavour, Requested, fresh_nonce, removed

WILDCARD = "*"

State = Literal["SYNCED", "STALE", "NACK"]
"""Whether the client has everything, is yet to have it, or refuses some of it. A type that it never asked for is `NOT SENT`."""

_TAKES_THE_REST = frozenset({CDS, LDS})
"""Types of which Envoy applies the good resources of a response and refuses only those that it names."""

_FEW = 8
"""Names that are not worth an estimate of their size."""

_SENTENCE_OF_THE_REST = "Error adding/updating"


class Flight:
    """A response on its way. `since` is the revision of the oldest change in it, `revision` that up to which it is complete."""

    __slots__ = ("chunks", "nonce", "removed", "revision", "since", "waits")

    def __init__(self, nonce: str, chunks: tuple[Chunk, ...], removed: tuple[str, ...], since: int, revision: int) -> None:
        self.nonce = nonce
        self.chunks = tuple(chunk.contents for chunk in chunks)
        self.removed = removed
        self.since = since
        self.revision = revision
        self.waits = False  # later types wait for its acknowledgement

    @property
    def resources(self) -> Mapping[str, EnvoyResource]:
        """The resources in it, by name."""
        if len(self.chunks) == 1:
            return self.chunks[0].resources
        return {name: resource for chunk in self.chunks for name, resource in chunk.resources.items()}

    @property
    def names(self) -> Collection[str]:
        """All names in it, also those that it removes."""
        if len(self.chunks) == 1 and not self.removed:
            return self.chunks[0].resources.keys()
        return frozenset(self.removed).union(*[chunk.resources for chunk in self.chunks])


class Subscription:
    """One type of one delta stream. `since` is the revision of the oldest change that is yet to be sent; None when there is none."""

    __slots__ = (
        "_held",
        "_last_nonce",
        "flight",
        "forced",
        "fresh",
        "globs",
        "gone",
        "names",
        "pending",
        "refused",
        "since",
        "stack",
        "suspects",
        "type",
        "wildcard",
    )

    flavour: Flavour = DELTA

    def __init__(self, type_url: str, stack: Stack | None) -> None:
        self.type = type_url
        self.stack = stack  # None: not known yet; nothing is said until it is
        self.wildcard = False
        self.names: frozenset[str] = frozenset()  # shared with the streams that want the same
        self.globs: frozenset[str] = frozenset()  # prefixes, ending in "/", of which every member is wanted
        self.pending: set[str] = set()
        self.gone: dict[str, int] = {}  # name to the revision that took it away
        self.fresh = False  # the client has nothing yet and wants everything: it goes at once, without a list of names
        self.forced = False  # the client waits for a response even if nothing is in it
        self.refused: dict[str, str] = {}
        self.suspects: list[frozenset[str]] = []  # groups out of a refused response, each to be tried alone
        self.flight: Flight | None = None
        self.since: int | None = None
        self._last_nonce = ""
        self._held: Mapping[str, str] | None = None

    # what the client wants

    def opened(self, event: Requested, wanted: Iterable[str], revision: int) -> None:
        """The first request of the type on this stream, which asks for what is `wanted`."""
        self._want(wanted)
        self._held = event.holds or None
        if self.stack is not None:
            self._start(revision)

    def requested(self, event: Requested, revision: int) -> bool:
        """A further request. Returns whether it wants more or less; what is named a second time is sent a second time."""
        if event.unsubscribe:
            self._drop(event.unsubscribe)
        if event.subscribe:
            self._want(event.subscribe)
            self.insist(self._meant_by(event.subscribe), revision)
        if event.unsubscribe and self.wildcard:
            # "... the server must send it again, or tell that it is gone", if the wildcard still covers what is given up by name.
            self.note(set(event.unsubscribe), revision)
        return bool(event.subscribe or event.unsubscribe)

    def asked(self, event: Requested) -> tuple[str, ...]:
        """Names of a virtual type that the client wants to know of."""
        self.names = (self.names - set(event.unsubscribe)) | set(event.subscribe)
        return event.subscribe

    def is_stale(self, event: Requested) -> bool:
        """Whether the request must be ignored: never in the delta form, where only an acknowledgement can be stale."""
        return False

    def wants(self, name: str) -> bool:
        """Whether the client subscribes to a name."""
        return self.wildcard or name in self.names or (bool(self.globs) and collection(name) in self.globs)

    def collect(self, names: Iterable[str], revision: int) -> None:
        """The client takes the members of these collections from now on, and waits for the first of each."""
        added = [f"{name}/*" for name in names]
        self._want(added)
        self.insist(self._meant_by(added), revision)

    def uncollect(self, names: Iterable[str]) -> None:
        """The client takes the members of these collections no more."""
        self._drop([f"{name}/*" for name in names])

    def _start(self, revision: int) -> None:
        held, self._held = self._held, None
        stack = self.stack or ()
        if held is None:
            self.fresh = self.forced = self.wildcard
            self.pending = self._meant_by([f"{glob}*" for glob in self.globs]) | self.names
            self._mark(revision)
            return
        have = versions(stack)
        if held == have and (self.wildcard or (self.names <= have.keys() and not self.globs)):
            return
        wanted = {name for name in have.keys() | held.keys() | self.names if self.wants(name)}
        self.note({name for name in wanted if name not in have or have[name] != held.get(name)}, revision)

    def _want(self, names: Iterable[str]) -> None:
        plain, globs, everything = _sorts(names)
        self.wildcard = self.wildcard or everything
        self.globs |= globs
        if plain:
            wanted = self.names | plain if self.names else plain
            self.names = self.stack[-1].shared(wanted) if self.stack else wanted

    def _drop(self, names: Iterable[str]) -> None:
        plain, globs, everything = _sorts(names)
        if everything:
            self.wildcard = self.fresh = self.forced = False
        self.globs -= globs
        if plain:
            wanted = self.names - plain
            self.names = self.stack[-1].shared(wanted) if self.stack else wanted
        self.pending = {name for name in self.pending if self.wants(name)}
        self.gone = {name: revision for name, revision in self.gone.items() if self.wants(name)}
        self._settle_if_quiet()

    def _meant_by(self, names: Iterable[str]) -> set[str]:
        """What the client must now hear of: a collection without members is itself told as gone, or the client would wait for it."""
        plain, globs, everything = _sorts(names)
        meant = set(plain)
        if everything:
            meant.update(*[shelf.names for shelf in self.stack or ()])
        for prefix in globs:
            meant |= self._members([prefix]) or {prefix + WILDCARD}
        return meant

    def _members(self, prefixes: Iterable[str]) -> set[str]:
        stack = self.stack or ()
        return {name for prefix in prefixes for shelf in stack for name in shelf.under(prefix) if resolved(stack, name) is not None}

    # what changes

    def note(self, names: Iterable[str], revision: int) -> None:
        """These names, which the client wants, changed."""
        if self.stack is None or (self.fresh and self.wildcard):
            return
        self.pending.update(names)
        if self.pending:
            self._mark(revision)

    def known(self, names: frozenset[str]) -> frozenset[str]:
        """Those of the names, which may be collections (`<prefix>/*`), that the client subscribes to as they are."""
        return (names & self.names) | frozenset([name for name in names if name[:-1] in self.globs]) if self.globs else names & self.names

    def repeat(self, names: frozenset[str], revision: int) -> None:
        """These names, and the members of these collections, must be sent again."""
        self.insist(self._meant_by(names), revision)

    def insist(self, names: set[str], revision: int) -> None:
        """These names must be sent again, changed or not, refused or not."""
        for name in names & self.refused.keys():
            del self.refused[name]
        self.note(names, revision)

    def published(self, changes: Mapping[Shelf, frozenset[str]], revision: int) -> None:
        """Names changed on shelves. A name that an earlier shelf of the stack holds or hides did not change for this client."""
        for place, shelf in enumerate(self.stack or ()):
            names = changes.get(shelf)
            if names is not None and (seen := self._seen(place, names)):
                self.note(seen, revision)

    def _seen(self, place: int, names: frozenset[str]) -> Collection[str]:
        seen: Collection[str] = names
        if not self.wildcard:
            seen = [name for name in names if self.wants(name)] if self.globs else names & self.names
        if place and self.stack:
            above = self.stack[:place]
            seen = [name for name in seen if all(shelf.at(name) is None for shelf in above)]
        return seen

    def rescoped(self, stack: Stack, revision: int) -> None:
        """The client sees another stack: what differs between the two becomes pending."""
        before, self.stack = self.stack, stack
        if before is None:
            self._start(revision)
            return
        if before == stack:
            return
        names = {name for name in _names_apart(before, stack) if self.wants(name)}
        self.note({name for name in names if _version(before, name) != _version(stack, name)}, revision)

    def _mark(self, revision: int) -> None:
        if self.since is None:
            self.since = revision

    def _settle_if_quiet(self) -> None:
        if not self.has_new:
            self.since = min(self.gone.values()) if self.gone else None

    # what is sent

    @property
    def has_new(self) -> bool:
        """Whether something is yet to be sent that may be more than a removal."""
        return self.stack is not None and bool(self.pending or self.fresh or self.suspects)

    @property
    def oldest(self) -> int | None:
        """The revision of the oldest change that the client has not acknowledged; None when it has all."""
        return self.since if self.flight is None else self.flight.since

    @property
    def state(self) -> State:
        """In one word, as `proxy-status` shows it (XD-11)."""
        if self.refused:
            return "NACK"
        if self.flight is not None or self.has_new or self.gone:
            return "STALE"
        return "SYNCED"

    def weight(self) -> int:
        """About how many bytes the next response has; at least 1."""
        if not self.fresh and len(self.pending) <= _FEW:
            return 1
        size = sum([shelf.size for shelf in self.stack or ()])
        if self.fresh:
            return size + 1
        total = sum([len(shelf) for shelf in self.stack or ()])
        return size * min(len(self.pending), total) // (total or 1) + 1

    def compose(self, revision: int, removals_up_to: int) -> Send | None:
        """The next response, or None when there is nothing to say after all. Removals of later revisions than given are kept back."""
        chunks = self._next_chunks(revision)
        gone = self._removals(removals_up_to)
        if chunks or gone or self.forced:
            return self._launch(chunks, gone, revision)
        self._settle_if_quiet()
        return None

    def _next_chunks(self, revision: int) -> list[Chunk]:
        while self.suspects:
            alone = self.suspects.pop(0)
            if chunks := self._chunks(self._unrefused({name for name in alone if self.wants(name)})):
                return chunks
        names, self.pending = self.pending, set()
        chunks = self._chunks(None if self.fresh else self._unrefused(names))
        self.fresh = False
        self._sort_out(names, chunks, revision if self.since is None else self.since)
        return chunks

    def _chunks(self, wanted: set[str] | None) -> list[Chunk]:
        return [shelf.chunk(self.flavour, names) for shelf, names in visible(self.stack or (), wanted)]

    def _sort_out(self, names: set[str], chunks: list[Chunk], since: int) -> None:
        """Whichever of these names is on no shelf is gone; whichever is found again is not."""
        if self.gone:
            for chunk in chunks:
                for name in self.gone.keys() & chunk.contents.resources.keys():
                    del self.gone[name]
        if sum([len(chunk.contents.resources) for chunk in chunks]) != len(names):
            stack = self.stack or ()
            for name in names.difference(*[chunk.contents.resources for chunk in chunks]):
                if resolved(stack, name) is None:
                    self.gone.setdefault(name, since)

    def _unrefused(self, names: set[str]) -> set[str]:
        if not self.refused:
            return names
        stack = self.stack or ()
        return {name for name in names if name not in self.refused or _version(stack, name) != self.refused[name]}

    def _removals(self, up_to: int) -> tuple[str, ...]:
        if not self.gone:
            return ()
        due = sorted([name for name, revision in self.gone.items() if revision <= up_to])
        for name in due:
            del self.gone[name]
            self.refused.pop(name, None)
        return tuple(due)

    def _launch(self, chunks: list[Chunk], gone: tuple[str, ...], revision: int) -> Send:
        self.forced = False
        parts: tuple[bytes | memoryview, ...]
        if len(chunks) == 1 and not gone and chunks[0].nonce != self._last_nonce:
            nonce, parts = chunks[0].nonce, (chunks[0].message,)
        else:
            nonce = fresh_nonce()
            parts = (self.flavour.head(self.type, nonce), *[chunk.entries for chunk in chunks], removed(gone))
        self._last_nonce = nonce
        self.flight = Flight(nonce, tuple(chunks), gone, revision if self.since is None else self.since, revision)
        self.since = min(self.gone.values()) if self.gone else None
        if self.suspects:
            self._mark(self.flight.since)
        return Send(self.type, nonce, parts)

    # what the client says of it

    def landed(self, nonce: str) -> Flight | None:
        """The response with this nonce, from now on no longer on its way; None when it is not that nonce which is awaited."""
        flight = self.flight
        if flight is None or flight.nonce != nonce:
            return None
        self.flight = None
        return flight

    def accepted(self, flight: Flight) -> None:
        """The client took it all."""
        if self.refused:
            for name in self.refused.keys() & set(flight.names):
                del self.refused[name]

    def rejected(self, flight: Flight, message: str) -> tuple[str, ...]:
        """The client refused it. Returns the names that are to blame; none when that is yet to be found out.

        What is to blame is not sent again unchanged. The rest is tried again without it, and when the message names nobody the
        response is halved until the culprit is alone: one bad resource must not keep back the good ones that travelled with it.
        """
        resources = flight.resources
        blamed = blame(resources, message)
        if not blamed and len(resources) > 1:
            names = sorted(resources)
            self._suspect(flight, names[: len(names) // 2], names[len(names) // 2 :])
            return ()
        self.refused.update((name, resources[name].version) for name in blamed)
        rest = resources.keys() - set(blamed)
        if rest and not (self.type in _TAKES_THE_REST and message.startswith(_SENTENCE_OF_THE_REST)):
            self._suspect(flight, rest)
        return blamed or flight.removed

    def _suspect(self, flight: Flight, *groups: Iterable[str]) -> None:
        self.suspects[:0] = [frozenset(group) for group in groups]
        self._mark(flight.since)


def _sorts(names: Iterable[str]) -> tuple[frozenset[str], frozenset[str], bool]:
    """Names as a client writes them: plain ones, the prefixes of collections (`<prefix>*`), and whether the wildcard is among them."""
    plain = frozenset(names)
    special = [name for name in plain if name[-1:] == WILDCARD and (name == WILDCARD or name[-2:-1] == "/")]
    if not special:
        return plain, frozenset(), False
    return plain.difference(special), frozenset([name[:-1] for name in special if name != WILDCARD]), WILDCARD in plain


def blame(resources: Mapping[str, EnvoyResource], message: str) -> tuple[str, ...]:
    """Which of the resources a refusal names; the only one if there is only one."""
    if len(resources) == 1:
        return tuple(resources)
    return tuple(sorted([name for name in resources if name in message and _as_a_word(name).search(message)]))


def _as_a_word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.|/-]){re.escape(name)}(?![\w|/-]|\.\w)")


def _version(stack: Stack, name: str) -> str | None:
    found = resolved(stack, name)
    return None if found is None else found.version


def _names_apart(before: Stack, after: Stack) -> set[str]:
    """The names on which two stacks may differ: those on shelves that only one of them has, or on all if what is common changed places."""
    common = [shelf for shelf in before if shelf in after]
    in_order = common == [shelf for shelf in after if shelf in common]
    apart = [shelf for shelf in (*before, *after) if not in_order or shelf not in common]
    return {name for shelf in apart for name in (*shelf.names, *shelf.hidden)}
