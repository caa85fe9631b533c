"""What our two sidecars are held against: two Envoys with configuration written by hand, mutual TLS between them, and nothing else.

The same TLS versions, ciphers, key type and checks of names as the mesh's; HTTP/1.1; no metrics, no access log, no capture: the client connects to
its Envoy's port, and the other Envoy to its server's.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from lateen.identity import ca, csr
from lateen.values.spiffe import Identity

Json = dict[str, Any]
OUTBOUND: Final = 15001
INBOUND: Final = 15006
_DOMAIN: Final = "cluster.local"
_CIPHERS: Final = (
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
)


def configurations(server: str, port: int) -> tuple[Json, Json]:
    """The client's Envoy and the server's, for a server at an address and port."""
    now = datetime.now(UTC)
    authority = ca.new_intermediate(ca.new_root(_DOMAIN, now), now)
    client_tls, server_tls = (_certificate(authority, name, now) for name in ("client", "server"))
    upstream = _tls("Upstream", client_tls, {"exact": str(_identity("server"))}, {})
    downstream = _tls("Downstream", server_tls, {"prefix": f"spiffe://{_DOMAIN}/"}, {"cipher_suites": _CIPHERS})
    downstream["typed_config"]["require_client_certificate"] = True
    near = _envoy("client", "127.0.0.1", OUTBOUND, {}, _cluster(server, INBOUND, {"transport_socket": upstream}))
    far = _envoy("server", "0.0.0.0", INBOUND, {"transport_socket": downstream}, _cluster("127.0.0.1", port, {}))
    return near, far


def _identity(name: str) -> Identity:
    return Identity(_DOMAIN, "default", name)


def _certificate(authority: ca.Authority, name: str, now: datetime) -> tuple[str, str, str]:
    key = csr.new_key()
    *chain, root = ca.issue(authority, _identity(name), key.public_key(), timedelta(days=1), now)
    return "".join(chain), csr.key_pem(key), root


def _tls(side: str, certificate: tuple[str, str, str], peer: Json, ciphers: Json) -> Json:
    chain, key, root = certificate
    checked = {"trusted_ca": {"inline_string": root}, "match_typed_subject_alt_names": [{"san_type": "URI", "matcher": peer}]}
    return {
        "name": "tls",
        "typed_config": {
            "@type": f"type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.{side}TlsContext",
            "common_tls_context": {
                "tls_params": {"tls_minimum_protocol_version": "TLSv1_2", "tls_maximum_protocol_version": "TLSv1_3", **ciphers},
                "tls_certificates": [{"certificate_chain": {"inline_string": chain}, "private_key": {"inline_string": key}}],
                "validation_context": checked,
                "alpn_protocols": ["http/1.1"],
            },
        },
    }


def _cluster(address: str, port: int, socket: Json) -> Json:
    endpoint = {"endpoint": {"address": {"socket_address": {"address": address, "port_value": port}}}}
    return {"name": "next", "type": "STATIC", "load_assignment": {"cluster_name": "next", "endpoints": [{"lb_endpoints": [endpoint]}]}, **socket}


def _envoy(name: str, address: str, port: int, socket: Json, cluster: Json) -> Json:
    routes = [{"name": "all", "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "next"}}]}]
    router = {"name": "router", "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}
    manager = {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": name,
        "route_config": {"virtual_hosts": routes},
        "http_filters": [router],
    }
    chain = {"filters": [{"name": "manager", "typed_config": manager}], **socket}
    listener = {"name": name, "address": {"socket_address": {"address": address, "port_value": port}}, "filter_chains": [chain]}
    return {"node": {"id": name, "cluster": name}, "static_resources": {"listeners": [listener], "clusters": [cluster]}}
