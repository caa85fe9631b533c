"""How commands print."""

from __future__ import annotations

import io

import pytest

from lateen.cli.output import as_yaml, coloured, finding_line, table


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert table(("Name", "Age"), [("reviews", "1s"), ("a", "20m")]) == "NAME      AGE\nreviews   1s\na         20m"


def test_yaml_keeps_the_order_and_writes_text_of_several_lines_as_a_block() -> None:
    assert as_yaml({"b": "x\ny\n", "a": [1, "on"]}) == "b: |\n  x\n  y\na:\n- 1\n- 'on'\n"


class Terminal(io.StringIO):
    """A stream that says of itself that it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_colours_are_for_terminals_that_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert coloured("NACK", "NACK", Terminal()) == "\x1b[31mNACK\x1b[0m"
    assert coloured("NACK", "NACK", io.StringIO()) == "NACK"
    monkeypatch.setenv("NO_COLOR", "1")
    assert coloured("NACK", "NACK", Terminal()) == "NACK"


def test_a_finding_is_one_line_with_its_place_first() -> None:
    finding = {
        "severity": "error",
        "code": "IST0106",
        "ref": "VirtualService default/a",
        "path": "spec.hosts",
        "file": "a.yaml",
        "line": 3,
        "column": 5,
        "message": "there are none.",
        "hint": "Write one.",
    }
    assert finding_line(finding) == "a.yaml:3:5: error [IST0106]: VirtualService default/a spec.hosts: there are none. Write one."


def test_a_finding_about_a_file_names_it_once() -> None:
    finding = {
        "severity": "error",
        "code": "",
        "ref": "File a.yaml",
        "path": "",
        "file": "a.yaml",
        "line": 2,
        "column": 1,
        "message": "No.",
        "hint": "",
    }
    assert finding_line(finding) == "a.yaml:2:1: error: No."
