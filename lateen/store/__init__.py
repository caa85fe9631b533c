"""Where config lives: the `Store` protocol, its values and errors, and its backends. Knows manifests by `Ref`, never what they mean."""

from lateen.store.memory import MemoryStore
from lateen.store.sqlite import SqliteStore
from lateen.store.store import (
    ABSENT,
    Change,
    Clock,
    Closed,
    Compacted,
    Conflict,
    Delete,
    Object,
    Operation,
    Put,
    PutStatus,
    Revision,
    Snapshot,
    Store,
    StoreError,
    Unreadable,
    Unwritable,
    utc_now,
)

__all__ = [
    "ABSENT",
    "Change",
    "Clock",
    "Closed",
    "Compacted",
    "Conflict",
    "Delete",
    "MemoryStore",
    "Object",
    "Operation",
    "Put",
    "PutStatus",
    "Revision",
    "Snapshot",
    "SqliteStore",
    "Store",
    "StoreError",
    "Unreadable",
    "Unwritable",
    "utc_now",
]
