"""The state folder of a mesh, `.lateen/` beside `mesh.yaml` or `$LATEEN_HOME`: its files, that it can be written, and that one process has it.

mesh.db          the store, unless another is named          ca/            the authority
api-token        by which its user talks to the mesh         join-key       signs join tokens
connection.json  where the mesh is, for the command line      lock           held by the control plane that serves it
join-tokens.json which join tokens were made, and revoked
dependencies.json which hosts the workloads of each group call (scope on demand)
"""

from __future__ import annotations

import errno
import fcntl
import os
import platform
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
import psutil

from lateen.identity import files

NAME: Final = ".lateen"
CONNECTION: Final = "connection.json"
_PROBE_BYTES: Final = 256 * 1024


class CannotStart(Exception):
    """The control plane cannot start; the text is a sentence that says why and what to do."""


class Connection(msgspec.Struct, frozen=True):
    """Where a mesh is: the address of its API, the file with the token, the roots (PEM) that it shows itself by, and its discovery address."""

    server: str
    token_file: str
    roots: str
    discovery: str = ""
    pid: int = 0


class Home(msgspec.Struct, frozen=True):
    """A state folder. `elsewhere` is how its user has it be another, as sentences about it end."""

    path: Path
    elsewhere: str = "name another folder with --home"

    @property
    def api_token(self) -> Path:
        """The file with the token that opens the API."""
        return self.path / "api-token"

    @property
    def join_key(self) -> Path:
        """The file with the key that signs join tokens."""
        return self.path / "join-key"

    @property
    def tokens(self) -> Path:
        """The file that says which join tokens were made and revoked."""
        return self.path / "join-tokens.json"

    @property
    def dependencies(self) -> Path:
        """The file that says which hosts the workloads of each group call."""
        return self.path / "dependencies.json"

    @property
    def authority(self) -> Path:
        """The folder of the authority."""
        return self.path / "ca"

    @property
    def connection(self) -> Path:
        """The file that says where the mesh is, while it runs."""
        return self.path / CONNECTION

    @property
    def instance(self) -> str:
        """The name of the control plane that has this folder, the same after each start."""
        return f"{platform.node()}-{zlib.crc32(str(self.path.absolute()).encode()):08x}"

    @property
    def default_store(self) -> str:
        """The address of the store that is used when none is named."""
        return f"sqlite:///{(self.path / 'mesh.db').absolute().as_posix().lstrip('/')}"

    def ensure_usable(self) -> None:
        """Make the folder when it is missing, and try whether it takes a file. Raises `CannotStart`."""
        probe = self.path / f".probe-{os.getpid()}"
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            with probe.open("wb") as file:
                file.write(b"\0" * _PROBE_BYTES)
                file.flush()
                os.fsync(file.fileno())
        except OSError as failure:
            raise CannotStart(self._unusable(failure)) from failure
        finally:
            _drop(probe)

    def _unusable(self, failure: OSError) -> str:
        if failure.errno in (errno.ENOSPC, errno.EDQUOT):
            return f"The state folder {self.path} cannot be written: the disk is full. Make room, or {self.elsewhere}."
        return f"The state folder {self.path} cannot be written: {failure.strerror or failure}. {self.elsewhere[0].upper()}{self.elsewhere[1:]}."

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder against another control plane. Raises `CannotStart` when one has it."""
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode().strip()
            os.close(descriptor)
            who = command(int(holder)) if holder.isdecimal() else ""
            raise CannotStart(f"{self.path} is in use by another control plane{who and f', {who}'}. Stop that one, or {self.elsewhere}.") from None
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)
            yield
        finally:
            os.close(descriptor)

    def announce(self, connection: Connection) -> None:
        """Write where the mesh is."""
        files.write(self.connection, msgspec.json.format(msgspec.json.encode(connection)).decode() + "\n", files.SECRET)

    def withdraw(self) -> None:
        """The mesh is no longer there."""
        self.connection.unlink(missing_ok=True)


def command(pid: int) -> str:
    """A process as a sentence names it: `process 123 (nginx -g …)`."""
    try:
        words = " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        return f"process {pid}"
    return f"process {pid} ({words[:120]}{'…' if len(words) > 120 else ''})" if words else f"process {pid}"


def _drop(probe: Path) -> None:
    try:
        probe.unlink(missing_ok=True)
    except OSError:
        return
