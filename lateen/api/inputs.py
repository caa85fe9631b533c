"""The objects as inputs of the graph: one cell per object, one per list of names, one per key of each reverse index.

`write` is the one door through which objects enter. It keeps the lists and the indexes as it goes, at a cost of the change and not of the mesh, so
that a query can ask "who speaks of this host" without reading every object.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from lateen.api.indexes import keys
from lateen.api.resource import Resource
from lateen.flow import Batch, Graph, Key, query, source
from lateen.values.ref import Ref

Change = tuple[Ref, Resource[Any] | None]


@source
def resource(ref: Ref) -> Resource[Any] | None:
    """The object, or None."""
    return None


@source
def names(kind: str, namespace: str) -> tuple[str, ...]:
    """The names of the kind's objects in the namespace, sorted; namespace "" for cluster-scoped kinds."""
    return ()


@source
def namespaces(kind: str) -> tuple[str, ...]:
    """The namespaces that hold at least one object of the kind, sorted."""
    return ()


@source
def indexed(index: str, key: str) -> tuple[Ref, ...]:
    """The objects that a reverse index of `api.indexes` holds under the key, sorted."""
    return ()


@source
def domain() -> str:
    """The domain of cluster-local names."""
    return "cluster.local"


@query
def resources(g: Graph, kind: str, namespace: str) -> tuple[Resource[Any], ...]:
    """The kind's objects in the namespace, in the order in which they win (N-5): creation time, then name."""
    found = (resource(g, Ref(kind, namespace, name)) for name in names(g, kind, namespace))
    return tuple(sorted((each for each in found if each is not None), key=precedence))


def precedence(of: Resource[Any]) -> tuple[str, str, str]:
    """The order in which objects win over each other (N-5)."""
    return of.age_order


def write(g: Graph, batch: Batch, changes: Iterable[Change]) -> None:
    """Put objects (or None: it is gone) into the batch, with every list and index that they touch."""
    lists: dict[Key[Any], set[str]] = {}
    held: dict[tuple[str, str], set[Ref]] = {}

    def members(key: Key[Any]) -> set[str]:
        if key not in lists:
            lists[key] = set(batch.value(key))
        return lists[key]

    def holders(under: tuple[str, str]) -> set[Ref]:
        if under not in held:
            present: tuple[Ref, ...] = batch.value(indexed.key(*under))
            held[under] = set(present)
        return held[under]

    zone = domain(g)
    for ref, after in dict(changes).items():
        before = batch.value(resource.key(ref))
        batch.set(resource.key(ref), after)
        if (before is None) != (after is None):
            _move(members(names.key(ref.kind, ref.namespace)), ref.name, present=after is not None)
        old, new = _keys(before, zone), _keys(after, zone)
        for under in old - new:
            holders(under).discard(ref)
        for under in new - old:
            holders(under).add(ref)
    for key, group in list(lists.items()):
        kind, namespace = key.args
        _move(members(namespaces.key(kind)), namespace, present=bool(group))
    for key, group in lists.items():
        batch.set(key, tuple(sorted(group)))
    for under, refs in held.items():
        batch.set(indexed.key(*under), tuple(sorted(refs)))


def _move(members: set[Any], member: Any, *, present: bool) -> None:
    (members.add if present else members.discard)(member)


def _keys(of: Resource[Any] | None, zone: str) -> frozenset[tuple[str, str]]:
    return frozenset(keys(of, zone)) if of is not None else frozenset()


def everything(g: Graph, kinds: Iterable[str]) -> Iterator[Resource[Any]]:
    """All objects of the kinds, in no promised order; for whole-mesh reports, never for a query that runs per proxy."""
    for kind in kinds:
        for namespace in namespaces(g, kind):
            for name in names(g, kind, namespace):
                found = resource(g, Ref(kind, namespace, name))
                if found is not None:
                    yield found
