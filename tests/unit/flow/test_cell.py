"""Who reads a cell: nobody, one, or several."""

from __future__ import annotations

from lateen.flow import query
from lateen.flow.cell import CLEAN, Cell, add_reader, drop_reader, readers_of
from lateen.flow.graph import Graph


@query
def nothing(g: Graph) -> None:
    return None


def cell() -> Cell:
    return Cell(nothing, (), None, CLEAN, 0)


def test_readers_come_and_go() -> None:
    read, first, second = cell(), cell(), cell()
    assert list(readers_of(read)) == []
    add_reader(read, first)
    add_reader(read, first)
    assert list(readers_of(read)) == [first]
    add_reader(read, second)
    assert set(readers_of(read)) == {first, second}
    drop_reader(read, first)
    assert list(readers_of(read)) == [second]
    drop_reader(read, second)
    assert list(readers_of(read)) == []
    assert read.readers is None


def test_who_never_read_it_can_be_dropped() -> None:
    read, reader, stranger = cell(), cell(), cell()
    add_reader(read, reader)
    drop_reader(read, stranger)
    assert list(readers_of(read)) == [reader]


def test_any_number_of_readers_come_and_go() -> None:
    read, many = cell(), [cell() for _ in range(40)]
    for count, reader in enumerate(many):
        add_reader(read, reader)
        add_reader(read, reader)
        assert set(readers_of(read)) == set(many[: count + 1])
    for count, reader in enumerate(many):
        drop_reader(read, reader)
        assert set(readers_of(read)) == set(many[count + 1 :])
    assert read.readers is None
