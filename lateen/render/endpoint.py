"""Assignments as Envoy's ClusterLoadAssignment, and, for large ones, each endpoint as a resource of its own (LEDS).

An assignment is the concatenation of its endpoints' bytes, each made straight from its value: protobuf objects would cost ten times as much. The
bytes of an endpoint in a large assignment are remembered by its value, so that when one of 10,000 changes, one is made.

Delta updates of single endpoints: "the xDS-TP glob collection" of https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/endpoint/v3/endpoint_components.proto.
"""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import quote

import msgspec
from envoy.config.core.v3.base_pb2 import Locality as EnvoyLocality
from envoy.config.core.v3.config_source_pb2 import ApiVersion
from envoy.config.core.v3.health_check_pb2 import HealthStatus
from envoy.config.endpoint.v3.endpoint_components_pb2 import LedsClusterLocalityConfig

from lateen.ir.endpoints import Assignment, Condition, Endpoint, Group
from lateen.ir.view import Locality
from lateen.render.message import serialised
from lateen.render.metadata import metadata
from lateen.values.envoy_resource import EnvoyResource, envoy_resource, length_delimited, varint
from lateen.values.ref import Ref

TYPE = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"
ENDPOINT_TYPE = "type.googleapis.com/envoy.config.endpoint.v3.LbEndpoint"
LARGE = 200
"""From more endpoints than this on, an assignment is worth a collection."""
UNIX = "unix://"

_ASSIGNMENT_NAME, _ASSIGNMENT_GROUPS = 1, 2
_GROUP_LOCALITY, _GROUP_ENDPOINTS, _GROUP_WEIGHT, _GROUP_PRIORITY, _GROUP_COLLECTION = 1, 2, 3, 5, 8
_ENDPOINT, _HEALTH, _METADATA, _WEIGHT = 1, 2, 3, 4
_ADDRESS, _SOCKET_ADDRESS, _PIPE = 1, 1, 2
_SOCKET_IP, _SOCKET_PORT = 2, 3
_PIPE_PATH = 1
_SOCKET = b"\x0a%c\x0a%c\x0a%c\x12%c%b\x18%b"
"""`endpoint`, in it `address`, in it `socket_address` with an IP and a port, in one stroke: there are more endpoints than anything else. Each but the
port is preceded by its length, which takes one byte as long as it is less than 128.
"""
_LONGEST = 120


def assignment(of: Assignment) -> EnvoyResource:
    """The ClusterLoadAssignment with all its endpoints."""
    return _resource(of, assignment_bytes(of))


def assignment_bytes(of: Assignment) -> bytes:
    """The serialised ClusterLoadAssignment, also as part of a cluster."""
    encode = _remembered if of.size > LARGE else endpoint_bytes
    groups = []
    for group in of.groups:
        members = b"".join([length_delimited(_GROUP_ENDPOINTS, encode(each)) for each in group.endpoints])
        groups.append(length_delimited(_ASSIGNMENT_GROUPS, _group_head(group.locality) + members + _group_tail(group)))
    return length_delimited(_ASSIGNMENT_NAME, of.name.encode()) + b"".join(groups)


def assignment_leds(of: Assignment, authority: str) -> EnvoyResource:
    """The ClusterLoadAssignment whose endpoints are those of `collection`. `authority` names the mesh."""
    names = tuple(f"{_directory(of, group, authority)}/*" for group in of.groups)
    tail = _group_tail if any(_is_weighted(group) for group in of.groups) else _priority
    groups = [
        length_delimited(_ASSIGNMENT_GROUPS, _group_head(group.locality) + tail(group) + length_delimited(_GROUP_COLLECTION, _collection(name)))
        for group, name in zip(of.groups, names, strict=True)
    ]
    value = length_delimited(_ASSIGNMENT_NAME, of.name.encode()) + b"".join(groups)
    return envoy_resource(TYPE, of.name, _any(TYPE, value), of.origins, names)


def _collection(name: str) -> bytes:
    """Where the endpoints of a group are. They are waited for without end: Envoy would give up a cluster that works for an empty one."""
    out = LedsClusterLocalityConfig(leds_collection_name=name)
    out.leds_config.ads.SetInParent()
    out.leds_config.resource_api_version = ApiVersion.V3
    out.leds_config.initial_fetch_timeout.SetInParent()
    return serialised(out)


