"""Where in a list a patch puts its value: filters, routes, and what else has an order (EX-2).

"INSERT_* relative to an absent filter → not applied." Without anything to stand beside, before and first are the beginning, after is the end. What
is added stands before the one that ends the list, where one does.
"""

from __future__ import annotations

from collections.abc import Callable, MutableSequence
from typing import Final, TypeVar

from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from lateen.ir.patch import Operation

T = TypeVar("T", bound=Message)

TAKEN: Final[Message] = Empty()
"""Stands among what a patch changed for what it took out, of which nothing is left to look at."""


def put(held: MutableSequence[T], operation: Operation, value: T, fits: Callable[[T], bool] | None, end: int | None = None) -> bool:
    """Put the value into the list, or in the place of another; `fits` says beside what it stands. What is added goes to `end`, or is the last.

    Returns whether that was possible.
    """
    place = next((index for index, each in enumerate(held) if fits is not None and fits(each)), None)
    if fits is not None and place is None and operation is not Operation.ADD:
        return False
    last = len(held) if end is None else end
    match operation:
        case Operation.ADD:
            held.insert(last, value)
        case Operation.INSERT_FIRST:
            held.insert(0, value)
        case Operation.INSERT_BEFORE:
            held.insert(place or 0, value)
        case Operation.INSERT_AFTER:
            held.insert(last if place is None else place + 1, value)
        case Operation.REPLACE if place is not None:
            held[place].CopyFrom(value)
        case _:
            return False
    return True


def take(held: MutableSequence[T], fits: Callable[[T], bool]) -> bool:
    """Take out all that fit. Returns whether there were any."""
    places = [index for index, each in enumerate(held) if fits(each)]
    for index in reversed(places):
        del held[index]
    return bool(places)
