"""Whose an address is that several services have."""

from __future__ import annotations

import pytest

from lateen.ir.routes import VirtualHost
from lateen.registry.service import Resolution, Service, ServicePort
from lateen.translate.shared_addresses import at_addresses, is_shared, places, shared_out
from lateen.values.protocol import Protocol
from lateen.values.ref import Ref
from tests.given.objects import entry
from tests.given.worlds import world


def service(host: str, created: str, addresses: tuple[str, ...], ports: tuple[ServicePort, ...], further: tuple[Service, ...] = ()) -> Service:
    every = (*ports, *(port for each in further for port in each.ports))
    origin = Ref("ServiceEntry", "default", host)
    return Service(host, "default", host, every, Resolution.DNS, origin, created, addresses=addresses, further=further)


HTTP, OTHER, BYTES = ServicePort(80, "http", Protocol.HTTP), ServicePort(81, "auto", Protocol.AUTO), ServicePort(80, "tcp", Protocol.TCP)
SHARED = ", addresses: [240.240.9.9]"


@pytest.mark.rule("LI-8")
def test_the_oldest_that_takes_requests_has_an_address() -> None:
    young = service("young", "2021", ("10.0.0.1", "10.0.0.2", "10.1.0.0/16"), (HTTP,))
    old = service("old", "2020", ("10.0.0.1",), (HTTP,))
    oldest = service("oldest", "2019", ("10.0.0.1", "10.0.0.2"), (BYTES,))
    assert shared_out((young, old, oldest), 80) == (("10.0.0.1", "old"), ("10.0.0.2", "young"))
    assert shared_out((young, old), 81) == ()


@pytest.mark.rule("SE-8")
def test_a_port_is_asked_for_at_the_addresses_of_the_declaration_that_has_it() -> None:
    both = service("a", "2020", ("10.0.0.1",), (HTTP,), (service("a", "2021", ("10.0.0.2",), (OTHER,)),))
    assert (places(both, 80), places(both, 81)) == (("10.0.0.1",), ("10.0.0.2",))
    assert both.every_address == ("10.0.0.1", "10.0.0.2")


def test_an_address_of_two_hosts_is_shared_also_if_one_entry_declares_both() -> None:
    assert is_shared(world(entry("a", "one", "a.example", SHARED), entry("b", "two", "b.example", SHARED)), "240.240.9.9")
    assert is_shared(world(entry("a", "one", 'a.example", "b.example', SHARED)), "240.240.9.9")
    assert not is_shared(world(entry("a", "one", "a.example", SHARED)), "240.240.9.9")


def test_a_virtual_host_keeps_its_names_and_of_its_addresses_those_that_are_its_own() -> None:
    of = service("a.example", "2020", ("10.0.0.1", "fd00::1", "fd00::2"), (HTTP,))
    told = at_addresses(VirtualHost("a.example:80", ("a.example", "10.0.0.1", "[fd00::1]"), ()), of, 80, ("fd00::2",))
    assert told.domains == ("a.example", "[fd00::2]")
