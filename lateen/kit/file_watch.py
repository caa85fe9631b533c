"""`changes`: which files under some folders have changed, one set for each burst of edits.

Events are a hint and no record: they may be lost when very many come at once, and network file systems send none. So an empty set comes
every `sweep` seconds of silence, for those who would rather look themselves from time to time. Reads no file and keeps no state.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from watchfiles import Change

_Bursts: TypeAlias = "asyncio.Future[set[tuple[Change, str]]]"


async def changes(folders: Iterable[Path | str], *, quiet: float = 0.05, longest: float = 0.5, sweep: float = 5.0) -> AsyncGenerator[set[Path], None]:
    """Yield the paths that were made, written, moved or deleted in the folders and all folders below them.

    The first set is empty and comes at once: the watch stands, and no change from now on is missed. A burst ends after `quiet` seconds
    without an event, or after `longest`; all times are in seconds. A path is the folder as given joined with the way below it.
    Raises `FileNotFoundError` when a folder does not exist. Use it in `contextlib.aclosing`, to end the watch when the loop over it ends.
    """
    from watchfiles import awatch  # Only who watches pays for it.

    step, debounce, timeout = (int(seconds * 1000) for seconds in (quiet, longest, sweep))
    watch = awatch(*folders, watch_filter=None, yield_on_timeout=True, step=step, debounce=debounce, rust_timeout=timeout)
    async with aclosing(watch) as bursts:
        # The watch is set up when the first burst is asked for, which must not wait until there is one.
        pending: _Bursts = asyncio.ensure_future(anext(bursts))
        try:
            await asyncio.sleep(0)
            if pending.done():
                pending.result()
            yield set()
            while True:
                burst = await pending
                pending = asyncio.ensure_future(anext(bursts))
                yield {Path(path) for _, path in burst}
        finally:
            pending.cancel()
            with suppress(asyncio.CancelledError, StopAsyncIteration):
                await pending
