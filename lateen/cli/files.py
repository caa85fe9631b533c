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
    found = [source for name in names for source in _of(name, recursive=recursive)]
    if not found:
        raise Trouble("There is nothing to read: name files, folders with YAML or JSON in them, or - with -f.", MISUSED)
    return found


def _of(name: str, *, recursive: bool) -> Iterator[Source]:
    if name == "-":
        yield Source("standard input", sys.stdin.read())
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
        return path.read_text()
    except OSError as failure:
        raise Trouble(f"{path} cannot be read: {failure.strerror}.", MISUSED) from failure
    except UnicodeDecodeError as failure:
        raise Trouble(f"{path} cannot be read: it is not UTF-8 text.", MISUSED) from failure
