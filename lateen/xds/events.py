"""What goes into a stream's state machine and what comes out of it. Values only; `session` is the machine.

In: `Requested` (from `wire`), `Published` is a `Publication` (from `shelf`), `Rescoped`, `Answered`. Out: `Send`, and the reports below.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeAlias

import msgspec

from lateen.values.ref import Ref
from lateen.xds.shelf import Publication, Stack
from lateen.xds.wire import Requested


class Rescoped(msgspec.Struct, frozen=True):
    """The proxy sees another stack of a type from now on. The old stack's shelves must still say what the proxy was last told."""

    type: str
    stack: Stack


class Answered(msgspec.Struct, frozen=True):
    """What the control says to an `Asked`: name to serialised `Any`, or None for a name that there is not.

    It is sent once the stream has acknowledged everything that was published before it.
    """

    type: str
    bodies: Mapping[str, bytes | None]


Event: TypeAlias = Requested | Publication | Rescoped | Answered


class Subscribed(msgspec.Struct, frozen=True):
    """The proxy asks for more or less of a type; `*` stands for everything. A type without a stack is answered once it is `Rescoped`."""

    type: str
    names: tuple[str, ...]
    dropped: tuple[str, ...] = ()


class Asked(msgspec.Struct, frozen=True):
    """The proxy asks for names of a virtual type, which `Answered` answers."""

    type: str
    names: tuple[str, ...]


class Told(msgspec.Struct, frozen=True):
    """The proxy says something by a request of a type that is never answered; `error` is the reason that it gives, None without one."""

    type: str
    error: str | None


class Acked(msgspec.Struct, frozen=True):
    """The proxy has taken a response. It now has all of this type that was published up to `revision`, when the session is not `behind` it."""

    type: str
    revision: int
    names: Collection[str]


class Rejected(msgspec.Struct, frozen=True):
    """The proxy refused these names and keeps what it had. `refs` are the objects that the refused resources were derived from."""

    type: str
    revision: int
    names: tuple[str, ...]
    message: str
    refs: tuple[Ref, ...]


class Drop(msgspec.Struct, frozen=True):
    """The stream must be ended: the client does not speak the protocol."""

    reason: str


Report: TypeAlias = Subscribed | Asked | Told | Acked | Rejected | Drop


class Send(msgspec.Struct, frozen=True):
    """One response, in parts that streams share. `body` puts them together, and is to be called only when it can be written."""

    type: str
    nonce: str
    parts: tuple[bytes | memoryview, ...]

    def body(self) -> bytes:
        """The serialised response."""
        only = self.parts[0]
        return only if len(self.parts) == 1 and isinstance(only, bytes) else b"".join(self.parts)
