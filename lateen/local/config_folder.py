"""The folder of Istio YAML beside `mesh.yaml`: what is in it, and telling the control plane of it, with what is gone taken away.

What was applied last is written down in the state folder, so that objects whose file was deleted meanwhile are deleted too.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from lateen.api import decode
from lateen.api.kinds import KINDS
from lateen.local.api import ControlApi
from lateen.values.ref import Ref

_SUFFIXES = (".yaml", ".yml", ".json")


class ConfigFolder:
    """The texts that the mesh consists of: those of the folder, and those that `lateen up` writes itself (`own`)."""

    def __init__(self, folder: Path | None, record: Path, api: ControlApi) -> None:
        self._folder = folder
        self._record = record
        self._api = api
        self._files: dict[str, str] = {}

    def read(self) -> dict[str, str]:
        """The files of the folder, by their names in it."""
        if self._folder is None or not self._folder.is_dir():
            return {}
        paths = sorted(path for path in self._folder.rglob("*") if path.suffix in _SUFFIXES)
        return {f"{self._folder.name}/{path.relative_to(self._folder)}": path.read_text() for path in paths}

    def concerns(self, changed: Iterable[Path]) -> bool:
        """Whether any of the paths lies in the folder."""
        return self._folder is not None and any(path.is_relative_to(self._folder) for path in changed)

    async def own(self, name: str, text: str, wait: float = 0.0) -> None:
        """Replace a text that `lateen up` writes itself, and wait up to so many seconds until all proxies have what follows."""
        await self.apply({**self._files, name: text}, wait)

    async def refresh(self) -> None:
        """Take in what the folder holds now."""
        prefix = f"{self._folder.name}/" if self._folder is not None else "\0"
        await self.apply({**{name: text for name, text in self._files.items() if not name.startswith(prefix)}, **self.read()})

    async def apply(self, files: dict[str, str], wait: float = 0.0) -> None:
        """Make these the texts: one revision for what there is, then deletions of what there no longer is. With `wait`, up to so many seconds
        until all proxies have what follows. Raises `RefusedError`."""
        await self._api.apply(files.items(), "lateen up")
        self._files = files
        present = refs(files)
        for ref in self._recorded() - present:
            await self._api.delete(path(ref))
        if wait > 0:
            await self._api.apply(files.items(), "lateen up", wait)  # Changes nothing: it is for the waiting.
        self._record.write_bytes(msgspec.json.encode(sorted(present)))

    def _recorded(self) -> set[Ref]:
        try:
            return set(msgspec.json.decode(self._record.read_bytes(), type=list[Ref]))
        except (OSError, msgspec.DecodeError):
            return set()


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
