"""Services and workloads as values."""

from __future__ import annotations

from lateen.registry.service import Resolution, Service, ServicePort, Workload, dialled, places
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


def test_only_ports_that_can_be_dialled_count_and_of_one_number_the_first() -> None:
    first, again = ServicePort(80, "a", Protocol.HTTP), ServicePort(80, "b", Protocol.TCP)
    none, beyond = ServicePort(0, "c", Protocol.TCP), ServicePort(65536, "d", Protocol.TCP)
    assert dialled([none, first, again, beyond]) == (first,)


def test_addresses_and_ranges_count_once_and_other_texts_not() -> None:
    written = ["10.0.0.1", "10.0.0.0/8", "10.0.0.1", "", "nonsense", "10.0.0.0/33", "2001:db8::/32"]
    assert places(written) == ("10.0.0.1", "10.0.0.0/8", "2001:db8::/32")
