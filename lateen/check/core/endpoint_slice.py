"""EndpointSlice: what Kubernetes would refuse (https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoint-slice-v1/)."""

from __future__ import annotations

from ipaddress import ip_address

from lateen.api.core.endpoint_slice import EndpointSlice
from lateen.api.resource import Resource
from lateen.check import hosts, ports
from lateen.check.remark import Remarks, wrong
from lateen.values.hosts import is_address

_FAMILIES = {"IPv4": 4, "IPv6": 6}
_NAMES = "FQDN"


def endpoint_slice(of: Resource[EndpointSlice]) -> Remarks:
    """Addresses of the one type that is named, and ports that can be told apart."""
    spec = of.spec
    if spec.address_type not in (*_FAMILIES, _NAMES):
        yield wrong(("addressType",), f'found the address type "{spec.address_type}", expected IPv4, IPv6 or FQDN.')
    for index, endpoint in enumerate(spec.endpoints):
        for place, address in enumerate(endpoint.addresses):
            path = ("endpoints", index, "addresses", place)
            if spec.address_type == _NAMES:
                yield from hosts.full_name(address, path)
            elif not is_address(address) or ip_address(address).version != _FAMILIES.get(spec.address_type, 4):
                yield wrong(path, f'found "{address}", expected an address of type {spec.address_type}.')
    names: set[str] = set()
    for index, port in enumerate(spec.ports):
        if port.port is not None:
            yield from ports.number(port.port, ("ports", index, "port"))
        if port.name in names:
            yield wrong(("ports", index, "name"), f'the port name "{port.name}" is given twice.')
        names.add(port.name)
