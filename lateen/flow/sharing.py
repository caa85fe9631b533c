"""A result made of the parts of the one before it, as far as they are equal.

A list that is made anew because one entry came or went has equal entries in new objects. Kept so, each change would move all entries of the list to
other places in memory, between what lives shortly, and memory once used would never be free again. Comparing the next result is faster, too.
"""

from __future__ import annotations

from typing import Any


def made_of(before: Any, after: Any) -> Any:
    """`after`, and if both are tuples, with the elements of `before` at either end that are equal to its own."""
    if type(before) is not tuple or type(after) is not tuple:
        return after
    most = min(len(before), len(after))
    first = 0
    while first < most and before[first] == after[first]:
        first += 1
    last = 0
    while last < most - first and before[-1 - last] == after[-1 - last]:
        last += 1
    if not first and not last:
        return after
    return (*before[:first], *after[first : len(after) - last], *before[len(before) - last :])
