"""Resources as Envoy's own `/config_dump?include_eds` would show them, for people and for tools that read such dumps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.core.v3.extension_pb2 import TypedExtensionConfig
from envoy.config.endpoint.v3.endpoint_pb2 import ClusterLoadAssignment
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from envoy.extensions.transport_sockets.tls.v3.secret_pb2 import Secret
from google.protobuf import any_pb2, json_format
from google.protobuf.message import Message

from lateen.values.envoy_resource import EnvoyResource

REDACTED = b"[redacted]"
"""What stands in the place of a private key, in base64 as all bytes are."""

_ADMIN = "type.googleapis.com/envoy.admin.v3."

_SECTIONS: tuple[tuple[type[Message], str, str, str], ...] = (
    (Cluster, "ClustersConfigDump", "dynamic_active_clusters", "cluster"),
    (ClusterLoadAssignment, "EndpointsConfigDump", "dynamic_endpoint_configs", "endpoint_config"),
    (Listener, "ListenersConfigDump", "dynamic_listeners", "listener"),
    (RouteConfiguration, "RoutesConfigDump", "dynamic_route_configs", "route_config"),
    (Secret, "SecretsConfigDump", "dynamic_active_secrets", "secret"),
    (TypedExtensionConfig, "EcdsConfigDump", "ecds_filters", "ecds_filter"),
)
"""Message, the dump that shows it, the list in that dump, and the field of an entry that holds the message."""


def config_dump(resources: Iterable[EnvoyResource]) -> dict[str, Any]:
    """The dump of a proxy that has these resources, as JSON with Envoy's field names. Types that a dump has no section for are left out."""
    by_type: dict[str, list[EnvoyResource]] = {}
    for resource in resources:
        by_type.setdefault(resource.type.rpartition("/")[2], []).append(resource)
    configs = []
    for message, dump, entries, inner in _SECTIONS:
        found = by_type.get(message.DESCRIPTOR.full_name, [])
        configs.append({"@type": f"{_ADMIN}{dump}", entries: [_entry(dump, inner, resource) for resource in found]})
    return {"configs": configs}


def _entry(dump: str, inner: str, resource: EnvoyResource) -> dict[str, Any]:
    entry = {"version_info": resource.version, inner: unpacked(resource)}
    return {"name": resource.name, "active_state": entry} if dump == "ListenersConfigDump" else entry


def unpacked(resource: EnvoyResource) -> dict[str, Any]:
    """The body of a resource as JSON, with its `@type`. Private keys are not shown, as in Envoy's own dump."""
    body = any_pb2.Any.FromString(resource.body)
    if body.Is(Secret.DESCRIPTOR):
        body.Pack(_redacted(Secret.FromString(body.value)))
    shown: dict[str, Any] = _ordered(json_format.MessageToDict(body, preserving_proto_field_name=True))
    return shown


def _ordered(value: Any) -> Any:
    """The same with the keys of mappings in a fixed order, the type and the name first: protobuf's maps have none."""
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value, key=lambda key: (key != "@type", key != "name", key))}
    return [_ordered(item) for item in value] if isinstance(value, list) else value


def _redacted(secret: Secret) -> Secret:
    if secret.tls_certificate.HasField("private_key"):
        secret.tls_certificate.private_key.inline_bytes = REDACTED
    return secret
