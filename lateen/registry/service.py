"""`Service`, `Workload` and `Endpoint` as values, whatever object they come from."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from lateen.values.hosts import is_address, is_network
from lateen.values.protocol import Protocol
from lateen.values.ref import Ref

PERSISTENT_COOKIE = "istio.io/persistent-session"
PERSISTENT_HEADER = "istio.io/persistent-session-header"
"""Labels of services whose sessions persist (LB-2)."""

Labels = tuple[tuple[str, str], ...]


class Resolution(StrEnum):
    """How a proxy finds the service's endpoints (SE-3)."""

    ENDPOINTS = "endpoints"
    """Told by the control plane: Kubernetes services, STATIC entries."""
    DNS = "dns"
    DNS_ROUND_ROBIN = "dns_round_robin"
    ORIGINAL = "original"
    """Wherever the client's connection was headed: headless services (SD-13), entries with resolution NONE."""
    DYNAMIC_DNS = "dynamic_dns"
    ALIAS = "alias"
    """Another name of the service `external_name` (SD-14). One that has ports and is of no known service is `DNS`."""


class ServicePort(msgspec.Struct, frozen=True):
    """`number` is what clients dial; `target` the endpoints' port: a number, or a container port's name, or 0 for the same number."""

    number: int
    name: str
    protocol: Protocol
    target: int | str = 0


HIGHEST_PORT = 65535


def is_port(number: int) -> bool:
    """Whether there is a port of that number."""
    return 0 < number <= HIGHEST_PORT


def dialled(ports: Iterable[ServicePort]) -> tuple[ServicePort, ...]:
    """The ports that can be dialled, of those with one number the first. Stores may hold what no check has seen."""
    by_number: dict[int, ServicePort] = {}
    for port in ports:
        if is_port(port.number):
            by_number.setdefault(port.number, port)
    return tuple(by_number.values())


def places(written: Iterable[str]) -> tuple[str, ...]:
    """The IP addresses and ranges among the texts, each once."""
    return tuple(dict.fromkeys(each for each in written if is_address(each) or is_network(each)))


class Service(msgspec.Struct, frozen=True):
    """One host with its ports, as one namespace declares it.

    `addresses` are virtual IPs or CIDRs, empty for none (headless, or an entry without addresses); `auto_addresses` those allocated by the mesh.
    `export_to` is as written (empty for the mesh's default). `selector` picks pods or workload entries of the namespace; empty picks none.
    `headless` services have no virtual IP and are reached by the addresses of their endpoints. `datagrams` are the UDP ports, which the mesh skips;
    that they are there tells a gateway behind the service to speak HTTP/3 (GW-10). `further` are other declarations of the host, with the ports that
    are here because of them.
    """

    host: str
    namespace: str
    name: str
    ports: tuple[ServicePort, ...]
    resolution: Resolution
    origin: Ref
    created: str = ""
    kubernetes: bool = False
    external: bool = False
    headless: bool = False
    addresses: tuple[str, ...] = ()
    auto_addresses: tuple[str, ...] = ()
    export_to: tuple[str, ...] = ()
    selector: Labels = ()
    subject_alt_names: tuple[str, ...] = ()
    external_name: str = ""
    aliases: tuple[str, ...] = ()
    publish_not_ready: bool = False
    node_local: bool = False
    distribution: str = ""
    labels: Labels = ()
    datagrams: tuple[ServicePort, ...] = ()
    further: tuple[Service, ...] = ()

    def declaring(self, number: int) -> Service:
        """The declaration of the port that clients dial as `number`: what it says of addresses and endpoints holds for that port (SE-8)."""
        return next((each for each in self.further if each.port(number) is not None), self)

    @property
    def every_address(self) -> tuple[str, ...]:
        """The addresses of all declarations."""
        return tuple(dict.fromkeys(address for each in (self, *self.further) for address in (*each.addresses, *each.auto_addresses)))

    @property
    def is_persistent(self) -> bool:
        """Whether clients go back to the endpoint that answered them, which therefore is told while it drains (SD-12)."""
        return any(key in (PERSISTENT_COOKIE, PERSISTENT_HEADER) and value for key, value in self.labels)

    def port(self, number: int) -> ServicePort | None:
        """The port that clients dial as `number`."""
        for port in self.ports:
            if port.number == number:
                return port
        return None


class Health(StrEnum):
    """Whether traffic may go to an endpoint (SD-12). `DRAINING` ones serve persistent sessions only."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    DRAINING = "draining"


class Workload(msgspec.Struct, frozen=True):
    """One running instance: a pod, a workload entry, or an inline endpoint of a service entry.

    `mutual_tls`: it has a proxy which takes Istio mutual TLS (WE-1). `ports` maps port names to numbers. `locality` is `region/zone/subzone`.
    """

    name: str
    namespace: str
    origin: Ref
    addresses: tuple[str, ...]
    labels: Labels = ()
    ports: tuple[tuple[str, int], ...] = ()
    service_account: str = ""
    mutual_tls: bool = False
    locality: str = ""
    network: str = ""
    cluster: str = ""
    node: str = ""
    weight: int = 0
    health: Health = Health.HEALTHY
    hostname: str = ""
    controller: str = ""

    def port(self, name: str) -> int | None:
        """The number of the port called `name`."""
        return dict(self.ports).get(name)


class Endpoint(msgspec.Struct, frozen=True):
    """Where one port of one service is served: an IP address, DNS name or `unix://` path, and a port (0 for Unix sockets).

    The address is empty where only the gateways of the workload's network know it.
    """

    address: str
    port: int
    workload: Workload


class Instance(msgspec.Struct, frozen=True):
    """One port of a service as served by one workload: the inbound side. `port` is the workload's own port."""

    service: Service
    service_port: ServicePort
    port: int
    address: str
