"""ServiceEntry: what is refused, and what is warned of."""

from __future__ import annotations

from lateen.api.networking.service_entry import Location, Resolution, ServiceEntry
from lateen.api.networking.workload_entry import WorkloadEntry
from lateen.api.resource import Resource
from lateen.api.text import Path
from lateen.check import addresses, hosts, ports
from lateen.check.exports import exports_or_nobody
from lateen.check.labels import selector
from lateen.check.networking.workload_entry import address_given, entry
from lateen.check.remark import Remarks, doubtful, wrong
from lateen.values.hosts import is_address, is_wildcard

ADDRESS_REQUIRED = "IST0134"
ALLOCATION_LABEL = "networking.istio.io/enable-autoallocate-ip"

_BY_NAME = frozenset({Resolution.DNS, Resolution.DNS_ROUND_ROBIN})
_WITHOUT_RANGES = frozenset({*_BY_NAME, Resolution.DYNAMIC_DNS})


def service_entry(of: Resource[ServiceEntry]) -> Remarks:
    """Hosts, ports, and endpoints that fit the resolution (SE-3)."""
    spec = of.spec
    yield from _hosts(spec)
    yield from _addresses(spec)
    yield from _ports(spec)
    yield from _address_required(of)
    yield from _selector(spec)
    yield from _endpoints(spec)
    if spec.resolution is Resolution.DYNAMIC_DNS:
        yield from _dynamic(spec)
    yield from _several_hosts(spec)
    yield from exports_or_nobody(spec.export_to, of.ref.namespace)


def _hosts(spec: ServiceEntry) -> Remarks:
    if not spec.hosts:
        yield wrong(("spec", "hosts"), "there are no hosts, expected at least one.")
    for index, host in enumerate(spec.hosts):
        path = ("spec", "hosts", index)
        if host == "*":
            yield wrong(path, 'found the host "*", expected a name.', 'Write for instance "*.example.com".')
            continue
        yield from hosts.wildcard_name(host, path)
        if is_wildcard(host) and not host.startswith("*."):
            message = f'found "{host}"; a wildcard for a part of a label is matched for HTTP only.'
            yield doubtful(path, message, f'Write "*.{host.partition(".")[2]}".')
        if is_wildcard(host) and spec.resolution in _BY_NAME and not spec.endpoints:
            message = f'the wildcard host "{host}" cannot be resolved by DNS.'
            yield wrong(path, message, "Give endpoints, or resolution NONE or DYNAMIC_DNS.")


def _addresses(spec: ServiceEntry) -> Remarks:
    for index, address in enumerate(spec.addresses):
        path = ("spec", "addresses", index)
        yield from addresses.address_or_range(address, path)
        if "/" in address and spec.resolution in _WITHOUT_RANGES:
            yield wrong(path, f"found the range {address} with resolution {spec.resolution.value}, expected NONE or STATIC, or single addresses.")


def _ports(spec: ServiceEntry) -> Remarks:
    if not spec.ports:
        yield doubtful(("spec",), "there are no ports, so nothing can be called.", "Write ports: [{number: 443, name: tls, protocol: TLS}].")
    names: set[str] = set()
    numbers: set[int] = set()
    for index, port in enumerate(spec.ports):
        path = ("spec", "ports", index)
        if port.name in names:
            yield wrong((*path, "name"), f'the port name "{port.name}" is given twice.', "Name one of them differently.")
        if port.number in numbers:
            yield wrong((*path, "number"), f"the port {port.number} is given twice.")
        names.add(port.name)
        numbers.add(port.number)
        yield from ports.name(port.name, (*path, "name"))
        yield from ports.number(port.number, (*path, "number"))
        yield from ports.protocol_or_none(port.protocol, (*path, "protocol"))
        if port.target_port:
            yield from ports.number(port.target_port, (*path, "targetPort"))


def _address_required(of: Resource[ServiceEntry]) -> Remarks:
    """SE-2: "a TCP port without address captures ALL traffic to that port", unless SE-9 allocates one."""
    spec = of.spec
    if spec.addresses or _is_allocated(of):
        return
    for index, port in enumerate(spec.ports):
        if port.protocol.upper() in ("", "TCP"):
            message = f"without addresses, all traffic to port {port.number} counts as traffic to this entry."
            yield doubtful(("spec", "ports", index), message, "Give addresses.", ADDRESS_REQUIRED)


def _is_allocated(of: Resource[ServiceEntry]) -> bool:
    if of.spec.resolution is Resolution.NONE or of.labels.get(ALLOCATION_LABEL, "true").lower() == "false":
        return False
    return not any(is_wildcard(host) for host in of.spec.hosts)


