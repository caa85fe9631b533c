"""WasmPlugin: a WebAssembly filter in the proxies (https://istio.io/latest/docs/reference/config/proxy_extensions/wasm-plugin/)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta

from lateen.api.selector import PolicyTargetReference, PortSelector, TargetRefs, WorkloadMode, WorkloadSelector
from lateen.api.shape import Int32, Strict


class PluginPhase(StrEnum):
    """Where in the filter chain the plugin stands."""

    UNSPECIFIED_PHASE = "UNSPECIFIED_PHASE"
    AUTHN = "AUTHN"
    AUTHZ = "AUTHZ"
    STATS = "STATS"


class PluginType(StrEnum):
    """Whether it filters requests or connections."""

    UNSPECIFIED_PLUGIN_TYPE = "UNSPECIFIED_PLUGIN_TYPE"
    HTTP = "HTTP"
    NETWORK = "NETWORK"


class PullPolicy(StrEnum):
    """When the module is fetched."""

    UNSPECIFIED_POLICY = "UNSPECIFIED_POLICY"
    IF_NOT_PRESENT = "IfNotPresent"
    ALWAYS = "Always"


class FailStrategy(StrEnum):
    """What happens to calls when the plugin fails for good."""

    FAIL_CLOSE = "FAIL_CLOSE"
    FAIL_OPEN = "FAIL_OPEN"
    FAIL_RELOAD = "FAIL_RELOAD"


class EnvValueSource(StrEnum):
    """Where the value of a variable comes from."""

    INLINE = "INLINE"
    HOST = "HOST"


PluginName = Annotated[str, Meta(min_length=1, max_length=256)]
SecretName = Annotated[str, Meta(min_length=1, max_length=253)]


class EnvVar(Strict, frozen=True):
    """An environment variable of the virtual machine."""

    name: Annotated[str, Meta(max_length=256)]
    value_from: EnvValueSource = EnvValueSource.INLINE
    value: Annotated[str, Meta(max_length=2048)] = ""


class VmConfig(Strict, frozen=True):
    """The virtual machine that runs the module."""

    env: Annotated[tuple[EnvVar, ...], Meta(max_length=256)] = ()


class TrafficSelector(Strict, frozen=True):
    """The traffic that the plugin sees; all conditions must hold."""

    mode: WorkloadMode = WorkloadMode.UNDEFINED
    ports: tuple[PortSelector, ...] = ()


class WasmPlugin(Strict, frozen=True):
    """A module (`oci://`, `http(s)://` or `file://`) and where it runs; of one phase the highest `priority` comes first."""

    url: str
    selector: WorkloadSelector | None = None
    target_ref: PolicyTargetReference | None = None
    target_refs: TargetRefs = ()
    sha256: str = ""
    image_pull_policy: PullPolicy = PullPolicy.UNSPECIFIED_POLICY
    image_pull_secret: SecretName = ""
    verification_key: str = ""
    plugin_config: Mapping[str, Any] | None = None
    plugin_name: PluginName = ""
    phase: PluginPhase = PluginPhase.UNSPECIFIED_PHASE
    priority: Int32 | None = None
    fail_strategy: FailStrategy = FailStrategy.FAIL_CLOSE
    vm_config: VmConfig | None = None
    match: tuple[TrafficSelector, ...] = ()
    type: PluginType = PluginType.UNSPECIFIED_PLUGIN_TYPE
