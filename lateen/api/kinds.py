"""The table of kinds: everything that users may write, with its group, versions and names.

`Kind.key` is what `Ref.kind` holds: the kind's own name, except for Gateway API's Gateway, which is `KubernetesGateway` beside Istio's `Gateway`.
All versions of a group are read alike (VA-2); the first one is what is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from lateen.api.core import config_map, endpoint_slice, ingress, namespace, node, pod, secret, service, service_account
from lateen.api.extensions import traffic_extension, wasm_plugin
from lateen.api.gateway import (
    backend_tls_policy,
    gateway_class,
    grpc_route,
    http_route,
    listener_set,
    reference_grant,
    tcp_route,
    tls_route,
)
from lateen.api.gateway import gateway as kubernetes_gateway
from lateen.api.multicluster import service_export, service_import
from lateen.api.networking import (
    destination_rule,
    envoy_filter,
    gateway,
    proxy_config,
    service_entry,
    sidecar,
    virtual_service,
    workload_entry,
    workload_group,
)
from lateen.api.security import authorization_policy, peer_authentication, request_authentication
from lateen.api.telemetry import telemetry

ISTIO = ".istio.io"
"""How the names of Istio's groups end."""
NETWORKING = "networking.istio.io"
SECURITY = "security.istio.io"
TELEMETRY = "telemetry.istio.io"
EXTENSIONS = "extensions.istio.io"
GATEWAY_API = "gateway.networking.k8s.io"
CORE = ""
DISCOVERY = "discovery.k8s.io"
INGRESS = "networking.k8s.io"
MULTICLUSTER = "multicluster.x-k8s.io"


ENVELOPE = frozenset({"apiVersion", "kind", "metadata"})
"""The fields that every manifest has."""


