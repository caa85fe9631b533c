"""The status codes of gRPC (https://grpc.io/docs/guides/status-codes/)."""

from __future__ import annotations

NAMES = (
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
)
"""Their names, in the order of their numbers."""

_NUMBERS = {name: number for number, name in enumerate(NAMES)} | {"CANCELED": 1}


def number(word: str) -> int | None:
    """The number of a status that is written as its name, in any case, or as its number; None when the word is no name."""
    return int(word) if word.isdigit() else _NUMBERS.get(word.upper())
