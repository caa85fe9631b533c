"""`Finding`: the only way a user hears of a mistake. Findings are collected, never raised."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from lateen.values.ref import Ref

FILE = "File"
"""The kind of the `ref` of a finding about a text itself; its name is the file's."""


class Severity(StrEnum):
    """How bad it is: an `ERROR` is refused, a `WARNING` is accepted and told, an `INFO` is only told."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Position(msgspec.Struct, frozen=True, order=True):
    """Where in a file; `line` and `column` count from 1, 0 where not known."""

    file: str = ""
    line: int = 0
    column: int = 0


class Finding(msgspec.Struct, frozen=True):
    """One mistake: which object, where in it (`spec.http[1].route[0].destination.subset`), and one sentence.

    `message` says what was found and what was expected; `hint` says what to do, or is empty. `code` is Istio's (`IST0101`) where it has one.
    """

    ref: Ref
    path: str
    severity: Severity
    code: str
    message: str
    hint: str = ""
    position: Position = Position()

    def __str__(self) -> str:
        return ": ".join(part for part in parts(self.as_json()) if part)

    def as_json(self) -> dict[str, str | int]:
        """The documented JSON shape of a finding."""
        return {
            "severity": self.severity.value,
            "code": self.code,
            "ref": str(self.ref),
            "path": self.path,
            "file": self.position.file,
            "line": self.position.line,
            "column": self.position.column,
            "message": self.message,
            "hint": self.hint,
        }


def parts(told: Mapping[str, Any]) -> tuple[str, str, str]:
    """What a finding in its JSON shape says: where, of what, and in which words; empty where there is nothing to be said."""
    where = ":".join(str(told[part]) for part in ("file", "line", "column") if told[part])
    is_place = str(told["ref"]).startswith(f"{FILE} ")
    subject = " ".join(part for part in ("" if is_place else told["ref"], told["path"]) if part)
    return where, subject, " ".join(part for part in (told["message"], told["hint"]) if part)


def is_refused(findings: list[Finding]) -> bool:
    """Whether any finding is an error."""
    return any(finding.severity is Severity.ERROR for finding in findings)
