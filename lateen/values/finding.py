"""`Finding`: the only way a user hears of a mistake. Findings are collected, never raised."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from lateen.values.ref import Ref


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
        where = ":".join(str(part) for part in (self.position.file, self.position.line, self.position.column) if part)
        subject = " ".join(part for part in (str(self.ref), self.path) if part)
        sentence = " ".join(part for part in (self.message, self.hint) if part)
        return ": ".join(part for part in (where, subject, sentence) if part)

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


def is_refused(findings: list[Finding]) -> bool:
    """Whether any finding is an error."""
    return any(finding.severity is Severity.ERROR for finding in findings)
