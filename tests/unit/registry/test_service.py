"""Services and workloads as values."""

from __future__ import annotations

from lateen.registry.service import Resolution, Service, ServicePort, Workload
from lateen.values.protocol import Protocol
from lateen.values.ref import Ref

REF = Ref("Service", "default", "a")


def test_a_port_is_found_by_the_number_that_clients_dial() -> None:
    port = ServicePort(80, "http", Protocol.HTTP, 8080)
    service = Service("a.example", "default", "a", (port,), Resolution.ENDPOINTS, REF)
    assert service.port(80) == port
    assert service.port(8080) is None


def test_a_workload_knows_its_ports_by_name() -> None:
    workload = Workload("a", "default", REF, ("10.0.0.1",), ports=(("web", 8080),))
    assert (workload.port("web"), workload.port("other")) == (8080, None)
