"""Names of gateways in a VirtualService (N-2)."""

from __future__ import annotations

from collections.abc import Iterable

from lateen.api.text import Path
from lateen.check import hosts
from lateen.check.remark import Remarks, deprecated, wrong

MESH = "mesh"


def gateway_names(names: Iterable[str], path: Path) -> Remarks:
    """`mesh`, `name`, `namespace/name` or `./name`; `name.namespace.svc.domain` is an old form."""
    for index, name in enumerate(names):
        yield from _gateway_name(name, (*path, index))


def _gateway_name(name: str, path: Path) -> Remarks:
    namespace, slash, short = name.partition("/")
    if slash:
        if (namespace != "." and not hosts.is_label(namespace)) or not hosts.is_label(short):
            yield wrong(path, f'found the gateway "{name}", expected namespace/name.')
    elif not name:
        yield wrong(path, "the name of the gateway is empty.", 'Write "mesh" for the sidecars.')
    elif "." in name:
        yield from hosts.full_name(name, path)
        first, second, *_ = name.split(".")
        yield deprecated(path, f'found the gateway "{name}" in an old form.', f'Write "{second}/{first}".')
    elif not hosts.is_label(name):
        yield wrong(path, f'found the gateway "{name}", expected a name or namespace/name.')
