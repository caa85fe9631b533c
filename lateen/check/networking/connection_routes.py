"""TLS and TCP routes of a VirtualService (VS-6, VS-52)."""

from __future__ import annotations

from lateen.api.networking.virtual_service import L4MatchAttributes, TCPRoute, TLSMatchAttributes, TLSRoute
from lateen.api.text import Path
from lateen.check import addresses, hosts, ports
from lateen.check.labels import labels
from lateen.check.networking.destination import shares
from lateen.check.networking.gateway_names import gateway_names
from lateen.check.remark import Remarks, doubtful, wrong
from lateen.values.hosts import is_address, is_subset


def tls_route(route: TLSRoute, path: Path, of_hosts: tuple[str, ...]) -> Remarks:
    """Told by the name that the client asks for, which must be one of the VirtualService's hosts."""
    if not route.match:
        yield wrong(path, "the tls rule has no match, expected at least one.", "Write match: [{sniHosts: […]}].")
    for index, match in enumerate(route.match):
        yield from _sni_hosts(match, (*path, "match", index, "sniHosts"), of_hosts)
        yield from _connection(match, (*path, "match", index))
    if not route.route:
        yield wrong(path, "the tls rule has no route.", "Write route: [{destination: {host: …}}].")
    yield from shares(route.route, (*path, "route"))


def tcp_route(route: TCPRoute, path: Path) -> Remarks:
    """Told by addresses and ports."""
    for index, match in enumerate(route.match):
        yield from _connection(match, (*path, "match", index))
    if not route.route:
        yield wrong(path, "the tcp rule has no route.", "Write route: [{destination: {host: …}}].")
    yield from shares(route.route, (*path, "route"))


def _sni_hosts(match: TLSMatchAttributes, path: Path, of_hosts: tuple[str, ...]) -> Remarks:
    """VS-52: "SNI of match must be ⊆ VS hosts; wildcards `*.x` allowed"."""
    if not match.sni_hosts:
        yield wrong(path, "there are no sniHosts, expected at least one.")
    for index, name in enumerate(match.sni_hosts):
        if is_address(name):
            yield doubtful((*path, index), f'found the address "{name}"; clients do not ask for addresses by SNI.')
        elif fault := hosts.wildcard_fault(name):
            yield wrong((*path, index), fault)
        elif not any(is_subset(name, host) for host in of_hosts):
            yield wrong((*path, index), f'"{name}" is none of the hosts, which are {", ".join(of_hosts) or "none"}.', "Add it to hosts.")


def _connection(match: TLSMatchAttributes | L4MatchAttributes, path: Path) -> Remarks:
    for index, subnet in enumerate(match.destination_subnets):
        yield from addresses.address_or_range(subnet, (*path, "destinationSubnets", index))
    if isinstance(match, L4MatchAttributes) and match.source_subnet:
        yield from addresses.address_or_range(match.source_subnet, (*path, "sourceSubnet"))
        says = "sourceSubnet has no effect, so that the match is for clients at any address."
        yield doubtful((*path, "sourceSubnet"), says, "Tell clients apart by sourceLabels or sourceNamespace.")
    if match.port:
        yield from ports.number(match.port, (*path, "port"))
    yield from labels(match.source_labels, (*path, "sourceLabels"))
    yield from gateway_names(match.gateways, (*path, "gateways"))
    if match.source_namespace and not hosts.is_label(match.source_namespace):
        yield wrong((*path, "sourceNamespace"), f'found "{match.source_namespace}", expected the name of a namespace.')
