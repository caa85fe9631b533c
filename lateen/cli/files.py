"""The files that `-f` names: files, folders (all YAML and JSON below them), or `-` for standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from lateen.cli.trouble import MISUSED, Trouble

SUFFIXES: Final = (".yaml", ".yml", ".json")


class Source(NamedTuple):
    """A file's name as the user wrote it, and its text."""

    name: str
    text: str


def sources(names: Iterable[str], *, recursive: bool = True) -> list[Source]:
    """All files that the names mean, in order; of a folder all below it, or just its own. Raises `Trouble` (2)."""
    wanted = list(names)
    found = [source for name in wanted for source in _of(name, recursive=recursive)]
    if not found:
        below = "below" if recursive else "in"
        where = f"{below} {' and '.join(wanted)}" if wanted else "here"
        raise Trouble(f"There is no YAML or JSON {where}. Name files, folders of them, or - for standard input.", MISUSED)
    return found


def _of(name: str, *, recursive: bool) -> Iterator[Source]:
    if name == "-":
        yield Source("standard input", _decoded(sys.stdin.buffer.read(), "standard input"))
        return
    path = Path(name)
    if path.is_dir():
        for each in sorted(path.rglob("*") if recursive else path.iterdir()):
            hidden = any(part.startswith(".") for part in each.relative_to(path).parts)
            if each.suffix in SUFFIXES and each.is_file() and not hidden:
                yield Source(str(each), _text(each))
        return
    yield Source(name, _text(path))


def _text(path: Path) -> str:
    try:
        return _decoded(path.read_bytes(), str(path))
    except OSError as failure:
        raise Trouble(f"{path} cannot be read: {failure.strerror}.", MISUSED) from failure


def _decoded(raw: bytes, name: str) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as failure:
        raise Trouble(f"{name} cannot be read: it is not UTF-8 text.", MISUSED) from failure
