"""WasmPlugin: what is refused, and what is warned of."""

from __future__ import annotations

from lateen.api.extensions.wasm_plugin import WasmPlugin
from lateen.api.resource import Resource
from lateen.check.extensions import modules
from lateen.check.remark import Remarks
from lateen.check.targets import targets


def wasm_plugin(of: Resource[WasmPlugin]) -> Remarks:
    """A module that can be fetched, and the traffic that it sees."""
    spec = of.spec
    yield from targets(spec)
    yield from modules.url(spec.url, ("spec", "url"))
    yield from modules.checksum(spec.sha256, ("spec", "sha256"))
    yield from modules.machine(spec.vm_config, ("spec", "vmConfig"))
    yield from modules.traffic(spec.match, ("spec", "match"))
