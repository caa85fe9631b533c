"""How the agent words what happens: durations, ordinals, exit codes, last lines. Pure text."""

from __future__ import annotations

import signal


def duration(seconds: float) -> str:
    """`400 ms`, `2.1 s`, `12 s`, `3 min`."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s".replace(".0 s", " s")
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `3rd`, `11th`, `21st`."""
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def exited(who: str, code: int | None, lasted: float | None = None) -> str:
    """`reviews-v1 exited with code 3 after 2.1 s`, `… was ended by SIGKILL …` for negative codes, `… has ended` when nobody knows how."""
    after = "" if lasted is None else f" after {duration(lasted)}"
    if code is None:
        return f"{who} has ended"
    if code < 0:
        return f"{who} was ended by {_signal_name(-code)}{after}"
    return f"{who} exited with code {code}{after}"


def last_words(lines: tuple[str, ...]) -> str:
    """The last lines of output as an indented tail of a sentence; empty when there are none."""
    if not lines:
        return ""
    return " Its last output:" + "".join(f"\n    {line}" for line in lines)


def shell_code(code: int | None) -> int:
    """An exit code as a shell gives it: 128 + signal for processes ended by one; 1 for one that is not known."""
    if code is None:
        return 1
    return 128 - code if code < 0 else code


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
