"""The keeper: holds the shelves of `xds` to what the graph says, watching exactly what some connected proxy sees.

For each View in use it watches the View's stacks; for each listing in a stack its chunks; for each chunk its names; for each name its leaf. What
comes out of a pull is therefore either an edit of a shelf or a change of what is watched, and both cost what changed. A shelf lives as long as
a stack holds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from lateen.assembly.kinds import Chunk, Entries, Leaf, Listing, Stacks
from lateen.assembly.stacks import stacks
from lateen.flow import Change, Graph, Key
from lateen.ir.view import View
from lateen.values.envoy_resource import EnvoyResource
from lateen.xds.shelf import HIDDEN, Edit, Publication, Shelf, Stack, published


class _LiveShelf:
    """A shelf with what it is made of: chunks with their entries."""

    __slots__ = ("chunks", "holders", "listing", "shelf")

    def __init__(self, listing: Listing, type_url: str) -> None:
        self.listing = listing
        self.shelf = Shelf(type_url, listing.node.name)
        self.chunks: dict[Chunk, dict[str, Leaf | None]] = {}
        self.holders = 0


class _LiveView:
    """A View in use, the listings of its stacks, whether a stream has been told of them, and how many streams use it."""

    __slots__ = ("is_told", "stacks", "users")

    def __init__(self) -> None:
        self.stacks: dict[str, tuple[Listing, ...]] = {}
        self.is_told = False
        self.users = 0


Outcome = tuple[Publication, dict[View, dict[str, Stack]]]


class Keeper:
    """`hold` a View to have its shelves kept, `release` it when its last stream is gone, and drain `changes` after each batch."""

    def __init__(self, g: Graph) -> None:
        self._g = g
        self._views: dict[View, _LiveView] = {}
        self._shelves: dict[Listing, _LiveShelf] = {}
        self._leaves: dict[Leaf, dict[tuple[Listing, str], None]] = {}
        self._view_of: dict[Key[Stacks], View] = {}
        self._owners: dict[Chunk, dict[Listing, None]] = {}
        self._edits: dict[Shelf, dict[str, Edit]] = {}
        self._rescoped: dict[View, set[str]] = {}
        self._dropped: list[_LiveShelf] = []
        self.failures: dict[Key[Any], Exception] = {}

    def hold(self, view: View) -> None:
        """One stream more uses the View. Its shelves are filled by the next `changes`."""
        live = self._views.get(view)
        if live is None:
            live = self._views[view] = _LiveView()
            self._view_of[stacks.key(view)] = view
            self._g.watch(stacks.key(view))
        live.users += 1

    def release(self, view: View) -> None:
        """One stream less."""
        live = self._views[view]
        live.users -= 1
        if not live.users:
            del self._views[view]
            del self._view_of[stacks.key(view)]
            self._unwatch(stacks.key(view))
            for listings in live.stacks.values():
                for listing in listings:
                    self._let_go(listing)
            self._bury()

    def stacks_of(self, view: View) -> dict[str, Stack]:
        """The shelves that the View sees at present, by type; complete once `changes` has been drained."""
        live = self._views[view]
        live.is_told = True
        return {type_url: self._stack(listings) for type_url, listings in live.stacks.items()}

    def _stack(self, listings: tuple[Listing, ...]) -> Stack:
        return tuple(self._shelves[listing].shelf for listing in listings)

    def changes(self) -> Iterator[None]:
        """Pull what is stale; yields after each leaf so that the caller may let others run. Then `outcome` has the result."""
        for change in self._g.pull():
            self._take(change)
            yield

    def outcome(self) -> Outcome:
        """Apply what the pull brought to the shelves: what changed on them, and the Views that see other shelves now."""
        publication = published(self._g.revision, self._edits)
        self._edits = {}
        moved = {
            view: {type_url: self._stack(self._views[view].stacks.get(type_url, ())) for type_url in types}
            for view, types in self._rescoped.items()
            if view in self._views
        }
        self._rescoped = {}
        self._bury()
        return publication, moved

    def _take(self, change: Change[Any]) -> None:
        key, value = change.key, cast(Any, change.value)
        if change.error is not None:
            self.failures[key] = change.error
            return
        self.failures.pop(key, None)
        if (view := self._view_of.get(key)) is not None:
            self._take_stacks(view, value)
        elif (live := self._shelves.get(key)) is not None:
            self._take_listing(live, value)
        for owner in self._owners.get(key, ()):
            self._take_entries(self._shelves[owner], key, value)
        for listing, name in self._leaves.get(key, ()):
            self._edit(self._shelves[listing], name, value)

    def _take_stacks(self, view: View, value: Stacks) -> None:
        live = self._views[view]
        before, live.stacks = live.stacks, dict(value)
        for type_url, listings in live.stacks.items():
            for listing in listings:
                self._hold(listing, type_url)
        for listings in before.values():
            for listing in listings:
                self._let_go(listing)
        if live.is_told:
            changed = {type_url for type_url in before.keys() | live.stacks.keys() if before.get(type_url) != live.stacks.get(type_url)}
            self._rescoped.setdefault(view, set()).update(changed)

    def _hold(self, listing: Listing, type_url: str) -> None:
        live = self._shelves.get(listing)
        if live is None:
            live = self._shelves[listing] = _LiveShelf(listing, type_url)
            self._g.watch(listing)
        live.holders += 1

    def _let_go(self, listing: Listing) -> None:
        live = self._shelves[listing]
        live.holders -= 1
        if not live.holders:
            self._dropped.append(live)

    def _bury(self) -> None:
        """Stop watching what the shelves that nobody holds any more were made of."""
        for live in self._dropped:
            if live.holders or self._shelves.get(live.listing) is not live:
                continue
            for chunk in list(live.chunks):
                self._drop_chunk(live, chunk)
            self._unwatch(live.listing)
            del self._shelves[live.listing]
            self._edits.pop(live.shelf, None)
        self._dropped = []

    def _take_listing(self, live: _LiveShelf, value: tuple[Chunk, ...]) -> None:
        for chunk in value:
            if chunk not in live.chunks:
                live.chunks[chunk] = {}
                self._own(live, chunk)
        for chunk in live.chunks.keys() - set(value):
            gone = live.chunks[chunk]
            self._drop_chunk(live, chunk)
            for name in gone:
                self._take_away(live, name)

    def _own(self, live: _LiveShelf, chunk: Chunk) -> None:
        """The shelf is made of the chunk, too. What one shelf has been told of a chunk the next need not wait for."""
        owners = self._owners.get(chunk)
        if owners is None:
            self._owners[chunk] = {live.listing: None}
            self._g.watch(chunk)
            return
        owners[live.listing] = None
        known = self._g.reported(chunk)
        if known is not None and known.value is not None:
            self._take_entries(live, chunk, known.value)

    def _drop_chunk(self, live: _LiveShelf, chunk: Chunk) -> None:
        for name, leaf in live.chunks.pop(chunk).items():
            self._forget_leaf(live, name, leaf)
        del self._owners[chunk][live.listing]
        if not self._owners[chunk]:
            del self._owners[chunk]
            self._unwatch(chunk)

    def _take_entries(self, live: _LiveShelf, chunk: Chunk, value: Entries) -> None:
        before, after = live.chunks[chunk], dict(value)
        live.chunks[chunk] = after
        for name, leaf in after.items():
            if name in before and before[name] == leaf:
                continue
            if name in before:
                self._forget_leaf(live, name, before[name])
            self._add_leaf(live, name, leaf)
        for name in before.keys() - after.keys():
            self._forget_leaf(live, name, before[name])
            self._take_away(live, name)

    def _unwatch(self, key: Key[Any]) -> None:
        """Nobody is told of the cell any more, nor of its failure."""
        self._g.unwatch(key)
        self.failures.pop(key, None)

    def _take_away(self, live: _LiveShelf, name: str) -> None:
        """A name that one chunk gave up is gone, unless another chunk of the shelf took it over, whose leaf says what it is now."""
        if not any(name in entries for entries in live.chunks.values()):
            self._edit(live, name, None)

    def _add_leaf(self, live: _LiveShelf, name: str, leaf: Leaf | None) -> None:
        if leaf is None:
            self._edit(live, name, HIDDEN)
            return
        holders = self._leaves.get(leaf)
        if holders is None:
            self._leaves[leaf] = {(live.listing, name): None}
            self._g.watch(leaf)
            return
        holders[live.listing, name] = None
        known = self._g.reported(leaf)
        if known is not None:
            self._edit(live, name, known.value)

    def _forget_leaf(self, live: _LiveShelf, name: str, leaf: Leaf | None) -> None:
        if leaf is None:
            return
        holders = self._leaves[leaf]
        del holders[live.listing, name]
        if not holders:
            del self._leaves[leaf]
            self._unwatch(leaf)

    def _edit(self, live: _LiveShelf, name: str, edit: Edit | EnvoyResource) -> None:
        self._edits.setdefault(live.shelf, {})[name] = edit
