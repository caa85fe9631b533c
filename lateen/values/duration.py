"""`Duration`: a span of time as users write it. It is its own text, so what was written is what is shown and stored.

Accepted is what Istio accepts: numbers with units, in sequence (`1h30m`, `100ms`, `1.5s`), as in Go (https://pkg.go.dev/time#ParseDuration:
"a possibly signed sequence of decimal numbers, each with optional fraction and a unit suffix") and in protobuf's JSON. A bare number is refused,
except `0`.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Self

_NANOSECONDS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)")


class Duration(str):
    """A duration; equal when written alike, so compare `nanoseconds` to compare lengths.

    Raises `ValueError` when the text is no duration.
    """

    __slots__ = ("nanoseconds",)

    nanoseconds: int

    def __new__(cls, text: str) -> Self:
        self = super().__new__(cls, text)
        self.nanoseconds = _nanoseconds(text)
        return self

    @property
    def seconds(self) -> float:
        """Its length in seconds."""
        return self.nanoseconds / 10**9

    @property
    def milliseconds(self) -> float:
        """Its length in milliseconds."""
        return self.nanoseconds / 10**6

    @classmethod
    def of_nanoseconds(cls, nanoseconds: int) -> Self:
        """The duration of that many nanoseconds, written in seconds as protobuf's JSON does: `1.5s`."""
        whole, rest = divmod(abs(nanoseconds), 10**9)
        fraction = f".{rest:09d}".rstrip("0") if rest else ""
        return cls(f"{'-' if nanoseconds < 0 else ''}{whole}{fraction}s")


def _nanoseconds(text: str) -> int:
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    if digits == "0":
        return 0
    total, end = Fraction(0), 0
    for part in _PART.finditer(digits):
        if part.start() != end:
            break
        end = part.end()
        total += Fraction(part[1]) * _NANOSECONDS[part[2]]
    if not end or end != len(digits):
        raise ValueError(f'found "{text}", expected a duration such as "1.5s", "100ms" or "1h30m".')
    return sign * int(total)
