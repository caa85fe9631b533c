"""`Remark`: what a check has to say of one object, before it is known which object that is and where it stands in a file.

Checks are generators of remarks, so that all mistakes come at once. A message begins in the middle of a sentence: object and path are put before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lateen.api.text import Path
from lateen.values.finding import Severity

SCHEMA_ERROR = "IST0106"
SCHEMA_WARNING = "IST0133"
DEPRECATED = "IST0002"


class Remark(NamedTuple):
    """Where (from the top of the document, in camelCase), what, what to do, how bad, and Istio's code."""

    path: Path
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR
    code: str = SCHEMA_ERROR


Remarks = Iterator[Remark]


def wrong(path: Path, message: str, hint: str = "") -> Remark:
    """A mistake, which is refused."""
    return Remark(path, message, hint)


def doubtful(path: Path, message: str, hint: str = "", code: str = SCHEMA_WARNING) -> Remark:
    """What is accepted, but hardly what was meant."""
    return Remark(path, message, hint, Severity.WARNING, code)


def noted(path: Path, message: str, code: str) -> Remark:
    """What is right, and still worth knowing."""
    return Remark(path, message, "", Severity.INFO, code)


def deprecated(path: Path, message: str, hint: str = "") -> Remark:
    """What still works, but has a better form."""
    return Remark(path, message, hint, Severity.WARNING, DEPRECATED)
