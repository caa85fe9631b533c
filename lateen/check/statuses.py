"""Statuses of HTTP and gRPC."""

from __future__ import annotations

from http import HTTPStatus

from lateen.api.text import Path
from lateen.check.remark import Remarks, wrong
from lateen.values import grpc_status

_GRPC = frozenset(grpc_status.NAMES)
_HTTP = frozenset(str(status.value) for status in HTTPStatus)


def answer(status: int, path: Path) -> Remarks:
    """A status that a proxy may answer with."""
    if not 200 <= status <= 599:
        yield wrong(path, f"found the status {status}, expected 200 to 599.")


def is_http_status(word: str) -> bool:
    """Whether the word is the number of a status that HTTP defines."""
    return word in _HTTP


def is_grpc_status(word: str) -> bool:
    """Whether the word is the name of a status of gRPC."""
    return word in _GRPC
