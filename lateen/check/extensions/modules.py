"""WebAssembly modules: where they come from and how they are run (EX-4)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lateen.api.extensions.wasm_plugin import EnvValueSource, TrafficSelector, VmConfig
from lateen.api.text import Path
from lateen.check import ports
from lateen.check.remark import Remarks, wrong

_CHECKSUM = re.compile(r"[a-f0-9]{64}")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*)://")
_SCHEMES = frozenset({"oci", "http", "https", "file"})


def url(written: str, path: Path) -> Remarks:
    """`oci://`, `http://`, `https://`, `file://`, or an image without scheme."""
    if not written:
        yield wrong(path, "the url is empty.", "Write for instance oci://registry.example.com/plugin:v1.")
        return
    scheme = _SCHEME.match(written)
    if (scheme and scheme[1].lower() not in _SCHEMES) or re.search(r"\s", written):
        yield wrong(path, f'found "{written}", expected an address that begins with oci://, https://, http:// or file://.')


def checksum(written: str, path: Path) -> Remarks:
    """SHA-256 in lower-case hex digits; empty passes."""
    if written and not _CHECKSUM.fullmatch(written):
        yield wrong(path, f'found "{written}", expected 64 hex digits in lower case.')


def machine(vm: VmConfig | None, path: Path) -> Remarks:
    """Variables with names of their own; one taken from the host has no value here. None passes."""
    seen: set[str] = set()
    for index, variable in enumerate(vm.env if vm is not None else ()):
        place: Path = (*path, "env", index)
        if not variable.name:
            yield wrong((*place, "name"), "the name of the variable is empty.")
        if variable.name in seen:
            yield wrong((*place, "name"), f'the variable "{variable.name}" is given twice.', "Keep one of them.")
        seen.add(variable.name)
        if variable.value_from is EnvValueSource.HOST and variable.value:
            yield wrong((*place, "value"), "a value is given with valueFrom: HOST.", "Leave one of them out.")


def traffic(selectors: Iterable[TrafficSelector], path: Path) -> Remarks:
    """Ports are ports, each named once."""
    for index, selector in enumerate(selectors):
        seen: set[int] = set()
        for place, port in enumerate(selector.ports):
            at: Path = (*path, index, "ports", place, "number")
            yield from ports.number(port.number, at)
            if port.number in seen:
                yield wrong(at, f"the port {port.number} is given twice.", "Keep one of them.")
            seen.add(port.number)
