"""From who connected to what its configuration may depend on: `Proxy` to `View`. A `Proxy` goes no further than here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from envoy.config.core.v3.base_pb2 import Node
from google.protobuf import json_format

from lateen.assembly.sidecars import COLLECTING
from lateen.ir.view import Explicit, Locality, ProxyKind, View
from lateen.translate.proxy_settings import ANNOTATION, TOLD
from lateen.xds import node as xds
from lateen.xds.node import Proxy

SETTINGS: Final = (
    "ENABLE_QUIC_LISTENERS",
    "HTTP10",
    "HTTP_PROXY_PORT",
    "IDLE_TIMEOUT",
    "REQUESTED_NETWORK_VIEW",
    "ROUTER_MODE",
    "TLS_CLIENT_CERT_CHAIN",
    "TLS_CLIENT_KEY",
    "TLS_CLIENT_ROOT_CERT",
    "TLS_SERVER_CERT_CHAIN",
    "TLS_SERVER_KEY",
    "TLS_SERVER_ROOT_CERT",
)
"""Metadata of the node that shape configuration."""

COLLECTS_FROM: Final = [1, 38]
"""From which Envoy on endpoints may be resources of their own."""

PROXYLESS_AGENT: Final = "gRPC"
"""How the user agent begins of programs that are their own proxy (XD-14)."""


def view(proxy: Proxy, dependencies: tuple[str, ...] | None = None) -> View:
    """The View of a proxy; `dependencies` are the hosts of its on-demand scope, None when it has none."""
    return View(
        kind=_kind(proxy),
        namespace=proxy.namespace,
        labels=proxy.labels,
        addresses=proxy.addresses,
        service_account=proxy.service_account or "default",
        locality=Locality(proxy.locality.region, proxy.locality.zone, proxy.locality.subzone),
        network=proxy.network,
        cluster=proxy.cluster_id,
        node=str(proxy.metadata.get("NODE_NAME") or ""),
        capabilities=frozenset(name for name, value in proxy.capabilities if value and not (name == COLLECTING and _is_old(proxy))),
        dependencies=dependencies,
        interception=str(proxy.metadata.get("INTERCEPTION_MODE") or "REDIRECT"),
        explicit=_explicit(dict(proxy.capabilities).get("explicit")),
        settings=(*((name, _word(proxy.metadata[name])) for name in SETTINGS if proxy.metadata.get(name)), *_own_settings(proxy)),
        metadata=tuple(sorted((name, value) for name, value in proxy.metadata.items() if isinstance(value, str))),
    )


def _is_old(proxy: Proxy) -> bool:
    """Whether its Envoy may crash on endpoints of their own (https://github.com/envoyproxy/envoy/pull/43667)."""
    version = [int(part) if part.isdecimal() else 0 for part in proxy.user_agent_version.split(".")]
    return bool(proxy.user_agent_version) and version < COLLECTS_FROM


def view_of(node: str, metadata: Mapping[str, Any]) -> View:
    """The View of a proxy with this node id (XD-9) and metadata. Raises `ValueError` when the id has not Istio's form."""
    return view(xds.proxy(json_format.ParseDict({"id": node, "metadata": dict(metadata)}, Node())))


def _kind(proxy: Proxy) -> ProxyKind:
    if proxy.metadata.get("GENERATOR") == "grpc" or proxy.user_agent.startswith(PROXYLESS_AGENT):
        return ProxyKind.PROXYLESS
    return ProxyKind.GATEWAY if proxy.kind == "router" else ProxyKind.SIDECAR


def _own_settings(proxy: Proxy) -> Iterator[tuple[str, str]]:
    """What is said of this one proxy: in its workload's annotation, and by itself."""
    annotations = proxy.metadata.get("ANNOTATIONS")
    if isinstance(annotations, Mapping) and (said := annotations.get(ANNOTATION)):
        yield ANNOTATION, str(said)
    told = proxy.metadata.get(TOLD)
    if isinstance(told, Mapping):
        yield TOLD, msgspec.json.encode(told, order="sorted").decode()


def _word(value: Any) -> str:
    """Numbers come as floats."""
    return str(int(value)) if isinstance(value, float) else str(value)


def _explicit(told: Any) -> Explicit | None:
    """What `LATEEN.explicit` says; None when it is not said, or not in a way that could be obeyed."""
    if not isinstance(told, dict) or not isinstance(told.get("proxyAddress"), str):
        return None
    return Explicit(
        proxy=told["proxyAddress"],
        app=str(told.get("appAddress") or "127.0.0.1"),
        inbound=tuple(sorted((int(each["port"]), int(each["bind"])) for each in _entries(told, "inbound", "port"))),
        outbound=tuple(sorted(_mapped(each) for each in _entries(told, "outboundTcp", "destination"))),
    )


def _entries(told: Mapping[str, Any], key: str, needed: str) -> Iterator[Mapping[str, Any]]:
    for each in told.get(key) or ():
        if isinstance(each, dict) and each.get(needed) and each.get("bind"):
            yield each


def _mapped(each: Mapping[str, Any]) -> tuple[str, int, int]:
    host, _, port = str(each["destination"]).rpartition(":")
    return host, int(port) if port.isdecimal() else 0, int(each["bind"])
