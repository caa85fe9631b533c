"""When to act on writes: at once, or after a pause for more of them. Sans-io: told of writes and the time, it says until when to wait.

A file of several documents that is applied through Kubernetes' API arrives as several writes; acting on each would send every proxy several
small updates. So configuration waits for `quiet` seconds without a write, `patience` seconds at most. What is complete in itself (endpoints, one
transaction of `lateen apply`) waits for nothing, and takes with it what was waiting and what comes behind it.
"""

from __future__ import annotations

QUIET = 0.02
PATIENCE = 0.2


class Settling:
    """Decides when the writes so far are to be acted on. Times are seconds of one monotonic clock."""

    def __init__(self, quiet: float = QUIET, patience: float = PATIENCE) -> None:
        self._quiet = quiet
        self._patience = patience
        self._first: float | None = None
        self._due = 0.0
        self._is_complete = False

    def wrote(self, now: float, *, complete: bool) -> None:
        """A write arrived."""
        if self._first is None:
            self._first = now
        if complete:
            self._is_complete = True
            self._due = now
        elif not self._is_complete:
            self._due = min(now + self._quiet, self._first + self._patience)

    def due(self) -> float | None:
        """When to act; None while there is nothing to act on."""
        return None if self._first is None else self._due

    def acted(self) -> None:
        """All writes so far have been acted on."""
        self._first = None
        self._is_complete = False
