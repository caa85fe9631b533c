"""Service: what Kubernetes would refuse (https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/)."""

from __future__ import annotations

from lateen.api.core.service import Service, ServicePort, ServiceSpec
from lateen.api.resource import Resource
from lateen.api.text import Path
from lateen.check import addresses, hosts, ports
from lateen.check.remark import Remarks, wrong

_TYPES = ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")
_PROTOCOLS = ("TCP", "UDP", "SCTP")
_HEADLESS = "None"


def service(of: Resource[Service]) -> Remarks:
    """Ports that can be told apart, and addresses that are some."""
    spec, path = of.spec.spec, ("spec",)
    if spec.type not in _TYPES:
        yield wrong((*path, "type"), f'found the type "{spec.type}", expected {", ".join(_TYPES[:-1])} or {_TYPES[-1]}.')
    yield from _ports(spec, (*path, "ports"))
    yield from _addresses(spec, path)
    if spec.type == "ExternalName":
        yield from hosts.full_name(spec.external_name, (*path, "externalName"))


def _ports(spec: ServiceSpec, path: Path) -> Remarks:
    names: set[str] = set()
    numbers: set[tuple[str, int]] = set()
    for index, port in enumerate(spec.ports):
        yield from _port(port, (*path, index))
        if not port.name and len(spec.ports) > 1:
            yield wrong((*path, index), "the port has no name, which it needs beside others.", "Name it, for instance http.")
        if port.name in names and port.name:
            yield wrong((*path, index, "name"), f'the port name "{port.name}" is given twice.', "Name one of them differently.")
        if (port.protocol, port.port) in numbers:
            yield wrong((*path, index, "port"), f"the {port.protocol} port {port.port} is given twice.")
        names.add(port.name)
        numbers.add((port.protocol, port.port))


def _port(port: ServicePort, path: Path) -> Remarks:
    yield from ports.number(port.port, (*path, "port"))
    if port.name:
        yield from ports.name(port.name, (*path, "name"))
    if port.protocol not in _PROTOCOLS:
        yield wrong(
            (*path, "protocol"), f'found the protocol "{port.protocol}", expected TCP, UDP or SCTP.', "Say more in appProtocol or in the name."
        )
    if isinstance(port.target_port, int) and port.target_port:
        yield from ports.number(port.target_port, (*path, "targetPort"))


def _addresses(spec: ServiceSpec, path: Path) -> Remarks:
    given = [(("clusterIP",), spec.cluster_ip), *((("clusterIPs", index), address) for index, address in enumerate(spec.cluster_ips))]
    for where, address in given:
        if address not in ("", _HEADLESS):
            yield from addresses.address(address, (*path, *where))
