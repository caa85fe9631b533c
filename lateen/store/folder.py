"""Reading a folder of YAML and JSON files: `reading` gives the files as they are now, from what was known of them before.

Only files that look different are read again. What cannot be read keeps its last good state and says so in a `Problem`, so that half an
edit, a lost mount or a wrong permission never takes config away. Files and folders whose names start with a dot are left alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from lateen.store.documents import Mistake, documents
from lateen.values.ref import Ref

Identify: TypeAlias = Callable[[dict[str, Any]], Ref | str]
"""Which object a manifest is, or a sentence why it is none."""

SUFFIXES = (".yaml", ".yml", ".json")

_Look: TypeAlias = tuple[int, int, int]
_UNSEEN: _Look = (0, 0, 0)


class Problem(msgspec.Struct, frozen=True, order=True):
    """What is wrong in a file: its path below the folder, where (counted from 1, 0 when not known), and a sentence."""

    file: str
    line: int
    column: int
    sentence: str

    def __str__(self) -> str:
        return ":".join([self.file, *(str(number) for number in (self.line, self.column) if number)]) + f": {self.sentence}"


class File(msgspec.Struct, frozen=True):
    """A file as last read: how it looked (time, size, inode), the manifests in it as compact JSON, and what is wrong with it."""

    look: _Look
    manifests: Mapping[Ref, bytes]
    problems: tuple[Problem, ...]


def reading(root: Path, known: Mapping[Path, File], touched: Collection[Path], identify: Identify) -> dict[Path, File]:
    """The files under `root` in the order of their paths; those in `touched` are read even where they look as they did."""
    looks: dict[Path, _Look] = {}
    closed: dict[Path, str] = {}
    _scan(root, looks, closed)
    files: dict[Path, File] = {}
    for path, look in looks.items():
        before = known.get(path)
        if before and before.look == look and path not in touched:
            files[path] = before
        else:
            files[path] = _file(path, root, look, before, identify)
    for folder, why in closed.items():
        files |= _kept(folder, root, known, why)
    return dict(sorted(files.items(), key=lambda item: str(item[0])))


def _scan(folder: Path, looks: dict[Path, _Look], closed: dict[Path, str]) -> None:
    """Note how each file below `folder` looks, and why a folder cannot be listed."""
    try:
        entries = list(os.scandir(folder))
    except OSError as failure:
        closed[folder] = failure.strerror or str(failure)
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            _scan(folder / entry.name, looks, closed)
        elif entry.name.endswith(SUFFIXES):
            _look_at(entry, folder / entry.name, looks)


def _look_at(entry: os.DirEntry[str], path: Path, looks: dict[Path, _Look]) -> None:
    try:
        stat = entry.stat()
    except FileNotFoundError:
        return  # It was deleted while the folder was listed, or is a link to nothing.
    except OSError:
        looks[path] = _UNSEEN  # Reading it will say why.
        return
    looks[path] = (stat.st_mtime_ns, stat.st_size, stat.st_ino)


def _file(path: Path, root: Path, look: _Look, before: File | None, identify: Identify) -> File:
    name = str(path.relative_to(root))
    last_good: Mapping[Ref, bytes] = before.manifests if before else {}
    try:
        found = documents(path.read_bytes())
    except OSError as failure:
        problem = Problem(name, 0, 0, f"The file cannot be read: {failure.strerror or failure}. {_consequence(last_good)}")
        return File(_UNSEEN, last_good, (problem,))
    except Mistake as mistake:
        return File(look, last_good, (Problem(name, mistake.line, mistake.column, f"{mistake} {_consequence(last_good)}"),))
    manifests: dict[Ref, bytes] = {}
    problems: list[Problem] = []
    for document in found:
        ref = identify(document.value)
        if isinstance(ref, str):
            problems.append(Problem(name, document.line, 0, ref))
        elif ref in manifests:
            problems.append(Problem(name, document.line, 0, f"{ref} is in this file twice; the first one counts. Delete or rename one."))
        else:
            manifests[ref] = msgspec.json.encode(document.value)
    return File(look, manifests, tuple(problems))


def _consequence(last_good: Mapping[Ref, bytes]) -> str:
    return "What it held when it could last be read stays in force." if last_good else "Nothing of it is in force."


def _kept(folder: Path, root: Path, known: Mapping[Path, File], why: str) -> dict[Path, File]:
    """The files below a folder that cannot be listed, as they were; an entry for the folder itself carries the problem."""
    below = {path: file for path, file in known.items() if path.is_relative_to(folder) and path != folder}
    held = any(file.manifests for file in below.values())
    sentence = f"The folder cannot be listed: {why}. {'What was in it stays in force.' if held else 'Nothing of it is in force.'}"
    problem = Problem(str(folder.relative_to(root)), 0, 0, sentence)
    return below | {folder: File(_UNSEEN, {}, (problem,))}
