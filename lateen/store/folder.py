"""Reading a folder of YAML and JSON files: `reading` gives the files as they are now, from what was known of them before.

Only files that look different are read again. What cannot be read, and an object that is refused, stays as it last was and is told of, so that half
an edit, a lost mount or a wrong permission never takes config away. Files and folders whose names start with a dot are left alone. What is in a text
is not known here: whoever does know gives a function (`Read`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import msgspec

from lateen.values.finding import FILE, Finding, Position, Severity
from lateen.values.ref import Ref


class Contents(msgspec.Struct, frozen=True):
    """What the text of a file holds: manifests as compact JSON and where each stands, which objects are refused, and what is to be said.

    `is_whole` is false when parts of the text cannot be read, so that nobody knows which objects are in them.
    """

    manifests: Mapping[Ref, bytes] = {}
    places: Mapping[Ref, Position] = {}
    refused: frozenset[Ref] = frozenset()
    findings: tuple[Finding, ...] = ()
    is_whole: bool = True


Read: TypeAlias = Callable[[str, str], Contents]
"""What is in a text, which comes from the file of that name."""

SUFFIXES = (".yaml", ".yml", ".json")
UNREADABLE = "IST0106"
GIVEN_TWICE = "IST0133"

_Look: TypeAlias = tuple[int, int, int]
_UNSEEN: _Look = (0, 0, 0)


class File(msgspec.Struct, frozen=True):
    """A file as last read: how it looked (time, size, inode), the manifests in it, where they stand, and what is wrong with it."""

    look: _Look
    manifests: Mapping[Ref, bytes]
    places: Mapping[Ref, Position]
    findings: tuple[Finding, ...]


def reading(root: Path, known: Mapping[Path, File], touched: Collection[Path], read: Read) -> dict[Path, File]:
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
            files[path] = _file(path, look, before, read)
    for folder, why in closed.items():
        files |= _kept(folder, known, why)
    return dict(sorted(files.items(), key=lambda item: str(item[0])))


def given_twice(ref: Ref, first: Position, second: Position) -> Finding:
    """That an object is given by two files, of which the second counts."""
    message = f"this object is given by two files, also at {first.file}:{first.line}; this one counts, as the later by name."
    return Finding(ref, "metadata.name", Severity.WARNING, GIVEN_TWICE, message, "Keep one, or name one of them otherwise.", second)


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


def _file(path: Path, look: _Look, before: File | None, read: Read) -> File:
    try:
        text = path.read_bytes().decode()
    except OSError as failure:
        return _as_it_was(path, before, _UNSEEN, f"This file cannot be read: {failure.strerror or failure}.")
    except UnicodeDecodeError as failure:
        return _as_it_was(path, before, look, f"This file is not text in UTF-8: byte {failure.start} is {failure.object[failure.start]:#04x}.")
    found = read(text, str(path))
    last_good = before.manifests if before else {}
    kept = {ref: manifest for ref, manifest in last_good.items() if _stays(ref, found)}
    places = {**(before.places if before else {}), **found.places}
    return File(look, {**kept, **found.manifests}, places, tuple(_with_consequences(found, kept)))


def _stays(ref: Ref, found: Contents) -> bool:
    return ref not in found.manifests and (ref in found.refused or not found.is_whole)


def _as_it_was(path: Path, before: File | None, look: _Look, message: str) -> File:
    manifests, places = (before.manifests, before.places) if before else ({}, {})
    return File(look, manifests, places, (_unreadable(path, message, is_held=bool(manifests)),))


def _unreadable(path: Path, message: str, *, is_held: bool) -> Finding:
    consequence = "What it held stays in force until it can be." if is_held else "Nothing of it is in force."
    return Finding(Ref(FILE, "", str(path)), "", Severity.ERROR, UNREADABLE, message, consequence, Position(str(path)))


def _with_consequences(found: Contents, kept: Mapping[Ref, bytes]) -> Iterator[Finding]:
    """The findings, the first error of each object with what it means for the mesh."""
    told: set[Ref] = set()
    for finding in found.findings:
        if finding.severity is Severity.ERROR and finding.ref not in told:
            told.add(finding.ref)
            yield msgspec.structs.replace(finding, hint=" ".join(part for part in (finding.hint, _consequence(finding.ref, found, kept)) if part))
        else:
            yield finding


def _consequence(ref: Ref, found: Contents, kept: Mapping[Ref, bytes]) -> str:
    if ref in kept:
        return "Until then this object stays in force as it last was."
    if ref in found.refused and found.is_whole:
        return "Until then there is no such object."
    return "Of this file, what cannot be read now stays in force as it last was." if kept else ""


def _kept(folder: Path, known: Mapping[Path, File], why: str) -> dict[Path, File]:
    """The files below a folder that cannot be listed, as they were; an entry for the folder itself carries the finding."""
    below = {path: file for path, file in known.items() if path.is_relative_to(folder) and path != folder}
    is_held = any(file.manifests for file in below.values())
    return below | {folder: File(_UNSEEN, {}, {}, (_unreadable(folder, f"This folder cannot be listed: {why}.", is_held=is_held),))}


def doubles(files: Iterable[File]) -> Iterator[Finding]:
    """Each object that several files give, told where it stands again."""
    first: dict[Ref, Position] = {}
    for file in files:
        for ref in file.manifests:
            place = file.places.get(ref, Position())
            if ref in first:
                yield given_twice(ref, first[ref], place)
            first[ref] = place
