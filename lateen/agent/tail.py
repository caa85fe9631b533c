"""Lines of files that grow: what apps and Envoys write, so that they need nobody at the other end and outlive the agent that started them.

What was read is punched out of the file at once. So a file takes no more room than what nobody has read yet, and where a new agent has to
go on is where the file's first data are. `Tails` watches all files of an agent with one inotify instance; where the kernel grants none, it looks
at them from time to time.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import errno
import os
from collections.abc import Callable
from pathlib import Path

OnLine = Callable[[str], None]

_BLOCK = 1 << 16
_LONGEST_LINE = 1 << 16
_BLOCKS_AT_ONCE = 16
_MODIFIED = 0x2
_EVENT = 16
_KEEP_SIZE_AND_PUNCH = 0x1 | 0x2
_LOOK_EVERY = 0.2

_libc = ctypes.CDLL(None, use_errno=True)
_libc.fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)


class Tail:
    """The unread lines of one file, which is made when it is not there. Must be closed."""

    def __init__(self, path: Path, on_line: OnLine) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._on_line = on_line
        self._place = _first_written(self._descriptor)
        self._is_new = True
        self._rest = b""
        self.on_close: Callable[[], None] = lambda: None

    def read(self, blocks: int = _BLOCKS_AT_ONCE) -> bool:
        """Hand on the lines that are there; whether there may be more."""
        for _ in range(blocks):
            block = os.pread(self._descriptor, _BLOCK, self._place)
            if not block:
                return False
            self._take(block)
        return True

    def close(self) -> None:
        """Read to the end, hand on what has no line end too, and leave the file empty."""
        self.on_close()
        while self.read():
            pass
        if self._rest:
            self._say(self._rest)
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)

    def _take(self, block: bytes) -> None:
        self._place += len(block)
        if self._is_new:
            block = block.lstrip(b"\0")  # The rest of a page of which the beginning was read.
            self._is_new = False
        *lines, self._rest = (self._rest + block).split(b"\n")
        for line in lines:
            self._say(line)
        if len(self._rest) > _LONGEST_LINE:
            self._rest = b""  # Longer than anybody reads.
        _libc.fallocate(self._descriptor, _KEEP_SIZE_AND_PUNCH, 0, max(self._place - len(self._rest), 1))

    def _say(self, line: bytes) -> None:
        self._on_line(line.decode(errors="replace").rstrip("\r"))


class Tails:
    """Follows any number of files. Must be closed."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._watched: dict[int, Tail] = {}
        self._looking: dict[Tail, asyncio.TimerHandle] = {}
        self._descriptor = _libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._descriptor >= 0:
            self._loop.add_reader(self._descriptor, self._changed)

    def follow(self, path: Path, on_line: OnLine) -> Tail:
        """Hand on what the file holds and will hold, until the tail is closed."""
        tail = Tail(path, on_line)
        number = _libc.inotify_add_watch(self._descriptor, os.fsencode(path), _MODIFIED) if self._descriptor >= 0 else -1
        if number < 0:
            tail.on_close = lambda: self._looking.pop(tail).cancel()
            self._look(tail)
            return tail
        self._watched[number] = tail
        tail.on_close = lambda: self._unwatch(number)
        self._read(number)
        return tail

    def close(self) -> None:
        """Stop watching."""
        if self._descriptor >= 0:
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1

    def _unwatch(self, number: int) -> None:
        if self._watched.pop(number, None) is not None and self._descriptor >= 0:
            _libc.inotify_rm_watch(self._descriptor, number)

    def _changed(self) -> None:
        with contextlib.suppress(BlockingIOError):
            events = os.read(self._descriptor, 4096)
            numbers = {int.from_bytes(events[at : at + 4], "little", signed=True) for at in range(0, len(events), _EVENT)}
            for number in numbers:
                self._read(number)

    def _read(self, number: int) -> None:
        tail = self._watched.get(number)
        if tail is not None and tail.read():
            self._loop.call_soon(self._read, number)  # A talkative app must not keep the others waiting.

    def _look(self, tail: Tail) -> None:
        tail.read()
        self._looking[tail] = self._loop.call_later(_LOOK_EVERY, self._look, tail)


def _first_written(descriptor: int) -> int:
    try:
        return os.lseek(descriptor, 0, os.SEEK_DATA)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        return os.lseek(descriptor, 0, os.SEEK_END)
