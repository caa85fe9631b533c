"""Hosts with a namespace before them, `namespace/host`, as gateways and sidecars write them (GW-4, SC-1)."""

from __future__ import annotations

from lateen.api.text import Path
from lateen.check import hosts
from lateen.check.remark import Remarks, wrong

_EVERY = "*"
_OWN = "."
_NONE = "~"


def gateway_host(written: str, path: Path) -> Remarks:
    """`[namespace/]host`, where the namespace may be `*` or `.`."""
    namespace, slash, host = written.partition("/")
    if not slash:
        yield from hosts.scoped(written, path)
        return
    if namespace not in (_EVERY, _OWN, _NONE):
        yield from _namespace(namespace, written, path)
    yield from hosts.scoped(host, path)


def sidecar_host(written: str, path: Path) -> Remarks:
    """`namespace/host`, where the namespace may be `*`, `.` or `~` (none); `~` before a namespace takes the host away."""
    namespace, slash, host = written.partition("/")
    if not slash:
        yield wrong(path, f'found "{written}", expected namespace/host.', f'Write "*/{written}" for any namespace, "./{written}" for this one.')
        return
    if namespace != _NONE:
        namespace = namespace.removeprefix(_NONE).lstrip()
    if namespace not in (_EVERY, _OWN, _NONE):
        yield from _namespace(namespace, written, path)
    yield from hosts.scoped(host, path)


def _namespace(namespace: str, written: str, path: Path) -> Remarks:
    if not namespace:
        yield wrong(path, f'found "{written}", whose namespace is empty.', 'Write "./" for the own namespace, "*/" for any.')
    elif not hosts.is_label(namespace):
        yield wrong(path, f'found the namespace "{namespace}", expected letters and digits with "-" only inside, "*" or ".".')
