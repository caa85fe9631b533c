"""Virtual IPs."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

import pytest

from lateen.api.decode import decode
from lateen.api.resource import Resource
from lateen.control.allocator import ENTRIES, ENTRIES_V6, SERVICES, Addresses, status
from lateen.values.ref import Ref


def entry(name: str, hosts: list[str], **more: Any) -> Resource[Any]:
    spec = {"hosts": hosts, "resolution": "DNS", "ports": [{"number": 443, "name": "tls"}]} | more.pop("spec", {})
    manifest = {"apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry", "metadata": {"name": name}, "spec": spec} | more
    resource, findings = decode(manifest)
    assert resource is not None, findings
    return resource


@pytest.mark.rule("SE-9")
def test_the_same_host_gets_the_same_address_in_every_mesh() -> None:
    first, second = Addresses().for_entry(entry("a", ["a.com"])), Addresses().for_entry(entry("a", ["a.com"]))
    assert first == second
    assert [host for host, _ in first] == ["a.com", "a.com"]
    assert [ip_address(address) in network for (_, address), network in zip(first, (ENTRIES_V6, ENTRIES), strict=True)] == [True, True]


@pytest.mark.rule("SE-9")
def test_an_address_in_use_is_not_given_again() -> None:
    book = Addresses()
    taken = {address for _, address in book.for_entry(entry("a", ["a.com"]))}
    book.observe(Ref("ServiceEntry", "other", "b"), entry("b", ["b.com"], spec={"addresses": sorted(taken)}))
    given = {address for _, address in book.for_entry(entry("a", ["a.com"]))}
    assert len(given) == 2
    assert not given & taken


@pytest.mark.rule("SE-9")
def test_an_address_within_a_range_that_is_in_use_is_not_given() -> None:
    book = Addresses()
    book.observe(Ref("ServiceEntry", "other", "b"), entry("b", ["b.com"], spec={"addresses": ["240.240.0.0/17", "2001:2::/49"]}))
    given = [ip_address(address) for number in range(20) for _, address in book.for_entry(entry("a", [f"{number}.com"]))]
    assert all(address in IPv4Network("240.240.128.0/17") or address in IPv6Network("2001:2:0:8000::/49") for address in given)


@pytest.mark.rule("SE-9")
def test_an_address_that_was_given_stays() -> None:
    told = {"addresses": [{"host": "a.com", "value": "240.240.9.9"}, {"host": "a.com", "value": "2001:2::9"}]}
    assert Addresses().for_entry(entry("a", ["a.com"], status=told)) == (("a.com", "2001:2::9"), ("a.com", "240.240.9.9"))
    only = {"addresses": [{"value": "240.240.9.9"}]}
    assert ("a.com", "240.240.9.9") in Addresses().for_entry(entry("a", ["a.com"], status=only))


@pytest.mark.rule("SE-9")
def test_every_host_has_its_own_address_and_a_wildcard_none() -> None:
    given = Addresses().for_entry(entry("a", ["a.com", "b.com", "*.com"]))
    assert [host for host, _ in given] == ["a.com", "a.com", "b.com", "b.com"]
    assert len({address for _, address in given}) == 4


@pytest.mark.rule("SE-9")
def test_an_entry_with_addresses_of_its_own_gets_none() -> None:
    assert Addresses().for_entry(entry("a", ["a.com"], spec={"addresses": ["1.2.3.4"]})) == ()


def test_an_address_is_free_again_when_its_owner_is_gone() -> None:
    book, ref = Addresses(), Ref("Service", "default", "a")
    book.reserve(ref, ["240.241.0.1"])
    assert not book.is_free("240.241.0.1", Ref("Service", "default", "b"))
    book.observe(ref, None)
    assert book.is_free("240.241.0.1", Ref("Service", "default", "b"))


def test_addresses_are_hosts_of_their_range() -> None:
    book = Addresses()
    for number in range(200):
        address = book.choose(SERVICES, Ref("Service", "default", f"s{number}"), str(number))
        book.reserve(Ref("Service", "default", f"s{number}"), [address])
        assert address.startswith("240.241.")
        assert address not in (str(SERVICES.network_address), str(SERVICES.broadcast_address))
    assert ENTRIES.num_addresses == 65536


def test_a_status_keeps_what_is_not_about_addresses() -> None:
    manifest = {"status": {"conditions": [1], "addresses": [{"value": "x"}]}}
    assert status(manifest, (("a.com", "240.240.0.1"),)) == {"conditions": [1], "addresses": [{"host": "a.com", "value": "240.240.0.1"}]}
    assert status({"status": {"addresses": [{"value": "x"}]}}, ()) is None
