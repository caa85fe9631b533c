"""The folder of Istio YAML beside `mesh.yaml`: what is in it, and telling the control plane of it, with what is gone taken away.

What was applied last is written down in the state folder, so that objects whose file was deleted meanwhile are deleted too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from lateen.api import decode
from lateen.api.kinds import KINDS
from lateen.local.api import ControlApi, RefusedError, sentence
from lateen.values.ref import Ref

_SUFFIXES = (".yaml", ".yml", ".json")


class ConfigFolder:
    """The texts that the mesh consists of: those of the folder, and those that `lateen up` writes itself (`own`).

    What is gone is deleted only once the folder has been taken: a folder that cannot be read or is refused leaves everything as it was.
    """

    def __init__(self, folder: Path | None, record: Path, api: ControlApi) -> None:
        self._folder = folder
        self._record = record
        self._api = api
        self._own: dict[str, str] = {}
        self._taken: dict[str, str] | None = None
        self._turn = asyncio.Lock()

    def read(self) -> dict[str, str]:
        """The files of the folder, by their names in it; hidden ones are passed over. Raises `RefusedError` for one that cannot be read, and for a
        folder that is not there: that somebody moved it is no wish to lose all that it held."""
        if self._folder is None:
            return {}
        if not self._folder.is_dir():
            raise RefusedError(f"There is no folder {self._folder}, which `config` names. Make it, or name another.")
        paths = sorted(path for path in self._folder.rglob("*") if path.suffix in _SUFFIXES and not path.name.startswith(".") and path.is_file())
        return {f"{self._folder.name}/{path.relative_to(self._folder)}": _text(path) for path in paths}

    def follow(self, folder: Path | None) -> bool:
        """From now on the texts are those of this folder; whether that is another one than before."""
        other, self._folder = folder != self._folder, folder
        return other

    def concerns(self, changed: Iterable[Path]) -> bool:
        """Whether any of the paths lies in the folder."""
        return self._folder is not None and any(path.is_relative_to(self._folder) for path in changed)

    async def own(self, name: str, text: str, wait: float = 0.0) -> None:
        """Replace a text that `lateen up` writes itself, and wait up to so many seconds until all proxies have what follows."""
        async with self._turn:
            await self._apply({**self._own, name: text}, self._taken, wait)

    async def refresh(self, name: str = "", text: str = "") -> list[str]:
        """Take in what the folder holds now, and with a name this text, too; what is doubtful in it, or wrong with the whole, as sentences.

        Raises `RefusedError`, and then nothing has changed.
        """
        async with self._turn:
            return await self._apply({**self._own, name: text} if name else self._own, self.read())

    async def _apply(self, own: dict[str, str], taken: dict[str, str] | None, wait: float = 0.0) -> list[str]:
        """One revision for what there is, then deletions of what there no longer is. With `wait`, up to so many seconds until all proxies
        have what follows."""
        files = {**own, **(taken or {})}
        answer = await self._api.apply(files.items(), "lateen up")
        recorded, present = self._recorded(), refs(files)
        gone = (recorded if taken is not None else refs(self._own)) - present  # Of a folder that is not taken in, nothing is known to be gone.
        self._own, self._taken = own, taken
        for ref in sorted(gone):
            await self._api.delete(path(ref))
        if wait > 0:
            await self._api.apply(files.items(), "lateen up", wait)  # Changes nothing: it is for the waiting.
        self._write(present if taken is not None else present | recorded)
        return [sentence(finding) for finding in (*answer["findings"], *answer["analysis"]) if finding["severity"] != "info"]

    def _recorded(self) -> set[Ref]:
        try:
            return set(msgspec.json.decode(self._record.read_bytes(), type=list[Ref]))
        except (OSError, msgspec.DecodeError):
            return set()

    def _write(self, found: set[Ref]) -> None:
        fresh = self._record.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(sorted(found)))
        fresh.replace(self._record)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise RefusedError(f"{path} cannot be read: {why}. Mend it, or take it out of the folder.") from error


def refs(files: dict[str, str]) -> set[Ref]:
    """The objects that the texts hold."""
    found: list[Any] = [resource for name, text in files.items() for resource in decode.resources(text, name)[0]]
    return {resource.ref for resource in found}


def path(ref: Ref) -> str:
    """Where the API has an object."""
    kind = KINDS[ref.kind]
    group = f"/apis/{kind.api_version}" if kind.group else f"/api/{kind.api_version}"
    namespace = f"/namespaces/{ref.namespace}" if kind.namespaced else ""
    return f"{group}{namespace}/{kind.plural}/{ref.name}"
