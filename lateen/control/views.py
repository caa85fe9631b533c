"""From who connected to what its configuration may depend on: `Proxy` to `View`. A `Proxy` goes no further than here."""

from __future__ import annotations

from typing import Final

from lateen.ir.view import Locality, ProxyKind, View
from lateen.xds.node import Proxy

SETTINGS: Final = (
    "HTTP10",
    "HTTP_PROXY_PORT",
    "IDLE_TIMEOUT",
    "ROUTER_MODE",
    "TLS_CLIENT_CERT_CHAIN",
    "TLS_CLIENT_KEY",
    "TLS_CLIENT_ROOT_CERT",
    "TLS_SERVER_CERT_CHAIN",
    "TLS_SERVER_KEY",
    "TLS_SERVER_ROOT_CERT",
)
"""Metadata of the node that shape configuration."""


def view(proxy: Proxy, dependencies: tuple[str, ...] | None = None) -> View:
    """The View of a proxy; `dependencies` are the hosts of its on-demand scope, None when it has none."""
    return View(
        kind=ProxyKind.GATEWAY if proxy.kind == "router" else ProxyKind.SIDECAR,
        namespace=proxy.namespace,
        labels=proxy.labels,
        addresses=proxy.addresses,
        service_account=proxy.service_account or "default",
        locality=Locality(proxy.locality.region, proxy.locality.zone, proxy.locality.subzone),
        network=proxy.network,
        cluster=proxy.cluster_id,
        capabilities=frozenset(name for name, value in proxy.capabilities if value),
        dependencies=dependencies,
        interception=str(proxy.metadata.get("INTERCEPTION_MODE") or "REDIRECT"),
        settings=tuple((name, str(proxy.metadata[name])) for name in SETTINGS if proxy.metadata.get(name)),
    )