def collection(of: Assignment, authority: str) -> tuple[EnvoyResource, ...]:
    """Every endpoint of the assignment as a resource under the collection of its group."""
    found: list[EnvoyResource] = []
    for group in of.groups:
        directory = _directory(of, group, authority)
        found.extend(_member(directory, each, of.origins) for each in group.endpoints)
    return tuple(found)


@lru_cache(maxsize=1 << 16)
def _member(directory: str, endpoint: Endpoint, origins: tuple[Ref, ...]) -> EnvoyResource:
    name = f"{directory}/{_path_word(f'{endpoint.address}_{endpoint.port}')}"
    return envoy_resource(ENDPOINT_TYPE, name, _any(ENDPOINT_TYPE, endpoint_bytes(endpoint)), origins)


def endpoint_bytes(of: Endpoint) -> bytes:
    """The serialised LbEndpoint."""
    health = _STATUS[of.condition]
    weight = _wrapped(_WEIGHT, of.weight) if of.weight != 1 else b""
    return _where(of.address, of.port) + health + _traits(of.mutual_tls, of.workload) + weight


_remembered = lru_cache(maxsize=1 << 16)(endpoint_bytes)


def _where(address: str, port: int) -> bytes:
    """The field with the address."""
    if address.startswith(UNIX):
        pipe = length_delimited(_PIPE, length_delimited(_PIPE_PATH, address.removeprefix(UNIX).encode()))
        return length_delimited(_ENDPOINT, length_delimited(_ADDRESS, pipe))
    ip, number = address.encode(), varint(port)
    size = len(ip) + len(number) + 3
    if size > _LONGEST:
        socket = length_delimited(_SOCKET_IP, ip) + varint(_SOCKET_PORT << 3) + number
        return length_delimited(_ENDPOINT, length_delimited(_ADDRESS, length_delimited(_SOCKET_ADDRESS, socket)))
    return _SOCKET % (size + 4, size + 2, size, len(ip), ip, number)


@lru_cache(maxsize=1 << 14)
def _traits(mutual_tls: bool, workload: str) -> bytes:
    """The metadata of an endpoint, which all replicas of a workload have in common (CL-3, CL-9)."""
    if not mutual_tls and not workload:
        return b""
    word = metadata({"istio": {"workload": workload}}) if workload else b""
    return length_delimited(_METADATA, (_mutual_tls() if mutual_tls else b"") + word)


@lru_cache(maxsize=1)
def _mutual_tls() -> bytes:
    return metadata({"envoy.transport_socket_match": {"tlsMode": "istio"}})


@lru_cache(maxsize=1024)
def _group_head(locality: Locality) -> bytes:
    return length_delimited(_GROUP_LOCALITY, serialised(EnvoyLocality(region=locality.region, zone=locality.zone, sub_zone=locality.subzone)))


def _group_tail(group: Group) -> bytes:
    return _wrapped(_GROUP_WEIGHT, group.weight) + _priority(group)


def _priority(group: Group) -> bytes:
    return varint(_GROUP_PRIORITY << 3) + varint(group.priority) if group.priority else b""


def _is_weighted(group: Group) -> bool:
    """Whether its weight is more than the sum of its members', which would move with each of them and is not looked at."""
    return group.weight != sum(each.weight for each in group.endpoints)


def _wrapped(field: int, number: int) -> bytes:
    """A UInt32Value in a field."""
    return length_delimited(field, b"\x08" + varint(number))


_STATUS = {
    Condition.HEALTHY: b"",
    Condition.UNHEALTHY: varint(_HEALTH << 3) + varint(HealthStatus.UNHEALTHY),
    Condition.DRAINING: varint(_HEALTH << 3) + varint(HealthStatus.DRAINING),
}


def _directory(of: Assignment, group: Group, authority: str) -> str:
    place = "|".join((*(_path_word(part) for part in msgspec.structs.astuple(group.locality)), str(group.priority)))
    return f"xdstp://{authority}/envoy.config.endpoint.v3.LbEndpoint/{_path_word(of.name)}/{place}"


def _path_word(text: str) -> str:
    """The text with nothing in it that Envoy would write otherwise when it puts the name of a collection together, for then it finds nothing there.

    It escapes by `%` what is not plain ASCII, and takes what is escaped so for what it stands for; so the escape here is `=`.
    """
    return quote(text, safe="|").replace("~", "=7E").replace("%", "=")


def _resource(of: Assignment, value: bytes) -> EnvoyResource:
    return envoy_resource(TYPE, of.name, _any(TYPE, value), of.origins)


def _any(type_url: str, value: bytes) -> bytes:
    return length_delimited(1, type_url.encode()) + length_delimited(2, value)
