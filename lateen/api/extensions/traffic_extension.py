"""TrafficExtension: a WebAssembly or Lua filter in the proxies (https://istio.io/latest/docs/reference/config/proxy_extensions/v1alpha1/traffic_extension.html)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from lateen.api.extensions.wasm_plugin import FailStrategy, PluginName, PluginType, PullPolicy, SecretName, TrafficSelector, VmConfig
from lateen.api.selector import TargetRefs, WorkloadSelector
from lateen.api.shape import Int32, OneOf, Strict


class ExecutionPhase(StrEnum):
    """Where in the filter chain the extension stands; the long names of the protobuf enum are accepted too."""

    UNSPECIFIED = "UNSPECIFIED"
    AUTHN = "AUTHN"
    AUTHZ = "AUTHZ"
    STATS = "STATS"

    @classmethod
    def _missing_(cls, value: object) -> ExecutionPhase | None:
        short = value.removeprefix("EXECUTION_PHASE_") if isinstance(value, str) else None
        return next((phase for phase in cls if phase.value == short), None)


class WasmConfig(Strict, frozen=True):
    """A WebAssembly module."""

    url: str
    sha256: str = ""
    image_pull_policy: PullPolicy = PullPolicy.UNSPECIFIED_POLICY
    image_pull_secret: SecretName = ""
    verification_key: str = ""
    plugin_config: Mapping[str, Any] | None = None
    plugin_name: PluginName = ""
    fail_strategy: FailStrategy = FailStrategy.FAIL_CLOSE
    vm_config: VmConfig | None = None
    type: PluginType = PluginType.UNSPECIFIED_PLUGIN_TYPE


class LuaConfig(Strict, frozen=True):
    """A Lua script of at most 64 KiB."""

    inline_code: str


class TrafficExtension(OneOf, frozen=True):
    """A filter and where it runs; of one phase the highest `priority` comes first."""

    selector: WorkloadSelector | None = None
    target_refs: TargetRefs = ()
    phase: ExecutionPhase = ExecutionPhase.UNSPECIFIED
    priority: Int32 | None = None
    match: tuple[TrafficSelector, ...] = ()
    wasm: WasmConfig | None = None
    lua: LuaConfig | None = None

    one_of = (("wasm", "lua"),)
