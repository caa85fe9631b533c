from typing import Any

import pytest

from lateen.api.text import Nodes, Places, json_values, values
from lateen.values.finding import Position


def value(text: str) -> Any:
    [(found, mistakes)] = values(text)
    assert mistakes == []
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on", "on"),
        ("yes", "yes"),
        ("NO", "NO"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ('"true"', "true"),
        ("2024-05-01", "2024-05-01"),
        ("2024-05-01T12:00:00Z", "2024-05-01T12:00:00Z"),
        ("12:30:45", "12:30:45"),
        ("80", 80),
        ("-1", -1),
        ("0644", 420),
        ("0o644", 420),
        ("0x1F", 31),
        ("08", 8.0),
        ("18446744073709551615", 18446744073709551615),
        ("18446744073709551616", 18446744073709551616.0),
        ("9" * 301, "9" * 301),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("1.2.3", "1.2.3"),
        ("10.0.0.1", "10.0.0.1"),
        ("5s", "5s"),
        ("-", [None]),
        ("~", None),
        ("!!str 80", "80"),
        ("'80'", "80"),
        ("-a", "-a"),
    ],
)
def test_a_plain_word_means_what_kubernetes_means(text: str, expected: object) -> None:
    found = value(text)
    assert (found, type(found)) == (expected, type(expected))


def test_keys_are_text_whatever_they_look_like() -> None:
    assert value("80: a\non: b\ntrue: c") == {"80": "a", "on": "b", "true": "c"}


def test_anchors_and_merge_keys_work() -> None:
    assert value("a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}\ne: *x") == {"a": {"b": 1, "c": 2}, "d": {"b": 1, "c": 3}, "e": {"b": 1, "c": 2}}


def test_the_first_of_several_merged_mappings_wins() -> None:
    assert value("a: &x {k: 1}\nb: &y {k: 2, l: 3}\nc: {<<: [*x, *y]}")["c"] == {"k": 1, "l": 3}


def test_a_key_given_twice_is_a_mistake() -> None:
    [(found, [mistake])] = values("a: 1\nb: {c: 1, c: 2}\n", "f.yaml")
    assert mistake.message == 'the key "c" is given twice.'
    assert mistake.position == Position("f.yaml", 2, 11)
    assert found == {"a": 1, "b": {"c": 2}}


def test_an_anchor_that_contains_itself_is_a_mistake() -> None:
    [(_, [mistake])] = values("a: &x [*x]")
    assert mistake.message == "This anchor contains itself."


def test_a_tab_where_none_may_be_is_a_mistake_with_its_place() -> None:
    [(_, [mistake])] = values("a:\n\tb: 1\n", "f.yaml")
    assert mistake.position.line == 2
    assert mistake.message.startswith("This is not YAML: found character that cannot start any token")


def test_a_place_is_that_of_the_nearest_parent_when_there_is_no_such_key() -> None:
    places = Places("f", Nodes("a:\n  - b: 1\n  - c: 2\n"))
    assert places.at(("a", 1, "c")) == Position("f", 3, 5)
    assert places.at(("a", 1, "missing")) == Position("f", 3, 5)
    assert places.at(("a", 7)) == Position("f", 1, 1)
    assert places.under(("a", 0)).at(("b",)) == Position("f", 2, 5)


def test_the_places_of_json_text_and_of_later_documents_are_found() -> None:
    assert Places("f", Nodes('{"a":\n  {"b": 1}}')).at(("a", "b")) == Position("f", 2, 4)
    assert Places("f", Nodes("a: 1\n---\nb: 1\n"), 1).at(("b",)) == Position("f", 3, 1)
    assert Places("f", Nodes("a: [\n")).at(("a",)) == Position("f")


def test_nothing_is_known_of_places_without_text() -> None:
    assert Places("f").at(("a",)) == Position("f")


def test_anchors_that_stand_for_far_more_than_is_written_are_refused() -> None:
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
    [(found, [mistake])] = values(text)
    assert found is None
    assert mistake.message == "This is not YAML: its anchors stand for far more than is written."


def test_what_is_nested_too_deeply_is_refused() -> None:
    [(found, [mistake])] = values("[" * 5000 + "]" * 5000)
    assert found is None
    assert mistake.message == "This is not readable: it is nested too deeply."


@pytest.mark.parametrize("unreadable", ["a: [\n", "a: b: c\n", "\tq: 1\n", "x: *nope\n", "a: 'open\n"])
def test_a_document_that_cannot_be_read_keeps_none_behind_it_from_being_read(unreadable: str) -> None:
    source = f"one: 1\n---\n{unreadable}---\ntwo: 2\n---\n{unreadable}---\nthree: 3\n"
    found = [(value, len(mistakes)) for value, mistakes in values(source)]
    assert found == [({"one": 1}, 0), (None, 1), ({"two": 2}, 0), (None, 1), ({"three": 3}, 0)]
    nodes = Nodes(source)
    assert [Places("", nodes, index).at(key).line for index, key in ((0, ("one",)), (2, ("two",)), (4, ("three",)))] == [1, 5, 9]


def test_what_cannot_be_read_to_the_end_of_the_text_is_one_mistake() -> None:
    assert [value for value, _ in values("---\n---\na: [")] == [None, None]
    [(value, [mistake])] = values("--- [\n")
    assert (value, mistake.message.startswith("This is not YAML")) == (None, True)


@pytest.mark.parametrize(
    ("text", "message", "position", "hint"),
    [
        ("a: b\nc: \0\n", "This is not YAML: it has the control character U+0000.", Position("f", 2, 4), "Save it as text in UTF-8."),
        (
            "a:\n\tb: c\n",
            "This is not YAML: found character that cannot start any token while scanning for the next token.",
            Position("f", 2, 1),
            "Indent with spaces: YAML has no tabs there.",
        ),
        ("a: {{ .b }}\n", "a key is a list or a mapping, expected text.", Position("f", 1, 5), "Is this a template? Render it first: helm template."),
    ],
)
def test_a_common_slip_is_told_with_its_place_and_its_remedy(text: str, message: str, position: Position, hint: str) -> None:
    [(_, [mistake, *_])] = values(text, "f")
    assert mistake == (message, position, hint)


def test_json_values_behind_each_other_are_several_documents_with_places_of_their_own() -> None:
    found = json_values('\n{"a": 1}\n{\n  "b": [2]}\n')
    assert found is not None
    assert [value for value, _ in found] == [{"a": 1}, {"b": [2]}]
    assert Places("f", found[1][1]).at(("b", 0)) == Position("f", 4, 9)


def test_json_with_a_key_twice_is_left_to_the_reader_that_says_where() -> None:
    assert json_values('{"a": {"b": 1, "b": 2}}') is None
    [(_, [mistake])] = values('{"a": {"b": 1, "b": 2}}')
    assert (mistake.message, mistake.position) == ('the key "b" is given twice.', Position("", 1, 16))
