"""Shelves: what streams can see, kept once for all of them.

A `Shelf` maps names of one type to resources. What one stream sees of a type is a **stack** of shelves: a name in an earlier shelf hides
the same name in later ones. Five hundred sidecars share the shelf of the mesh's clusters, and each puts its own small one before it.
A shelf changes only by `apply`, and whoever applies publishes at once what changed (`Publication`), with no pause in between: a stream
is always at the present content of its shelves, but for the names that are still on their way to it.

The bytes of a response are kept here too (`Chunk`), so that streams which need the same names share them; `sweep` lets go of those that
nobody used for a while.
"""

from __future__ import annotations

from collections.abc import Iterable, KeysView, Mapping
from enum import Enum
from functools import cached_property
from typing import Final, TypeAlias

import msgspec

from lateen.values.envoy_resource import EnvoyResource
from lateen.xds.wire import Flavour, fresh_nonce

_MOST: Final = 8
_CHUNKS_KEPT: Final = 64
_BYTES_KEPT: Final = 8 << 20


class Mark(Enum):
    """What a shelf may hold in place of a resource: `HIDDEN` hides the name in later shelves of a stack."""

    HIDDEN = "hidden"


HIDDEN: Final = Mark.HIDDEN

Edit: TypeAlias = EnvoyResource | Mark | None


class Contents:
    """What is in a chunk: the resources, and all the names that follow them. Outlives the bytes while a response is on its way."""

    def __init__(self, resources: Mapping[str, EnvoyResource]) -> None:
        self.resources = resources

    @cached_property
    def follows(self) -> frozenset[str]:
        """All the names that follow the resources."""
        return frozenset([name for resource in self.resources.values() for name in resource.follows])


class Chunk:
    """Resources of one shelf, as a whole response (`message`) and as the part of one (`entries`). Shared by streams; never changes."""

    __slots__ = ("_start", "contents", "message", "nonce", "used")

    def __init__(self, flavour: Flavour, type_url: str, resources: Mapping[str, EnvoyResource]) -> None:
        self.nonce = fresh_nonce()
        head = flavour.head(type_url, self.nonce)
        self.message = b"".join([head, *map(flavour.entry, resources.values())])
        self.contents = Contents(resources)
        self.used = True
        self._start = len(head)

    @property
    def entries(self) -> memoryview:
        """The resources without type and nonce, not copied."""
        return memoryview(self.message)[self._start :]


class Shelf:
    """Resources of one type by name. `label` is for people who debug."""

    __slots__ = ("_chunks", "_collections", "_hidden", "_kept", "_resources", "_shared", "_versions", "label", "size", "type")

    def __init__(self, type_url: str, label: str = "") -> None:
        self.type = type_url
        self.label = label
        self.size = 0  # bytes of all entries
        self._resources: dict[str, EnvoyResource] = {}
        self._hidden: set[str] = set()
        self._chunks: dict[tuple[int, frozenset[str] | None], Chunk] = {}
        self._kept = 0
        self._collections: dict[str, set[str]] | None = None
        self._versions: dict[str, str] | None = None
        self._shared: dict[frozenset[str], frozenset[str]] = {}

    def apply(self, edits: Mapping[str, Edit]) -> frozenset[str]:
        """Put, replace (`EnvoyResource`), hide (`HIDDEN`) or take away (`None`) names. Returns those whose content really changed."""
        changed = frozenset([name for name, edit in edits.items() if self._put(name, edit)])
        if changed:
            self._chunks.clear()
            self._kept = 0
            self._versions = None
        return changed

    def _put(self, name: str, edit: Edit) -> bool:
        before = self.at(name)
        if before is edit or (isinstance(before, EnvoyResource) and isinstance(edit, EnvoyResource) and before.version == edit.version):
            return False
        if isinstance(before, EnvoyResource):
            del self._resources[name]
            self.size -= len(before.entry)
            self._collect(name, gone=True)
        self._hidden.discard(name)
        if isinstance(edit, EnvoyResource):
            self._resources[name] = edit
            self.size += len(edit.entry)
            self._collect(name)
        elif edit is HIDDEN:
            self._hidden.add(name)
        return True

    def at(self, name: str) -> Edit:
        """What the shelf says of a name; None when it says nothing."""
        found = self._resources.get(name)
        if found is None and name in self._hidden:
            return HIDDEN
        return found

    def __len__(self) -> int:
        return len(self._resources)

    @property
    def names(self) -> KeysView[str]:
        """The names of the resources; a live view."""
        return self._resources.keys()

    @property
    def hidden(self) -> set[str]:
        """The names that it hides. Not to be changed."""
        return self._hidden

    @property
    def versions(self) -> Mapping[str, str]:
        """Name to version, of all resources."""
        if self._versions is None:
            self._versions = {name: resource.version for name, resource in self._resources.items()}
        return self._versions

    def under(self, prefix: str) -> frozenset[str] | set[str]:
        """The names that consist of `prefix` (which ends in `/`) and one more segment. Costs what it yields, after the first call."""
        if self._collections is None:
            self._collections = {}
            for name in self._resources:
                self._collections.setdefault(collection(name), set()).add(name)
        return self._collections.get(prefix, frozenset())

    def _collect(self, name: str, *, gone: bool = False) -> None:
        if self._collections is None:
            return
        members = self._collections.setdefault(collection(name), set())
        if gone:
            members.discard(name)
            if not members:
                del self._collections[collection(name)]
        else:
            members.add(name)

    def chunk(self, flavour: Flavour, names: frozenset[str] | None = None) -> Chunk:
        """The bytes of these names, all of which must be on the shelf, or of all (None)."""
        key = (id(flavour), names)
        found = self._chunks.get(key)
        if found is None:
            found = Chunk(flavour, self.type, self._chosen(names))
            self._keep(key, found)
        found.used = True
        return found

    def _chosen(self, names: frozenset[str] | None) -> dict[str, EnvoyResource]:
        """The resources of these names, in an order that is the same for all who ask. To sort thousands would take longer than to pass them over."""
        if names is None:
            return dict(self._resources)
        if len(names) < len(self._resources) // _MOST:
            return {name: self._resources[name] for name in sorted(names)}
        return {name: resource for name, resource in self._resources.items() if name in names}

    def _keep(self, key: tuple[int, frozenset[str] | None], chunk: Chunk) -> None:
        while self._chunks and (len(self._chunks) >= _CHUNKS_KEPT or self._kept + len(chunk.message) > _BYTES_KEPT):
            oldest = next(iter(self._chunks))
            self._kept -= len(self._chunks.pop(oldest).message)
        self._chunks[key] = chunk
        self._kept += len(chunk.message)

    def shared(self, names: frozenset[str]) -> frozenset[str]:
        """An equal set of names, the same for all streams that ask: five hundred need not each keep a thousand strings."""
        if len(self._shared) >= _CHUNKS_KEPT and names not in self._shared:
            self._shared.clear()
        return self._shared.setdefault(names, names)

    def release(self) -> None:
        """Let go of all bytes: no stream looks at the shelf any more."""
        self._chunks.clear()
        self._shared.clear()
        self._kept = 0

    def sweep(self) -> None:
        """Let go of the bytes that no stream has used since the last sweep."""
        self._shared.clear()
        for key, chunk in list(self._chunks.items()):
            if chunk.used:
                chunk.used = False
            else:
                del self._chunks[key]
                self._kept -= len(chunk.message)


