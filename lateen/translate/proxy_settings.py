"""The ProxyConfig that holds for one proxy, laid together field by field.

"CRD with selector > annotation `proxy.istio.io/config` > CRD of the namespace > CRD of the root namespace > MeshConfig.defaultConfig > built-in". A
proxy that says itself what it was set up with (metadata `PROXY_CONFIG`, as Istio's agents do) is believed: its settings were laid together when it
was started, and nobody has restarted it since.
"""

from __future__ import annotations

import msgspec

from lateen.api import inputs, mesh
from lateen.api.mesh_config import decode_proxy_config
from lateen.api.mesh_proxy import BUILT_IN, ConnectionSettings, ProxyConfig, ProxyHeaders, Topology, at_edge, merged
from lateen.flow import Graph, query
from lateen.ir.view import Labels
from lateen.values.ref import Ref

KIND = "ProxyConfig"
ANNOTATION = "proxy.istio.io/config"
TOLD = "PROXY_CONFIG"
"""The word of a node's metadata with which a proxy says what it was set up with."""
METADATA = "ISTIO_META_"
"""How names in `proxyMetadata` begin that become words of the node's metadata."""

_NO_HEADERS = ProxyHeaders()
_NO_TOPOLOGY = Topology()
_NO_SETTINGS = ConnectionSettings()


class Whose(msgspec.Struct, frozen=True, cache_hash=True):
    """The proxy of workloads with these labels. `annotation` is the text of theirs, `told` what the proxy says it has; empty where there is none."""

    namespace: str
    labels: Labels = ()
    annotation: str = ""
    told: str = ""


def proxy_config(g: Graph, of: Whose) -> ProxyConfig:
    """What a proxy is set up with."""
    return _whole(g, *_sources(g, of))


def said(g: Graph, of: Whose) -> ProxyConfig:
    """The same as far as anybody says."""
    return _laid(g, *_sources(g, of))


Sources = tuple[tuple[Ref, ...], str, Ref | None, str]
"""Where settings come from: objects for many, the annotation, the object that selects the workload, and what the proxy itself says instead of all."""


def _sources(g: Graph, of: Whose) -> Sources:
    if of.told:
        return (), "", None, of.told
    root = mesh.root_namespace(g)
    wide = tuple(ref for ref in (_of_all(g, root), _of_all(g, of.namespace) if of.namespace != root else None) if ref is not None)
    return wide, of.annotation, _selecting(g, of.namespace, of.labels), ""


@query
def _whole(g: Graph, wide: tuple[Ref, ...], annotation: str, selecting: Ref | None, told: str) -> ProxyConfig:
    """Once for all proxies whose settings have the same sources: nearly all of a mesh."""
    return merged(BUILT_IN, _laid(g, wide, annotation, selecting, told))


def headers(g: Graph, of: Whose) -> ProxyHeaders:
    """The headers that a proxy adds, and those that it does not (HC-3)."""
    return proxy_config(g, of).proxy_headers or _NO_HEADERS


def topology(g: Graph, of: Whose) -> Topology:
    """What stands in front of a gateway (GW-10)."""
    return proxy_config(g, of).gateway_topology or _NO_TOPOLOGY


def connections(g: Graph, of: Whose, *, at_gateway: bool) -> ConnectionSettings:
    """How a proxy treats its clients' connections. "The `EDGE` profile defaults only apply to gateway (Router) proxies"."""
    found = proxy_config(g, of).connection_settings or _NO_SETTINGS
    return at_edge(found) if at_gateway else found


def metadata(g: Graph, of: Whose, name: str) -> str:
    """A word that `proxyMetadata` would have the proxy's agent put into the node's metadata; empty when it does not say."""
    return (proxy_config(g, of).proxy_metadata or {}).get(f"{METADATA}{name}", "")


@query
def _laid(g: Graph, wide: tuple[Ref, ...], annotation: str, selecting: Ref | None, told: str) -> ProxyConfig:
    if told:
        return decode_proxy_config(told, Ref(KIND, "", ""))[0]
    found = mesh.default_config(g)
    for ref in wide:
        found = merged(found, _of_object(g, ref))
    if annotation:
        found = merged(found, decode_proxy_config(annotation, Ref(KIND, "", ""))[0])
    return merged(found, _of_object(g, selecting)) if selecting is not None else found


@query
def _of_object(g: Graph, ref: Ref) -> ProxyConfig:
    """The little that an object can say, in the words of MeshConfig."""
    found = inputs.resource(g, ref)
    if found is None:
        return ProxyConfig()
    return ProxyConfig(
        concurrency=found.spec.concurrency,
        image=found.spec.image,
        proxy_metadata=dict(found.spec.environment_variables) or None,
    )


@query
def _of_all(g: Graph, namespace: str) -> Ref | None:
    """The oldest object of the namespace for all its workloads."""
    found = inputs.resources(g, KIND, namespace)
    return next((each.ref for each in found if each.spec.selector is None or not each.spec.selector.match_labels), None)


@query
def _selecting(g: Graph, namespace: str, labels: Labels) -> Ref | None:
    """The oldest object of the namespace that selects workloads with these labels."""
    for each in inputs.resources(g, KIND, namespace):
        wanted = each.spec.selector.match_labels if each.spec.selector is not None else {}
        if wanted and set(wanted.items()) <= set(labels):
            return each.ref
    return None
