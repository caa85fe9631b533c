"""Errors in Kubernetes' shape: a `Status` whose message is the sentence (or all findings), with the code and reason that clients know."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

from lateen.api.kinds import Kind
from lateen.store.store import Closed, Compacted, Conflict, StoreError, Unwritable
from lateen.values.finding import Finding, Severity

_REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    406: "NotAcceptable",
    409: "Conflict",
    410: "Expired",
    415: "UnsupportedMediaType",
    422: "Invalid",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}


class Failure(Exception):
    """The request is answered with an error; `message` is a sentence, `details` Kubernetes' details of a Status, `headers` go with the answer."""

    def __init__(
        self, code: int, message: str, reason: str = "", details: dict[str, Any] | None = None, headers: Sequence[tuple[str, str]] = ()
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.reason = reason or _REASONS.get(code, HTTPStatus(code).phrase.replace(" ", ""))
        self.details = details
        self.headers = headers

    def body(self) -> dict[str, Any]:
        """The `Status`."""
        body = _status("Failure", self.message, self.code) | {"reason": self.reason}
        return body | {"details": self.details} if self.details else body


def success(details: dict[str, Any]) -> dict[str, Any]:
    """The `Status` of something done."""
    return _status("Success", "", 200) | {"details": details}


def _status(status: str, message: str, code: int) -> dict[str, Any]:
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": status, "message": message, "code": code}


def missing(kind: Kind, name: str) -> Failure:
    """The object does not exist; in Kubernetes' words, which clients look for."""
    return Failure(404, f'{kind.name_with_group} "{name}" not found', details=details(kind, name))


def exists(kind: Kind, name: str) -> Failure:
    """The object exists already."""
    return Failure(409, f'{kind.name_with_group} "{name}" already exists', "AlreadyExists", details(kind, name))


def invalid(kind: Kind, name: str, findings: Iterable[Finding]) -> Failure:
    """The object is refused, for all of these reasons; what is only doubtful about it is told as warnings."""
    findings = list(findings)
    wrong = [finding for finding in findings if finding.severity is Severity.ERROR]
    said = [" ".join(part for part in (finding.message, finding.hint) if part) for finding in wrong]
    causes = [{"reason": "FieldValueInvalid", "message": text, "field": finding.path} for text, finding in zip(said, wrong, strict=True)]
    sentences = [f"{finding.path}: {text}" if finding.path else text for text, finding in zip(said, wrong, strict=True)]
    text = sentences[0] if len(sentences) == 1 else "".join(f"\n* {sentence}" for sentence in sentences)
    message = f'{kind.kind} "{name}" is invalid: {text}'
    return Failure(422, message, details=details(kind, name) | {"causes": causes}, headers=warnings(findings))


def warnings(findings: Iterable[Finding]) -> list[tuple[str, str]]:
    """Findings that are no errors, as the headers that kubectl prints."""
    said = [f"{finding.path}: {finding.message} {finding.hint}".strip().strip(":") for finding in findings if finding.severity is not Severity.ERROR]
    return [("Warning", '299 - "' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"') for text in said]


def of_store(error: StoreError, kind: Kind | None = None, name: str = "") -> Failure:
    """What a client hears of an error of the store."""
    told = details(kind, name) if kind else None
    match error:
        case Conflict():
            where = f'Operation cannot be fulfilled on {kind.name_with_group} "{name}": ' if kind else ""
            return Failure(409, f"{where}{error}", details=told)
        case Compacted():
            return Failure(410, str(error))
        case Unwritable():
            return Failure(403, str(error), details=told)
        case Closed():
            return Failure(503, "The control plane is shutting down.")
        case _:
            return Failure(500, str(error))


def details(kind: Kind, name: str) -> dict[str, Any]:
    """Which object a Status is about."""
    return {"name": name, "group": kind.group, "kind": kind.plural}
