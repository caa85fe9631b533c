"""TrafficExtension: what is refused, and what is warned of."""

from __future__ import annotations

from lateen.api.extensions.traffic_extension import LuaConfig, TrafficExtension, WasmConfig
from lateen.api.resource import Resource
from lateen.api.text import Path
from lateen.check.extensions import modules
from lateen.check.remark import Remarks, wrong
from lateen.check.targets import targets

_LONGEST_SCRIPT = 64 * 1024


def traffic_extension(of: Resource[TrafficExtension]) -> Remarks:
    """A module or a script, and the traffic that it sees."""
    spec = of.spec
    yield from targets(spec)
    if spec.wasm is None and spec.lua is None:
        yield wrong(("spec",), "neither wasm nor lua is given.")
    if spec.wasm is not None:
        yield from _wasm(spec.wasm, ("spec", "wasm"))
    if spec.lua is not None:
        yield from _lua(spec.lua, ("spec", "lua", "inlineCode"))
    yield from modules.traffic(spec.match, ("spec", "match"))


def _wasm(wasm: WasmConfig, path: Path) -> Remarks:
    yield from modules.url(wasm.url, (*path, "url"))
    yield from modules.checksum(wasm.sha256, (*path, "sha256"))
    yield from modules.machine(wasm.vm_config, (*path, "vmConfig"))


def _lua(lua: LuaConfig, path: Path) -> Remarks:
    size = len(lua.inline_code.encode())
    if not lua.inline_code.strip():
        yield wrong(path, "the script is empty.")
    elif size > _LONGEST_SCRIPT:
        yield wrong(path, f"found a script of {size} bytes, expected at most {_LONGEST_SCRIPT}.")