class Kind(msgspec.Struct, frozen=True):
    """One kind.

    `spec` is its struct; when `is_whole_body`, that of everything beside the metadata. `status` is the struct of its status, None where that is kept
    as it was written.
    """

    key: str
    group: str
    versions: tuple[str, ...]
    kind: str
    plural: str
    short_names: tuple[str, ...]
    namespaced: bool
    spec: type[msgspec.Struct]
    has_status: bool = False
    status: type[msgspec.Struct] | None = None
    is_whole_body: bool = False

    @property
    def api_version(self) -> str:
        """The `apiVersion` that is written."""
        return f"{self.group}/{self.versions[0]}" if self.group else self.versions[0]

    @property
    def name_with_group(self) -> str:
        """The name of its custom resource definition: `gateways.networking.istio.io`; the plural alone in the core group."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def body(self, manifest: Mapping[str, Any]) -> tuple[Any, tuple[str, ...]]:
        """What of a manifest becomes the struct of the kind, and the path to it."""
        if self.is_whole_body:
            return {name: value for name, value in manifest.items() if name not in ENVELOPE}, ()
        return manifest.get("spec"), ("spec",)


def _networking(
    spec: type[msgspec.Struct],
    plural: str,
    *short_names: str,
    status: type[msgspec.Struct] | None = None,
    versions: tuple[str, ...] = ("v1", "v1beta1", "v1alpha3"),
) -> Kind:
    name = spec.__name__
    return Kind(name, NETWORKING, versions, name, plural, short_names, True, spec, has_status=True, status=status)


def _istio(group: str, versions: tuple[str, ...], spec: type[msgspec.Struct], plural: str, *short_names: str) -> Kind:
    name = spec.__name__
    return Kind(name, group, versions, name, plural, short_names, True, spec, has_status=True)


def _gateway_api(spec: type[msgspec.Struct], plural: str, *short_names: str, versions: tuple[str, ...] = ("v1", "v1beta1", "v1alpha2")) -> Kind:
    name = spec.__name__
    return Kind(name, GATEWAY_API, versions, name, plural, short_names, True, spec, has_status=True)


def _kubernetes(spec: type[msgspec.Struct], plural: str, *short_names: str, group: str = CORE) -> Kind:
    name = spec.__name__
    has_status = any(field.name == "status" for field in msgspec.structs.fields(spec))
    return Kind(name, group, ("v1",), name, plural, short_names, True, spec, has_status=has_status, is_whole_body=True)


def _multicluster(spec: type[msgspec.Struct], plural: str, *short_names: str) -> Kind:
    return msgspec.structs.replace(_kubernetes(spec, plural, *short_names, group=MULTICLUSTER), versions=("v1alpha1", "v1beta1", "v1"))


def _cluster_wide(kind: Kind) -> Kind:
    return msgspec.structs.replace(kind, namespaced=False)


_ALL = (
    _networking(virtual_service.VirtualService, "virtualservices", "vs"),
    _networking(destination_rule.DestinationRule, "destinationrules", "dr"),
    _networking(gateway.Gateway, "gateways", "gw"),
    _networking(service_entry.ServiceEntry, "serviceentries", "se", status=service_entry.ServiceEntryStatus),
    _networking(workload_entry.WorkloadEntry, "workloadentries", "we", status=workload_entry.WorkloadEntryStatus),
    _networking(workload_group.WorkloadGroup, "workloadgroups", "wg"),
    _networking(sidecar.Sidecar, "sidecars"),
    _networking(envoy_filter.EnvoyFilter, "envoyfilters", versions=("v1alpha3", "v1", "v1beta1")),
    _networking(proxy_config.ProxyConfig, "proxyconfigs", versions=("v1beta1", "v1", "v1alpha3")),
    _istio(SECURITY, ("v1", "v1beta1"), authorization_policy.AuthorizationPolicy, "authorizationpolicies", "ap"),
    _istio(SECURITY, ("v1", "v1beta1"), peer_authentication.PeerAuthentication, "peerauthentications", "pa"),
    _istio(SECURITY, ("v1", "v1beta1"), request_authentication.RequestAuthentication, "requestauthentications", "ra"),
    _istio(TELEMETRY, ("v1", "v1alpha1"), telemetry.Telemetry, "telemetries", "telemetry"),
    _istio(EXTENSIONS, ("v1alpha1", "v1"), wasm_plugin.WasmPlugin, "wasmplugins"),
    _istio(EXTENSIONS, ("v1alpha1", "v1"), traffic_extension.TrafficExtension, "trafficextensions"),
    _cluster_wide(_gateway_api(gateway_class.GatewayClass, "gatewayclasses", "gc")),
    msgspec.structs.replace(_gateway_api(kubernetes_gateway.Gateway, "gateways", "gtw"), key="KubernetesGateway"),
    _gateway_api(listener_set.ListenerSet, "listenersets", "lset"),
    _gateway_api(http_route.HTTPRoute, "httproutes"),
    _gateway_api(grpc_route.GRPCRoute, "grpcroutes"),
    _gateway_api(tls_route.TLSRoute, "tlsroutes", versions=("v1", "v1alpha3", "v1alpha2", "v1beta1")),
    _gateway_api(tcp_route.TCPRoute, "tcproutes", versions=("v1alpha2", "v1", "v1beta1", "v1alpha3")),
    _gateway_api(reference_grant.ReferenceGrant, "referencegrants", "refgrant", versions=("v1beta1", "v1", "v1alpha2")),
    _gateway_api(backend_tls_policy.BackendTLSPolicy, "backendtlspolicies", "btlspolicy", versions=("v1", "v1alpha3", "v1alpha2", "v1beta1")),
    _cluster_wide(_kubernetes(namespace.Namespace, "namespaces", "ns")),
    _kubernetes(service.Service, "services", "svc"),
    _kubernetes(pod.Pod, "pods", "po"),
    _cluster_wide(_kubernetes(node.Node, "nodes", "no")),
    _kubernetes(endpoint_slice.EndpointSlice, "endpointslices", group=DISCOVERY),
    _kubernetes(secret.Secret, "secrets"),
    _kubernetes(config_map.ConfigMap, "configmaps", "cm"),
    _kubernetes(service_account.ServiceAccount, "serviceaccounts", "sa"),
    _kubernetes(ingress.Ingress, "ingresses", "ing", group=INGRESS),
    _cluster_wide(_kubernetes(ingress.IngressClass, "ingressclasses", group=INGRESS)),
    _multicluster(service_export.ServiceExport, "serviceexports", "svcex"),
    _multicluster(service_import.ServiceImport, "serviceimports", "svcim"),
)

KINDS: Mapping[str, Kind] = {kind.key: kind for kind in _ALL}
GROUPS: frozenset[str] = frozenset(kind.group for kind in _ALL)

_BY_GROUP_AND_NAME: Mapping[tuple[str, str], Kind] = {(kind.group, kind.kind): kind for kind in _ALL}


def split_api_version(api_version: str) -> tuple[str, str]:
    """Group and version of an `apiVersion`: `("networking.istio.io", "v1")`, `("", "v1")`."""
    group, _, version = api_version.rpartition("/")
    return group, version


@lru_cache(maxsize=1024)
def of_manifest(api_version: str, kind: str) -> Kind | None:
    """The kind that a manifest's `apiVersion` and `kind` name; None when there is none, or not in that version."""
    group, version = split_api_version(api_version)
    found = _BY_GROUP_AND_NAME.get((group, kind))
    return found if found and version in found.versions else None


def in_group(group: str, kind: str) -> Kind | None:
    """The kind of that name in that group, whatever its version."""
    return _BY_GROUP_AND_NAME.get((group, kind))


def of_group(group: str) -> tuple[Kind, ...]:
    """All kinds of a group."""
    return tuple(kind for kind in _ALL if kind.group == group)


def named(word: str) -> Kind | None:
    """The kind that a user means at the command line, in any case: key, kind, plural, short name, or plural with group.

    A word that fits several means the first in the order of the table, so `gateways` is Istio's.
    """
    return _BY_WORD.get(word.lower())


def words() -> tuple[str, ...]:
    """Every word that `named` understands, for completion and "did you mean"."""
    return tuple(_BY_WORD)


def _by_word() -> dict[str, Kind]:
    found: dict[str, Kind] = {}
    for kind in _ALL:
        name = kind.kind.lower()
        for word in (kind.key.lower(), name, kind.plural, *kind.short_names, kind.name_with_group, f"{name}.{kind.group}".rstrip(".")):
            found.setdefault(word, kind)
    return found


_BY_WORD = _by_word()
