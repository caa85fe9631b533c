"""`opened`: the store that an address names. The table of addresses, and the only place that knows all backends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lateen.store.directory import DirectoryStore
from lateen.store.folder import Read
from lateen.store.memory import MemoryStore
from lateen.store.sqlite import SqliteStore
from lateen.store.store import Clock, Store, Unreadable, utc_now

ADDRESSES = {
    "sqlite:///var/lib/lateen/mesh.db": "one file, made when it is missing",
    "directory:///etc/lateen/mesh.d": "a folder of YAML files, read only",
    "memory:": "nothing kept",
}
"""An example of each kind of address, and what it means. A path after two slashes instead of three is relative to the working folder."""


@asynccontextmanager
async def opened(address: str, read: Read, *, now: Clock = utc_now) -> AsyncIterator[Store]:
    """The store at `address`, closed in the end; a folder is followed meanwhile, and `read` says what is in its files.

    Raises `Unreadable` and `Unwritable`.
    """
    scheme, _, path = address.partition(":")
    path = path.removeprefix("//")
    match scheme:
        case "memory":
            store: Store = MemoryStore(now=now)
        case "sqlite" if path:
            store = await SqliteStore.open(path, now=now)
        case "directory" if path:
            store = await DirectoryStore.open(path, read, now=now)
        case _:
            examples = ", ".join(f"{example} ({meaning})" for example, meaning in ADDRESSES.items())
            raise Unreadable(address, f"it is not the address of a store. Examples: {examples}.")
    try:
        async with _followed(store):
            yield store
    finally:
        await store.close()


@asynccontextmanager
async def _followed(store: Store) -> AsyncIterator[None]:
    if not isinstance(store, DirectoryStore):
        yield
        return
    failure: Exception | None = None
    async with asyncio.TaskGroup() as tasks:
        following = tasks.create_task(store.follow())
        try:
            yield
        except Exception as own:  # What the user of the store raises is to reach him as it is, and not in a group.
            failure = own
        following.cancel()
    if failure is not None:
        raise failure
