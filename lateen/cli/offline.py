"""Files for commands that ask no mesh: as `files` finds them, but that a `mesh.yaml` is the objects that it stands for, as in a running mesh. Its
workloads have made-up addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final

from lateen.cli.files import Source, sources
from lateen.cli.trouble import REFUSED, Trouble

_NAME: Final = "mesh.yaml"
_OURS: Final = re.compile("^(services|gateways):", re.MULTILINE)
_OBJECT: Final = re.compile("^(apiVersion|kind):", re.MULTILINE)
_NOBODYS: Final = IPv4Address("198.18.0.0")
"""The first of the addresses that are kept for tests."""


def objects_of(names: Iterable[str], *, recursive: bool = True) -> list[Source]:
    """All files that the names mean, as `sources`; each `mesh.yaml` among them as the objects that it stands for. Raises `Trouble`: 1 for a
    `mesh.yaml` that is wrong, 2 for files that cannot be read."""
    return [_as_objects(source) if _is_mesh_file(source) else source for source in sources(names, recursive=recursive)]


def _is_mesh_file(source: Source) -> bool:
    """Whether it is ours: objects may be in a file of that name, too."""
    return Path(source.name).name == _NAME and bool(_OURS.search(source.text)) and not _OBJECT.search(source.text)


def _as_objects(source: Source) -> Source:
    import msgspec
    import yaml

    from lateen.local import mesh_file, objects
    from lateen.local.workloads import workloads

    mesh, findings = mesh_file.read(source.text, source.name)
    if mesh is None:
        raise Trouble("\n".join(map(str, findings)), REFUSED)
    placed = [msgspec.structs.replace(each, address=str(_NOBODYS + index)) for index, each in enumerate(workloads(mesh, ""), 1)]
    return Source(f"{source.name} (what it stands for)", yaml.safe_dump_all(objects.manifests(mesh, placed), sort_keys=False))
