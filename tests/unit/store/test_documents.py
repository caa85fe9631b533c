from __future__ import annotations

from typing import Any

import pytest

from lateen.store.documents import Document, Mistake, documents


def value(text: str) -> Any:
    [document] = documents(f"value: {text}\n".encode())
    return document.value["value"]


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("on", "on"),
        ("n", "n"),
        ("null", None),
        ("~", None),
        ("", None),
        ('""', ""),
        ("17", 17),
        ("-3", -3),
        ("0o17", 15),
        ("0644", 420),
        ("0x1F", 31),
        ("089", 89.0),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("1.2.3", "1.2.3"),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        (".nan", ".nan"),
        ("1e999", "1e999"),
        ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"),
        ("2024-01-01", "2024-01-01"),
        ("5s", "5s"),
        ("'17'", "17"),
        ('"true"', "true"),
        ("!!str 17", "17"),
        ("!!python/object/apply:os.getcwd []", []),
        ("18446744073709551615", 18446744073709551615),
        ("18446744073709551616", 18446744073709551616.0),
        ("{a: [1, b]}", {"a": [1, "b"]}),
    ],
)
def test_a_scalar_means_what_kubernetes_takes_it_for(text: str, meaning: Any) -> None:
    assert value(text) == meaning
    assert type(value(text)) is type(meaning)


def test_keys_are_text() -> None:
    assert documents(b"80: a\ntrue: b\nnull: c\n")[0].value == {"80": "a", "true": "b", "null": "c"}


def test_several_documents_come_with_the_lines_they_begin_in_and_empty_ones_are_left_out() -> None:
    assert documents(b"# first\n---\na: 1\n---\n---\n# nothing\n---\nb: 2\n") == (Document(3, {"a": 1}), Document(8, {"b": 2}))


def test_the_items_of_a_list_come_one_by_one() -> None:
    text = b"kind: List\nitems:\n- {kind: A}\n- kind: PodList\n  items: [{kind: B}]\n"
    assert [document.value for document in documents(text)] == [{"kind": "A"}, {"kind": "B"}]


def test_json_is_read_too() -> None:
    assert documents(b'\n{"a": [1, 2.5, "x", null]}\n') == (Document(1, {"a": [1, 2.5, "x", None]}),)


def test_a_yaml_flow_mapping_is_not_mistaken_for_json() -> None:
    assert documents(b"{a: 1}\n---\n{b: 2}\n") == (Document(1, {"a": 1}), Document(3, {"b": 2}))


def test_aliases_and_merged_keys_are_written_out() -> None:
    text = b"base: &base {a: 1, b: 2}\nmine: {<<: *base, b: 3}\nagain: *base\n"
    assert documents(text)[0].value == {"base": {"a": 1, "b": 2}, "mine": {"a": 1, "b": 3}, "again": {"a": 1, "b": 2}}


def test_an_empty_file_has_no_objects() -> None:
    assert documents(b"") == documents(b"# nothing\n") == ()


@pytest.mark.parametrize(
    ("text", "sentence", "line"),
    [
        (b"a: 1\nb: [1\n", "This is not YAML: did not find expected ',' or ']', while parsing a flow sequence.", 3),
        (b"a: 1\nb: 2\na: 3\n", 'The key "a" is given twice.', 3),
        (b"a: *nobody\n", "*nobody stands for nothing: there is no &nobody before it.", 1),
        (b"[a]: 1\n", "A key must be text.", 1),
        (b"<<: 5\n", '"<<" merges objects only.', 1),
        (b"- a\n", "A document must be an object with apiVersion, kind and metadata, and this is a list.", 1),
        (b"\nhello\n", "A document must be an object with apiVersion, kind and metadata, and this is the value 'hello'.", 2),
        (b"a: \xff\xfe\n", "This is not text in UTF-8.", 0),
        (b"a: " + b"[" * 5000, "This is nested too deep.", 0),
    ],
)
def test_a_mistake_says_what_and_where(text: bytes, sentence: str, line: int) -> None:
    with pytest.raises(Mistake) as raised:
        documents(text)
    assert (str(raised.value), raised.value.line) == (sentence, line)


def test_aliases_of_aliases_cannot_fill_the_memory() -> None:
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"] + [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(Mistake, match="more than 1,000,000 values"):
        documents("\n".join(lines).encode())
