"""The engine: what runs after a write, and what a watcher hears."""

from __future__ import annotations

import pytest

from lateen.flow import Change, CycleError, Graph, QueryFailed, query, source


@source
def price(item: str) -> int:
    return 0


@source
def items(owner: str) -> tuple[str, ...]:
    return ()


@query
def total(g: Graph, owner: str) -> int:
    return sum(price(g, item) for item in items(g, owner))


@query
def is_rich(g: Graph, owner: str) -> bool:
    return total(g, owner) > 100


@query
def verdict(g: Graph, owner: str) -> str:
    return f"{owner} is {'rich' if is_rich(g, owner) else 'poor'}"


@query
def share(g: Graph, owner: str) -> float:
    return 100 / total(g, owner)


@query
def left(g: Graph, n: int) -> int:
    return right(g, n) + 1 if price(g, "circle") else 0


@query
def right(g: Graph, n: int) -> int:
    return left(g, n) + 1


def world(**prices: int) -> Graph:
    g = Graph()
    with g.batch() as batch:
        batch.set(items.key("ann"), tuple(prices))
        for item, value in prices.items():
            batch.set(price.key(item), value)
    return g


def write(g: Graph, item: str, value: int) -> None:
    with g.batch() as batch:
        batch.set(price.key(item), value)


def test_a_query_runs_once_for_equal_arguments() -> None:
    g = world(boat=70, car=50)
    assert [total(g, "ann"), total(g, "ann")] == [120, 120]
    assert g.ran["test_graph.total"] == 1


def test_an_equal_result_stops_the_wave() -> None:
    g = world(boat=70, car=50)
    assert verdict(g, "ann") == "ann is rich"
    g.ran.clear()
    write(g, "car", 60)
    assert verdict(g, "ann") == "ann is rich"
    assert g.ran == {"test_graph.total": 1, "test_graph.is_rich": 1}


def test_a_write_of_the_same_value_is_no_revision() -> None:
    g = world(boat=70)
    revision = g.revision
    write(g, "boat", 70)
    assert g.revision == revision


def test_a_batch_is_one_revision_and_a_failing_one_is_none() -> None:
    g = world(boat=70, car=50)
    assert g.revision == 1
    with pytest.raises(ZeroDivisionError), g.batch() as batch:
        batch.set(price.key("boat"), 1 // 0)
    assert (g.revision, total(g, "ann")) == (1, 120)


def test_an_input_that_nobody_has_read_is_no_cell() -> None:
    g = world(boat=70, car=50)
    assert len(g) == 0
    assert total(g, "ann") == 120
    assert len(g) == 4


def test_a_batch_tells_what_an_input_will_be() -> None:
    g = world(boat=70)
    with g.batch() as batch:
        assert (batch.value(price.key("boat")), batch.value(price.key("car"))) == (70, 0)
        batch.set(price.key("boat"), 80)
        assert batch.value(price.key("boat")) == 80
        assert price(g, "boat") == 70
    assert price(g, "boat") == 80


def test_a_computed_cell_cannot_be_written() -> None:
    with pytest.raises(TypeError, match="is computed"), Graph().batch() as batch:
        batch.set(total.key("ann"), 3)


def test_a_watched_leaf_tells_its_first_value_and_then_only_changes() -> None:
    g = world(boat=70, car=50)
    g.watch(is_rich.key("ann"))
    assert list(g.pull()) == [Change(is_rich.key("ann"), True, None)]
    write(g, "car", 60)
    assert list(g.pull()) == []
    write(g, "car", 10)
    assert list(g.pull()) == [Change(is_rich.key("ann"), False, None)]


def test_a_change_read_before_the_pull_is_still_told() -> None:
    g = world(boat=70)
    g.watch(total.key("ann"))
    list(g.pull())
    write(g, "boat", 80)
    assert total(g, "ann") == 80
    assert [change.value for change in g.pull()] == [80]


def test_a_watched_source_is_told_too() -> None:
    g = world(boat=70)
    g.watch(price.key("boat"))
    list(g.pull())
    write(g, "boat", 1)
    assert [change.value for change in g.pull()] == [1]


def test_no_batch_is_committed_in_the_middle_of_a_pull() -> None:
    g = world(boat=70)
    g.watch(total.key("ann"))
    for _ in g.pull():
        with pytest.raises(RuntimeError, match="still being pulled"):
            write(g, "boat", 1)


def test_an_error_stays_with_its_leaf_and_the_last_good_value_is_kept() -> None:
    g = world(boat=50)
    g.watch(share.key("ann"))
    g.watch(total.key("ann"))
    assert [change.value for change in g.pull()] == [2.0, 50]
    write(g, "boat", 0)
    good, failed = sorted(g.pull(), key=lambda change: change.error is not None)
    assert (failed.key, failed.value, good.value) == (share.key("ann"), 2.0, 0)
    assert isinstance(failed.error, QueryFailed)
    assert isinstance(failed.error.__cause__, ZeroDivisionError)
    write(g, "boat", 100)
    assert {change.value for change in g.pull()} == {1.0, 100}


def test_a_circle_is_reported_with_its_keys_and_heals() -> None:
    g = world(circle=1)
    with pytest.raises(CycleError, match=r"left\(1\) -> test_graph.right\(1\) -> test_graph.left\(1\)"):
        left(g, 1)
    write(g, "circle", 0)
    assert right(g, 1) == 1


def test_an_input_no_longer_read_moves_nothing() -> None:
    g = world(boat=70, car=50)
    total(g, "ann")
    with g.batch() as batch:
        batch.set(items.key("ann"), ("boat",))
    assert total(g, "ann") == 70
    g.ran.clear()
    write(g, "car", 9)
    assert total(g, "ann") == 70
    assert not g.ran


def test_what_nobody_watches_or_reads_is_swept_and_comes_back_when_asked() -> None:
    g = world(boat=70, car=50)
    g.watch(total.key("ann"))
    list(g.pull())
    verdict(g, "ann")
    kept = len(g)
    write(g, "boat", 71)
    write(g, "boat", 72)
    list(g.pull())
    assert g.sweep(idle=1) == 2
    assert len(g) == kept - 2
    g.unwatch(total.key("ann"))
    write(g, "car", 51)
    write(g, "car", 52)
    g.sweep(idle=1)
    assert g.find(total.key("ann")) is None
    assert verdict(g, "ann") == "ann is rich"


def test_one_changed_read_of_a_large_index_is_verified_alone() -> None:
    g = world(**{f"item{n}": n for n in range(1000)})
    verdict(g, "ann")
    g.ran.clear()
    write(g, "item7", 8)
    verdict(g, "ann")
    assert g.ran == {"test_graph.total": 1, "test_graph.is_rich": 1}


def test_an_input_keeps_its_value_when_its_cell_is_forgotten() -> None:
    g = world(boat=70)
    assert total(g, "ann") == 70
    g.sweep(0)
    assert len(g) == 0
    assert total(g, "ann") == 70