def _selector(spec: ServiceEntry) -> Remarks:
    if spec.workload_selector is None:
        return
    yield from selector(spec.workload_selector.labels, ("spec", "workloadSelector", "labels"))
    if spec.endpoints:
        yield wrong(("spec",), "workloadSelector and endpoints are given, expected only one of them.")
    if spec.resolution is not Resolution.STATIC:
        yield doubtful(("spec", "workloadSelector"), f"workloadSelector has no effect with resolution {spec.resolution.value}.", "Use STATIC.")


def _endpoints(spec: ServiceEntry) -> Remarks:
    if spec.endpoints and spec.resolution in (Resolution.NONE, Resolution.DYNAMIC_DNS):
        yield wrong(("spec", "endpoints"), f"endpoints are given with resolution {spec.resolution.value}, which has none.", "Use STATIC or DNS.")
        return
    if spec.resolution is Resolution.DNS_ROUND_ROBIN and len(spec.endpoints) > 1:
        yield wrong(("spec", "endpoints"), f"found {len(spec.endpoints)} endpoints, expected at most one with DNS_ROUND_ROBIN.", "Use DNS.")
    names = {port.name for port in spec.ports}
    for index, endpoint in enumerate(spec.endpoints):
        path = ("spec", "endpoints", index)
        yield from _endpoint(endpoint, spec, path)
        for name in endpoint.ports:
            if name not in names:
                yield wrong((*path, "ports", name), f'there is no port "{name}" in this entry, which has {", ".join(sorted(names)) or "none"}.')


def _endpoint(endpoint: WorkloadEntry, spec: ServiceEntry, path: Path) -> Remarks:
    yield from address_given(endpoint, path)
    is_socket = endpoint.address.startswith(addresses.UNIX)
    if spec.resolution is Resolution.STATIC and endpoint.address and not is_socket and not is_address(endpoint.address):
        message = f'found "{endpoint.address}", expected an IP address or unix:///path with resolution STATIC.'
        yield wrong((*path, "address"), message, "Use resolution DNS for names.")
    elif spec.resolution in _BY_NAME and is_socket:
        message = f'found "{endpoint.address}", expected a DNS name or an IP address with resolution {spec.resolution.value}.'
        yield wrong((*path, "address"), message, "Use resolution STATIC for sockets.")
    elif spec.resolution in _BY_NAME and endpoint.address and not is_address(endpoint.address):
        yield from hosts.full_name(endpoint.address, (*path, "address"))
    if is_socket and len(spec.ports) != 1:
        yield wrong((*path, "address"), f"a Unix socket serves one port, and this entry has {len(spec.ports)}.")
    yield from entry(endpoint, path)


def _dynamic(spec: ServiceEntry) -> Remarks:
    """SE-3: "DYNAMIC_DNS → dynamic_forward_proxy (wildcard hosts; HTTP by Host header, TLS by SNI)"."""
    for index, host in enumerate(spec.hosts):
        if not is_wildcard(host):
            yield wrong(("spec", "hosts", index), f'found "{host}" with resolution DYNAMIC_DNS, expected a wildcard host.', "Use DNS.")
    if spec.location is not Location.MESH_EXTERNAL:
        yield wrong(("spec", "location"), "found MESH_INTERNAL with resolution DYNAMIC_DNS, expected MESH_EXTERNAL.")
    if spec.addresses:
        yield wrong(("spec", "addresses"), "addresses are given with resolution DYNAMIC_DNS, expected none.")
    for index, port in enumerate(spec.ports):
        spoken = ports.spoken(port.protocol)
        if spoken is None or not (spoken.is_http or spoken.is_tls):
            found = port.protocol or "no protocol"
            yield wrong(("spec", "ports", index, "protocol"), f"found {found} with resolution DYNAMIC_DNS, expected HTTP or TLS.")


def _several_hosts(spec: ServiceEntry) -> Remarks:
    """Over plain TCP nothing tells hosts apart, unless the connection goes where it was headed anyway."""
    if len(spec.hosts) < 2 or spec.resolution is Resolution.NONE:
        return
    for index, port in enumerate(spec.ports):
        spoken = ports.spoken(port.protocol)
        if spoken is None or not (spoken.is_http or spoken.is_tls):
            message = f"found {len(spec.hosts)} hosts, which cannot be told apart on port {port.number} of protocol {port.protocol or 'unset'}."
            yield wrong(("spec", "ports", index), message, "Make an entry for each host, or use HTTP or TLS.")
            return
