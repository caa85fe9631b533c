"""How commands print: tables as kubectl's, YAML, JSON, names, findings. Plain text, the same on a terminal and in a pipe, but for colour."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, TextIO

from lateen.kit.logging import wants_colours
from lateen.values.finding import parts

_COLOURS = {"error": "31", "warning": "33", "info": "36", "SYNCED": "32", "STALE": "33", "NACK": "31"}


class Output(StrEnum):
    """What `-o` takes."""

    TABLE = "table"
    WIDE = "wide"
    YAML = "yaml"
    JSON = "json"
    NAME = "name"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns three spaces apart, heads in capitals."""
    lines = [[name.upper() for name in head], *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join("   ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines)


def as_json(value: Any) -> str:
    """Indented JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def as_yaml(value: Any) -> str:
    """YAML as kubectl writes it: keys in their order, text of several lines as blocks."""
    import yaml

    dumper: Any = type("Dumper", (getattr(yaml, "CSafeDumper", yaml.SafeDumper),), {})
    dumper.add_representer(str, _text)
    return str(yaml.dump(value, Dumper=dumper, sort_keys=False, default_flow_style=False, allow_unicode=True, width=10_000))


def _text(dumper: Any, text: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


def rendered(value: Any, form: Output) -> str:
    """YAML or JSON."""
    return as_yaml(value).rstrip("\n") if form is Output.YAML else as_json(value)


def finding_line(finding: Mapping[str, Any], stream: TextIO | None = None) -> str:
    """A finding as one line for a stream (standard output): where, how bad, what, what to do."""
    where, subject, sentence = parts(finding)
    code = f" [{finding['code']}]" if finding["code"] else ""
    severity = coloured(str(finding["severity"]), str(finding["severity"]), stream)
    return ": ".join(part for part in (where, f"{severity}{code}", subject, sentence) if part)


def coloured(text: str, meaning: str, stream: TextIO | None = None) -> str:
    """The text for a stream (standard output), in the colour of what it means where that is a terminal that wants colours."""
    colour = _COLOURS.get(meaning)
    return f"\x1b[{colour}m{text}\x1b[0m" if colour and wants_colours(stream or sys.stdout) else text
