"""Protobuf messages as bytes, always alike for equal content; and the few that everything is made of."""

from __future__ import annotations

from functools import lru_cache

from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

_SECOND = 10**9


def serialised(message: Message) -> bytes:
    """The message in bytes, the same bytes each time."""
    return message.SerializeToString(deterministic=True)


def packed(message: Message) -> Any:
    """The message in an envelope that says what it is."""
    return Any(type_url=f"type.googleapis.com/{message.DESCRIPTOR.full_name}", value=serialised(message))


@lru_cache(maxsize=1024)
def duration(nanoseconds: int) -> Duration:
    """Not to be changed by the caller: equal durations share one message."""
    return Duration(seconds=nanoseconds // _SECOND, nanos=nanoseconds % _SECOND)
