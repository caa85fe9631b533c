"""`Proxy`: who connected, read from the node that it sends first (XD-9). A pure function of the message; never passed below the control.

A node id has Istio's form `sidecar~10.1.2.3~reviews-1.default~default.svc.cluster.local`. What metadata says beyond it wins over the id.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from envoy.config.core.v3.base_pb2 import Node
from google.protobuf.struct_pb2 import Struct, Value

KINDS: Final = ("sidecar", "router", "waypoint", "ztunnel")

_FORM: Final = "sidecar|router|waypoint|ztunnel~<address>~<name>.<namespace>~<namespace>.svc.<domain>"


class Locality(msgspec.Struct, frozen=True, order=True):
    """Where a proxy runs; each part may be empty."""

    region: str = ""
    zone: str = ""
    subzone: str = ""


class Proxy(msgspec.Struct, frozen=True):
    """One proxy as it presents itself. Nothing in it is proven but by `authorize`.

    `labels` are sorted pairs. `capabilities` is what its agent says that it can do beyond Istio's (metadata `LATEEN`): name to JSON value,
    sorted. `metadata` is everything else that it said, as JSON, for debugging and EnvoyFilters.
    """

    id: str
    kind: str
    addresses: tuple[str, ...]
    name: str
    namespace: str
    domain: str
    labels: tuple[tuple[str, str], ...] = ()
    service_account: str = ""
    locality: Locality = Locality()
    network: str = ""
    cluster_id: str = ""
    istio_version: str = ""
    user_agent: str = ""
    user_agent_version: str = ""
    capabilities: tuple[tuple[str, Any], ...] = ()
    metadata: Mapping[str, Any] = {}

    def can(self, capability: str) -> bool:
        """Whether its agent says that it can do something, such as `virtualHosts`."""
        return any(name == capability and bool(value) for name, value in self.capabilities)


class NodeError(ValueError):
    """The node is none that can be served; the message is a sentence for the operator of the proxy."""


def proxy(node: Node) -> Proxy:
    """The proxy that a node describes. Raises `NodeError` when its id is not of Istio's form."""
    kind, address, name, namespace, domain = _parts(node.id)
    metadata = _struct(node.metadata)
    return Proxy(
        id=node.id,
        kind=kind,
        addresses=_addresses(metadata, address),
        name=_text(metadata, "NAME") or name,
        namespace=_text(metadata, "NAMESPACE") or namespace,
        domain=domain,
        labels=_labels(metadata),
        service_account=_text(metadata, "SERVICE_ACCOUNT"),
        locality=Locality(node.locality.region, node.locality.zone, node.locality.sub_zone),
        network=_text(metadata, "NETWORK"),
        cluster_id=_text(metadata, "CLUSTER_ID"),
        istio_version=_text(metadata, "ISTIO_VERSION"),
        user_agent=node.user_agent_name,
        user_agent_version=_user_agent_version(node),
        capabilities=tuple(sorted(_object(metadata, "LATEEN").items(), key=lambda pair: pair[0])),
        metadata=metadata,
    )


def _parts(node_id: str) -> tuple[str, str, str, str, str]:
    parts = node_id.split("~")
    if len(parts) != 4 or parts[0] not in KINDS:
        raise NodeError(f'The node id is "{node_id}"; it must have the form {_FORM}.')
    kind, address, full_name, dns_domain = parts
    name, _, namespace = full_name.rpartition(".")
    if not name:
        name, namespace = full_name, dns_domain.partition(".")[0]
    domain = dns_domain.partition(".svc.")[2] or "cluster.local"
    return kind, address, name, namespace, domain


def _addresses(metadata: Mapping[str, Any], first: str) -> tuple[str, ...]:
    told = [address.strip() for address in _text(metadata, "INSTANCE_IPS").split(",") if address.strip()]
    return tuple(dict.fromkeys([address for address in (first, *told) if address]))


def _labels(metadata: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted([(key, value) for key, value in _object(metadata, "LABELS").items() if isinstance(value, str)]))


def _text(metadata: Mapping[str, Any], key: str) -> str:
    value = metadata.get(key)
    return value if isinstance(value, str) else ""


def _object(metadata: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = metadata.get(key)
    return value if isinstance(value, dict) else {}


def _user_agent_version(node: Node) -> str:
    if node.user_agent_version:
        return str(node.user_agent_version)
    version = node.user_agent_build_version.version
    if not node.HasField("user_agent_build_version"):
        return ""
    return f"{version.major_number}.{version.minor_number}.{version.patch}"


def _struct(struct: Struct) -> dict[str, Any]:
    return {key: _value(value) for key, value in struct.fields.items()}


def _value(value: Value) -> Any:
    match value.WhichOneof("kind"):
        case "string_value":
            return value.string_value
        case "number_value":
            return value.number_value
        case "bool_value":
            return value.bool_value
        case "struct_value":
            return _struct(value.struct_value)
        case "list_value":
            return [_value(element) for element in value.list_value.values]
        case _:
            return None
