"""The plan of a mesh's network."""

from ipaddress import IPv4Network

import pytest

from lateen.agent import network
from lateen.agent.network import Network, NoSubnetError


def test_a_mesh_gets_the_same_network_each_time_and_another_mesh_another() -> None:
    assert network.planned("a", []) == network.planned("a", [])
    assert network.planned("a", []).bridge != network.planned("b", []).bridge


def test_what_is_taken_is_avoided() -> None:
    first = network.planned("a", [])
    second = network.planned("a", [first.subnet, "0.0.0.0/0", "192.168.0.0/16"])
    assert not IPv4Network(first.subnet).overlaps(IPv4Network(second.subnet))


def test_a_host_without_a_free_subnet_is_told() -> None:
    with pytest.raises(NoSubnetError, match=r"overlaps with a network of this host\. Use explicit mode"):
        network.planned("a", ["10.0.0.0/8"])


def test_addresses_follow_the_gateways_and_names_fit_the_kernel() -> None:
    mesh = Network("lt0123abcd", "10.200.16.0/20")
    assert (mesh.gateway, mesh.address(0), mesh.address(1), mesh.prefix) == ("10.200.16.1", "10.200.16.2", "10.200.16.3", 20)
    assert len(mesh.link(4000)) <= 15
    with pytest.raises(NoSubnetError, match="room for 4093 workloads"):
        mesh.address(4093)


def test_loopback_addresses_of_workloads_differ() -> None:
    pairs = [network.loopback("m", index) for index in range(250)]
    assert len({address for pair in pairs for address in pair}) == 500
    assert network.loopback("m", 0, shift=1) != network.loopback("m", 0)


def test_explicit_mode_maps_each_port_to_another() -> None:
    _, explicit = network.explicit("m", 0, [80, 9080], ["mysql.db:3306", "redis.db:6379"])
    assert explicit.inbound == ((80, 20000), (9080, 20001))
    assert explicit.outbound_tcp == (("mysql.db:3306", 21000), ("redis.db:6379", 21001))
