"""Reading configuration dumps: the resources of a type in Envoy's `/config_dump`, and each type as the table that istioctl prints. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

Json: TypeAlias = Mapping[str, Any]
Rows: TypeAlias = Iterator[tuple[str, ...]]


class Section(NamedTuple):
    """A type of resource: the dump that shows it, the entries there with the field that holds the resource, and its table."""

    dump: str
    inner: str
    head: tuple[str, ...]
    rows: Callable[[Json], Rows]


def resources(dump: Json, section: Section) -> list[Json]:
    """The resources of a type, in the order of the dump; those without a name of their own included."""
    return [
        found for config in dump.get("configs", ()) if str(config.get("@type", "")).endswith(section.dump) for found in _inner(config, section.inner)
    ]


def _inner(config: Json, field: str) -> Iterator[Json]:
    for entries in config.values():
        if not isinstance(entries, list):
            continue
        for entry in entries:
            holder = entry.get("active_state") or entry.get("activeState") or entry
            found = holder.get(field) or holder.get(_camel(field))
            if found:
                yield found


def _camel(field: str) -> str:
    first, *rest = field.split("_")
    return first + "".join(word.capitalize() for word in rest)


def field(value: Any, *names: str) -> Any:
    """A field below others, in either spelling; an empty mapping when any of them is missing."""
    for name in names:
        value = value.get(name, value.get(_camel(name))) if isinstance(value, Mapping) else None
    return {} if value is None else value


def _clusters(cluster: Json) -> Rows:
    name = str(cluster.get("name", ""))
    parts = name.split("|")
    direction, port, subset, host = parts if len(parts) == 4 else ("-", "-", "-", name)
    kind = field(cluster, "cluster_type", "name") or cluster.get("type") or "STATIC"
    yield host or "-", port, subset or "-", direction, str(kind), _origin(cluster)


def _listeners(listener: Json) -> Rows:
    where = _address(field(listener, "address"))
    chains = field(listener, "filter_chains") or []
    default = field(listener, "default_filter_chain")
    for chain in [*chains, *([default] if default else [])]:
        yield str(listener.get("name", "")), where, _match(field(chain, "filter_chain_match")), _destination(chain)


def _match(match: Json) -> str:
    told = []
    for name, label in (("server_names", "SNI"), ("application_protocols", "App"), ("transport_protocol", "Trans"), ("destination_port", "Port")):
        if value := field(match, name):
            told.append(f"{label}: {','.join(value) if isinstance(value, list) else value}")
    for prefix in field(match, "prefix_ranges") or ():
        told.append(f"IP: {field(prefix, 'address_prefix')}/{field(prefix, 'prefix_len')}")
    return "; ".join(told) or "ALL"


def _destination(chain: Json) -> str:
    for each in field(chain, "filters") or ():
        config = field(each, "typed_config")
        if route := field(config, "rds", "route_config_name"):
            return f"Route: {route}"
        if hosts := field(config, "route_config", "virtual_hosts"):
            return f"Inline Route: {', '.join(str(field(host, 'name')) for host in hosts)}"
        if cluster := field(config, "cluster"):
            return f"Cluster: {cluster}"
        if weighted := field(config, "weighted_clusters", "clusters"):
            return f"Clusters: {', '.join(str(field(one, 'name')) for one in weighted)}"
    return "-"


def _routes(table: Json) -> Rows:
    name = str(table.get("name", ""))
    for host in field(table, "virtual_hosts") or ():
        domains = field(host, "domains") or []
        shown = ", ".join(domains[:2]) + (f" + {len(domains) - 2} more" if len(domains) > 2 else "")
        for route in field(host, "routes") or ():
            yield name, str(field(host, "name")), shown, _path(field(route, "match")), _target(route), _origin(route)


def _path(match: Json) -> str:
    for name, suffix in (("prefix", "*"), ("path_separated_prefix", "/*"), ("path", "")):
        if value := field(match, name):
            return f"{value}{suffix}"
    return f"regex {regex}" if (regex := field(match, "safe_regex", "regex")) else "*"


def _target(route: Json) -> str:
    if cluster := field(route, "route", "cluster"):
        return str(cluster)
    if weighted := field(route, "route", "weighted_clusters", "clusters"):
        return ", ".join(f"{field(one, 'name')} ({field(one, 'weight') or 0})" for one in weighted)
    return "redirect" if field(route, "redirect") else str(field(route, "direct_response", "status") or "-")


def _endpoints(assignment: Json) -> Rows:
    cluster = str(field(assignment, "cluster_name") or "")
    for locality in field(assignment, "endpoints") or ():
        for each in field(locality, "lb_endpoints") or ():
            status = field(each, "health_status") or "HEALTHY"
            yield _address(field(each, "endpoint", "address")), str(status), str(field(each, "load_balancing_weight") or 1), cluster


def _address(address: Json) -> str:
    socket = field(address, "socket_address")
    if socket:
        return f"{field(socket, 'address')}:{field(socket, 'port_value') or 0}"
    if internal := field(address, "envoy_internal_address"):
        return f"{field(internal, 'server_listener_name')} {field(internal, 'endpoint_id') or ''}".strip()
    return str(field(address, "pipe", "path") or "-")


def _secrets(secret: Json) -> Rows:
    kind = "Cert Chain" if field(secret, "tls_certificate") else "CA" if field(secret, "validation_context") else "Secret"
    yield str(secret.get("name", "")), kind


def _origin(resource: Json) -> str:
    """The object that Istio's metadata names: `reviews.default`."""
    config = field(resource, "metadata", "filter_metadata", "istio").get("config", "")
    parts = str(config).split("/")
    return f"{parts[-1]}.{parts[-3]}" if len(parts) >= 4 else ""


SECTIONS: Mapping[str, Section] = {
    "cluster": Section("ClustersConfigDump", "cluster", ("Service FQDN", "Port", "Subset", "Direction", "Type", "DestinationRule"), _clusters),
    "listener": Section("ListenersConfigDump", "listener", ("Name", "Address", "Match", "Destination"), _listeners),
    "route": Section("RoutesConfigDump", "route_config", ("Name", "Virtual Host", "Domains", "Match", "To", "VirtualService"), _routes),
    "endpoint": Section("EndpointsConfigDump", "endpoint_config", ("Endpoint", "Status", "Weight", "Cluster"), _endpoints),
    "secret": Section("SecretsConfigDump", "secret", ("Name", "Type"), _secrets),
}
"""The types by the words of `proxy-config`."""
