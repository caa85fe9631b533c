"""Which reverse indexes the inputs keep: for each kind, the keys under which an object can be found. A table, and one small function a row.

A key is computed from one object alone. Host keys are full names (N-1), a wildcard host under its own pattern.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from zlib import crc32

from lateen.api.gateway_names import INGRESS, MESH, gateway_names
from lateen.api.resource import Resource
from lateen.values import hosts

SERVICE_HOST = "service host"
"""host -> ServiceEntry and Service objects that declare it."""
SHORT_HOST = "short host"
"""`short_form` -> ServiceEntry objects that declare a host which may be another name of a service, and VirtualServices that are about one."""
CAPITAL_HOST = "capital host"
"""host in lower case -> ServiceEntry and VirtualService objects with this host, but for letters that are not in lower case."""
ALIAS = "alias"
"""host -> Service objects that are other names of it."""
RULE_HOST = "rule host"
"""`VirtualService <host>`, `DestinationRule <host>` -> the rules about it."""
PARTIAL = "partial wildcard"
""""" -> VirtualServices about a wildcard for the end of a label, such as `*-a.example`; there are hardly any.
"""
TLS_BELOW = "tls below"
"""wildcard -> VirtualServices that speak at sidecars of TLS to a host that it stands for."""
ADDRESS = "address"
"""IP -> Pod, WorkloadEntry and ServiceEntry (inline endpoint) objects that have it."""
VIRTUAL_ADDRESS = "virtual address"
"""IP or CIDR -> Service and ServiceEntry objects that are dialled there."""
SLICE = "slice"
"""`<namespace>/<service>` -> its EndpointSlices; `<namespace>/clusterset:<service>` -> those of other clusters."""
SLICE_ADDRESS = "slice address"
"""IP -> EndpointSlices that list it, but for those that Kubernetes makes from the selector of a service: by that it finds the workloads itself."""
EXPORTED = "exported to"
"""namespace -> rules and services that name it in exportTo."""
CLIENT = "client namespace"
"""namespace -> VirtualServices with a match on it as sourceNamespace."""
ROUTED = "routed host"
"""host -> VirtualServices that route or mirror to it."""
DELEGATE = "delegate"
"""`<namespace>/<name>` -> VirtualServices that leave routes to that one."""
MESH_PART = "mesh part"
"""`<part>` -> VirtualServices that speak at sidecars of HTTP to a host in that one of `PARTS`."""
GATEWAY_HOST = "gateway host"
"""`<gateway> <host>` -> VirtualServices and Ingresses that speak of the host at that gateway (`namespace/name`, `ingress`)."""
GATEWAY_PART = "gateway part"
"""`<gateway> <part>` -> those with a host in that one of `PARTS`, so that a list of hosts can be kept in pieces."""
GATEWAY_ROUTED = "gateway routed"
"""`<gateway> <part>` -> those that route to a host in that one of `ROUTED_PARTS`, or with the part `delegates` let others say where to."""
GATEWAY_STREAMS = "gateway streams"
"""`<gateway>` -> VirtualServices that speak there of connections that are not taken apart into requests."""
NETWORK_GATEWAY = "network gateway"
""""" -> Services and Gateways by which a network is entered from others (MC-2)."""

PARTS = 64
ROUTED_PARTS = 256
"""More, for of the services that a gateway routes to all of a part are looked at when one changes."""
DELEGATING = "delegates"

Keys = Iterator[tuple[str, str]]

SERVICE_NAME_LABEL = "kubernetes.io/service-name"
MANAGED_BY_LABEL = "endpointslice.kubernetes.io/managed-by"
BY_SELECTOR = "endpointslice-controller.k8s.io"
IMPORTED_NAME_LABEL = "multicluster.kubernetes.io/service-name"
CLUSTERSET = "clusterset"
NETWORK_LABEL = "topology.istio.io/network"
EXPORT_TO_ANNOTATION = "networking.istio.io/exportTo"


def keys(of: Resource[Any], domain: str) -> Keys:
    """The (index, key) pairs of an object."""
    row = INDEXES.get(of.ref.kind)
    return row(of, domain) if row else iter(())


BARE, DOTTED, NUMERIC = ".", "/.", "/address"
"""Forms of hosts: one word, with a dot at the end, an IP address."""


def short_form(host: str) -> str | None:
    """Of what form a host is if it may be a service's by another name: `BARE`, `DOTTED`, `NUMERIC`, or the namespace for `<name>.<namespace>` with or
    without `.svc`.

    There are few such hosts, and so one look tells for all services of a namespace that none of their other names is a host.
    """
    if host.endswith("."):
        return DOTTED
    if (host[-1:].isdigit() or ":" in host) and hosts.is_address(host):
        return NUMERIC
    parts = host.split(".")
    if len(parts) == 1:
        return BARE
    return parts[1] if len(parts) == 2 or (len(parts) == 3 and parts[2] == "svc") else None


def wildcards_over(host: str) -> Iterator[str]:
    """The wildcard hosts that a rule may be written for and that cover `host`, longest first, ending with `*`."""
    rest = host
    while "." in rest:
        rest = rest.partition(".")[2]
        yield f"*.{rest}"
    yield "*"


def service_host(name: str, namespace: str, domain: str) -> str:
    """The host of a Kubernetes service."""
    return f"{name}.{namespace}.svc.{domain}"


def _service(of: Resource[Any], domain: str) -> Keys:
    yield SERVICE_HOST, service_host(of.ref.name, of.ref.namespace, domain)
    for address in {of.spec.spec.cluster_ip, *of.spec.spec.cluster_ips} - {"", "None"}:
        yield VIRTUAL_ADDRESS, address
    if of.spec.spec.type == "ExternalName" and of.spec.spec.external_name:
        yield ALIAS, of.spec.spec.external_name.removesuffix(".")
    for namespace in export_annotation(of.annotations):
        yield from _exported(namespace)
    yield from _network_gateway(of, domain)


def _network_gateway(of: Resource[Any], domain: str) -> Keys:
    if of.labels.get(NETWORK_LABEL):
        yield NETWORK_GATEWAY, ""


def export_annotation(annotations: Mapping[str, str]) -> tuple[str, ...]:
    """The namespaces to which a Kubernetes service is exported by annotation (N-4); empty where there is none."""
    text = annotations.get(EXPORT_TO_ANNOTATION, "")
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _exported(namespace: str) -> Keys:
    if namespace not in ("*", ".", "~"):
        yield EXPORTED, namespace


def _service_entry(of: Resource[Any], domain: str) -> Keys:
    for host in of.spec.hosts or ():
        yield SERVICE_HOST, host
        if (form := short_form(host)) is not None:
            yield SHORT_HOST, form
        if host != host.lower():
            yield CAPITAL_HOST, host.lower()
    for address in of.spec.addresses or ():
        yield VIRTUAL_ADDRESS, address
    for endpoint in of.spec.endpoints or ():
        yield ADDRESS, endpoint.address
    for given in of.status.addresses if of.status is not None else ():
        yield VIRTUAL_ADDRESS, given.value
    for namespace in of.spec.export_to or ():
        yield from _exported(namespace)


def _ruled(host: str, full: str) -> Keys:
    yield RULE_HOST, f"VirtualService {full}"
    if (form := short_form(host)) not in (None, BARE):
        yield SHORT_HOST, str(form)
    if full != full.lower():
        yield CAPITAL_HOST, full.lower()
    if hosts.is_partial(full):
        yield PARTIAL, ""


def _virtual_service(of: Resource[Any], domain: str) -> Keys:
    for host in of.spec.hosts or ():
        yield from _ruled(host, hosts.qualified(host, of.ref.namespace, domain))
    for namespace in of.spec.export_to or ():
        yield from _exported(namespace)
    for routes in (of.spec.http, of.spec.tls, of.spec.tcp):
        for route in routes or ():
            for match in route.match or ():
                if match.source_namespace:
                    yield CLIENT, match.source_namespace
    for host in {hosts.qualified(host, of.ref.namespace, domain) for host in _destinations(of.spec)}:
        yield ROUTED, host
    for route in of.spec.http or ():
        if route.delegate is not None:
            yield DELEGATE, f"{route.delegate.namespace or of.ref.namespace}/{route.delegate.name}"

    yield from _at_gateways(of, domain)


def _at_gateways(of: Resource[Any], domain: str) -> Keys:
    own = of.ref.namespace
    every = gateway_names(of.spec.gateways or (), own, domain)
    if MESH in every and of.spec.tls:
        named = [hosts.qualified(host, own, domain) for host in of.spec.hosts or ()]
        for wildcard in {each for host in named for each in wildcards_over(host) if each != host}:
            yield TLS_BELOW, wildcard
    if MESH in every and of.spec.http:
        for number in {part(hosts.qualified(host, own, domain)) for host in of.spec.hosts or ()}:
            yield MESH_PART, str(number)
    named = [name for name in every if name != MESH]
    if not named:
        return
    spoken = {hosts.qualified(host, own, domain).lower() for host in of.spec.hosts or ()}
    routed = {hosts.qualified(host, own, domain) for host in _destinations(of.spec)}
    for name in named:
        yield from _attached(name, spoken, routed)
        if of.spec.tls or of.spec.tcp:
            yield GATEWAY_STREAMS, name
        if any(route.delegate is not None for route in of.spec.http or ()):
            yield GATEWAY_ROUTED, f"{name} {DELEGATING}"


def _attached(gateway: str, spoken: set[str], routed: set[str]) -> Keys:
    for host in spoken:
        yield GATEWAY_HOST, f"{gateway} {host}"
        yield GATEWAY_PART, f"{gateway} {part(host)}"
    for host in routed:
        yield GATEWAY_ROUTED, f"{gateway} {part(host, ROUTED_PARTS)}"


def part(host: str, parts: int = PARTS) -> int:
    """Which of so many parts a host is in."""
    return crc32(host.encode()) % parts


def _destinations(spec: Any) -> Iterator[str]:
    """The hosts that a VirtualService itself routes or mirrors to, as written."""
    for route in (*(spec.http or ()), *(spec.tls or ()), *(spec.tcp or ())):
        yield from (each.destination.host for each in route.route or ())
    for route in spec.http or ():
        yield from (mirror.destination.host for mirror in route.mirrors or ())
        if route.mirror is not None:
            yield route.mirror.host


def _ingress(of: Resource[Any], domain: str) -> Keys:
    spec = of.spec.spec
    paths = [path for rule in spec.rules for path in (rule.http.paths if rule.http is not None else ())]
    spoken = {rule.host.lower() or "*" for rule in spec.rules} | ({"*"} if spec.default_backend is not None else set())
    backends = [path.backend for path in paths] + ([spec.default_backend] if spec.default_backend is not None else [])
    routed = {service_host(each.service.name, of.ref.namespace, domain) for each in backends if each.service is not None}
    yield from _attached(INGRESS, spoken, routed)


def _destination_rule(of: Resource[Any], domain: str) -> Keys:
    yield RULE_HOST, f"DestinationRule {hosts.qualified(of.spec.host, of.ref.namespace, domain)}"
    for namespace in of.spec.export_to or ():
        yield from _exported(namespace)


def _endpoint_slice(of: Resource[Any], domain: str) -> Keys:
    if (imported := of.labels.get(IMPORTED_NAME_LABEL, "")) and SERVICE_NAME_LABEL not in of.labels:
        yield SLICE, f"{of.ref.namespace}/{CLUSTERSET}:{imported}"
    else:
        yield SLICE, f"{of.ref.namespace}/{of.labels.get(SERVICE_NAME_LABEL, '')}"
    if of.labels.get(MANAGED_BY_LABEL) != BY_SELECTOR:
        for endpoint in of.spec.endpoints or ():
            for address in endpoint.addresses or ():
                yield SLICE_ADDRESS, address


def clusterset_host(name: str, namespace: str) -> str:
    """The host of a service of a set of clusters (MCS)."""
    return f"{name}.{namespace}.svc.{CLUSTERSET}.local"


def _exported_service(of: Resource[Any], domain: str) -> Keys:
    yield SERVICE_HOST, clusterset_host(of.ref.name, of.ref.namespace)


def _imported_service(of: Resource[Any], domain: str) -> Keys:
    yield SERVICE_HOST, clusterset_host(of.ref.name, of.ref.namespace)
    for address in of.spec.spec.ips:
        yield VIRTUAL_ADDRESS, address


def _pod(of: Resource[Any], domain: str) -> Keys:
    status = of.spec.status
    if status is not None:
        addresses = {status.pod_ip, *(each.ip for each in status.pod_ips or ())}
        for address in addresses - {None, ""}:
            yield ADDRESS, address


def _workload_entry(of: Resource[Any], domain: str) -> Keys:
    if of.spec.address:
        yield ADDRESS, of.spec.address


INDEXES: Mapping[str, Callable[[Resource[Any], str], Keys]] = {
    "Service": _service,
    "ServiceEntry": _service_entry,
    "VirtualService": _virtual_service,
    "DestinationRule": _destination_rule,
    "Ingress": _ingress,
    "EndpointSlice": _endpoint_slice,
    "ServiceExport": _exported_service,
    "ServiceImport": _imported_service,
    "Pod": _pod,
    "KubernetesGateway": _network_gateway,
    "WorkloadEntry": _workload_entry,
}
