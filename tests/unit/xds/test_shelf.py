from __future__ import annotations

from lateen.values.envoy_resource import EnvoyResource, envoy_resource
from lateen.xds.shelf import HIDDEN, Shelf, published, resolved, versions, visible
from lateen.xds.wire import DELTA


def resource(name: str, content: str = "1") -> EnvoyResource:
    return envoy_resource("T", name, content.encode())


def test_applying_tells_only_what_really_changed() -> None:
    shelf = Shelf("T")
    assert shelf.apply({"a": resource("a"), "b": resource("b"), "c": None}) == {"a", "b"}
    assert shelf.apply({"a": resource("a"), "b": resource("b", "2"), "c": HIDDEN}) == {"b", "c"}
    assert shelf.apply({"a": None, "c": HIDDEN}) == {"a"}
    assert set(shelf.names) == {"b"}
    assert shelf.hidden == {"c"}


def test_the_size_follows_the_content() -> None:
    shelf = Shelf("T")
    shelf.apply({"a": resource("a", "x" * 100), "b": resource("b")})
    shelf.apply({"a": resource("a"), "b": HIDDEN})
    assert shelf.size == len(resource("a").entry)


def test_streams_that_need_the_same_names_get_the_same_bytes() -> None:
    shelf = Shelf("T")
    shelf.apply({"a": resource("a"), "b": resource("b")})
    assert shelf.chunk(DELTA, frozenset("a")) is shelf.chunk(DELTA, frozenset("a"))
    assert shelf.chunk(DELTA) is shelf.chunk(DELTA)


def test_no_bytes_survive_a_change() -> None:
    shelf = Shelf("T")
    shelf.apply({"a": resource("a")})
    before = shelf.chunk(DELTA)
    shelf.apply({"a": resource("a", "2")})
    assert shelf.chunk(DELTA).contents.resources == {"a": resource("a", "2")}
    assert before.contents.resources == {"a": resource("a")}


def test_bytes_that_nobody_used_between_two_sweeps_are_let_go() -> None:
    shelf = Shelf("T")
    shelf.apply({"a": resource("a")})
    first = shelf.chunk(DELTA)
    shelf.sweep()
    assert shelf.chunk(DELTA) is first
    shelf.sweep()
    shelf.sweep()
    assert shelf.chunk(DELTA) is not first


def test_only_so_many_bytes_are_kept() -> None:
    shelf = Shelf("T")
    shelf.apply({str(number): resource(str(number), "x" * (3 << 20)) for number in range(4)})
    first = shelf.chunk(DELTA, frozenset("0"))
    for number in range(1, 4):
        shelf.chunk(DELTA, frozenset(str(number)))
    assert shelf.chunk(DELTA, frozenset("0")) is not first


def test_versions_follow_the_content() -> None:
    shelf = Shelf("T")
    shelf.apply({"a": resource("a")})
    assert versions((shelf,)) == {"a": resource("a").version}
    shelf.apply({"a": resource("a", "2"), "b": resource("b")})
    assert versions((shelf,)) == {"a": resource("a", "2").version, "b": resource("b").version}


def test_a_published_revision_names_the_shelves_that_changed() -> None:
    one, other = Shelf("T"), Shelf("U")
    one.apply({"a": resource("a")})
    publication = published(7, {one: {"a": resource("a")}, other: {"b": resource("b")}})
    assert publication.revision == 7
    assert publication.changes == {"U": {other: frozenset({"b"})}}
    assert publication.shelves == [other]


def test_the_first_shelf_that_says_something_of_a_name_decides() -> None:
    own, public = Shelf("T"), Shelf("T")
    own.apply({"a": resource("a", "own"), "b": HIDDEN})
    public.apply({"a": resource("a"), "b": resource("b"), "c": resource("c")})
    assert resolved((own, public), "a") == resource("a", "own")
    assert resolved((own, public), "b") is None
    assert resolved((own, public), "c") == resource("c")
    assert resolved((own, public), "d") is None
    assert versions((own, public)) == {"a": resource("a", "own").version, "c": resource("c").version}


def test_a_stack_is_taken_shelf_by_shelf_and_whole_where_nothing_is_hidden() -> None:
    own, public = Shelf("T"), Shelf("T")
    own.apply({"in": resource("in")})
    public.apply({"a": resource("a"), "b": resource("b")})
    assert visible((own, public)) == [(own, None), (public, None)]
    own.apply({"a": HIDDEN})
    assert visible((own, public)) == [(own, None), (public, frozenset("b"))]
    assert visible((own, public), ["a", "b", "in"]) == [(own, None), (public, frozenset("b"))]
    assert visible((own, public), ["a"]) == []


def test_members_of_a_collection_are_found_by_its_prefix() -> None:
    shelf = Shelf("T")
    shelf.apply({"80/a": resource("80/a"), "80/b": resource("80/b"), "81/a": resource("81/a"), "80/b/c": resource("80/b/c")})
    assert shelf.under("80/") == {"80/a", "80/b"}
    shelf.apply({"80/a": None, "80/d": resource("80/d")})
    assert shelf.under("80/") == {"80/b", "80/d"}
    assert shelf.under("82/") == frozenset()