Stack: TypeAlias = tuple[Shelf, ...]


class Publication(msgspec.Struct, frozen=True):
    """What one revision of the mesh changed: the names per shelf, by type. Applied to the shelves already; make it with `published`."""

    revision: int
    changes: Mapping[str, Mapping[Shelf, frozenset[str]]]

    @property
    def shelves(self) -> list[Shelf]:
        """The shelves that changed."""
        return [shelf for shelves in self.changes.values() for shelf in shelves]


def published(revision: int, edits: Mapping[Shelf, Mapping[str, Edit]]) -> Publication:
    """Apply the edits of one revision to their shelves, and say what really changed. Hand the result to every stream before pausing."""
    changes: dict[str, dict[Shelf, frozenset[str]]] = {}
    for shelf, edit in edits.items():
        if names := shelf.apply(edit):
            changes.setdefault(shelf.type, {})[shelf] = names
    return Publication(revision, changes)


def collection(name: str) -> str:
    """What comes before the last segment of a name, with the slash: the collection or the route configuration that it belongs to."""
    return name[: name.rfind("/") + 1]


def resolved(stack: Stack, name: str) -> EnvoyResource | None:
    """The resource that a stream with this stack sees under a name."""
    for shelf in stack:
        found = shelf.at(name)
        if found is not None:
            return None if found is HIDDEN else found
    return None


def visible(stack: Stack, wanted: Iterable[str] | None = None) -> list[tuple[Shelf, frozenset[str] | None]]:
    """Which shelf answers for which of the wanted names (None: for all): pairs of a shelf and names, None where it is the whole shelf.

    Set operations only: the cost per name is that of a hash lookup.
    """
    found: list[tuple[Shelf, frozenset[str] | None]] = []
    above: set[str] = set()
    names = None if wanted is None else frozenset(wanted)
    for place, shelf in enumerate(stack):
        own = _own(shelf, names, above)
        if own is None or own:
            found.append((shelf, own))
        if place + 1 < len(stack):
            above.update(shelf.names if names is None else names & shelf.names, shelf.hidden)
    return found


def _own(shelf: Shelf, names: frozenset[str] | None, above: set[str]) -> frozenset[str] | None:
    if names is None:
        if shelf.names.isdisjoint(above):
            return None if len(shelf) else frozenset()
        return frozenset(shelf.names - above)
    own = frozenset(names & shelf.names)
    if above:
        own -= above
    return None if own and len(own) == len(shelf) else own


def versions(stack: Stack) -> Mapping[str, str]:
    """Name to version of all that a stream with this stack sees."""
    if len(stack) == 1:
        return stack[0].versions
    seen: dict[str, str] = {}
    for shelf in reversed(stack):
        seen.update(shelf.versions)
        for name in shelf.hidden:
            seen.pop(name, None)
    return seen
