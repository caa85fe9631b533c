"""What cells are made of: `Query` (computed) and `Source` (written), both called as plain functions of the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, Generic, NamedTuple, ParamSpec, TypeVar

if TYPE_CHECKING:
    from lateen.flow.graph import Graph

P = ParamSpec("P")
T = TypeVar("T")


def _name(function: Callable[..., Any]) -> str:
    """The module and the function: `clusters.cluster`."""
    return f"{function.__module__.rpartition('.')[2]}.{function.__name__}"


class Node(Generic[T]):
    """The part that queries and sources share: a name, and identity as the first half of every cell's key."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


def _value(node: Node[T], g: Graph, *args: Any) -> T:
    """What calling a query or a source does. This is `Graph.read` once more for a cell that is there and clean, since most of all reads are such, and
    a call saved is a good part of their cost.
    """
    cell = g.cells[node].get(args)
    if cell is None:
        return g.read(node, args)  # type: ignore[no-any-return]
    if g.reading is None:
        cell.touched = g.revision
    else:
        g.reading[cell] = None
    if cell.state or cell.error is not None:
        return g.read(node, args)  # type: ignore[no-any-return]
    return cell.value  # type: ignore[no-any-return]


class Key(NamedTuple, Generic[T]):
    """Which cell: a query or source, with its arguments."""

    node: Node[T]
    args: tuple[Any, ...]

    def __str__(self) -> str:
        return f"{self.node.name}({', '.join(str(arg) for arg in self.args)})"


class Query(Node[T], Generic[P, T]):
    """A memoised pure function. Calling it inside another query records the dependency."""

    __slots__ = ("compute",)

    def __init__(self, compute: Callable[Concatenate[Graph, P], T]) -> None:
        super().__init__(_name(compute))
        self.compute = compute

    if TYPE_CHECKING:

        def __call__(self, g: Graph, *args: P.args, **kwargs: P.kwargs) -> T: ...

    else:
        __call__ = _value

    def key(self, *args: P.args, **kwargs: P.kwargs) -> Key[T]:
        """The cell of these arguments, to watch or to trace."""
        return Key(self, args)


class Source(Node[T], Generic[P, T]):
    """An input. Read as a function, written through a batch; what was never written is what the declared function returns."""

    __slots__ = ("default",)

    def __init__(self, default: Callable[P, T]) -> None:
        super().__init__(_name(default))
        self.default = default

    if TYPE_CHECKING:

        def __call__(self, g: Graph, *args: P.args, **kwargs: P.kwargs) -> T: ...

    else:
        __call__ = _value

    def key(self, *args: P.args, **kwargs: P.kwargs) -> Key[T]:
        """The cell of these arguments, to write, watch or trace."""
        return Key(self, args)


def query(compute: Callable[Concatenate[Graph, P], T]) -> Query[P, T]:
    """Make a module-level pure function `(g, *hashable arguments)` a memoised query. Arguments are positional only."""
    return Query(compute)


def source(default: Callable[P, T]) -> Source[P, T]:
    """Declare an input: the arguments are its key, the function's constant result is what it is before anybody writes it.

    @source
    def price(item: str) -> int:
        return 0
    """
    return Source(default)
