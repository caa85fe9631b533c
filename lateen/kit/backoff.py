"""Exponential backoff as a value: how long to wait before the n-th try. No clock and no randomness of its own; jitter is handed in.

What may not enter: anything that waits.
"""

from __future__ import annotations

import msgspec


class Backoff(msgspec.Struct, frozen=True):
    """`initial * factor ** (n - 1)` seconds before the n-th retry, never more than `ceiling`.

    >>> [Backoff(0.2).delay(n) for n in (1, 2, 3)]
    [0.2, 0.4, 0.8]
    """

    initial: float = 0.2
    factor: float = 2.0
    ceiling: float = 120.0

    def delay(self, retry: int, jitter: float = 0.0) -> float:
        """Seconds before retry number `retry`, counted from 1; `jitter` in [-1, 1] scales it by up to a fifth either way."""
        exponent = min(max(retry, 1) - 1, 64)
        return min(self.initial * self.factor**exponent, self.ceiling) * (1 + jitter / 5)
