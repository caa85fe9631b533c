"""WorkloadEntry: what is refused, and what is warned of."""

from __future__ import annotations

from lateen.api.networking.workload_entry import WorkloadEntry
from lateen.api.resource import Resource
from lateen.api.text import Path
from lateen.check import addresses, hosts, ports
from lateen.check.labels import labels
from lateen.check.remark import Remarks, doubtful, wrong
from lateen.values.hosts import is_address


def workload_entry(of: Resource[WorkloadEntry]) -> Remarks:
    """An address: of IP, by name, or of a Unix socket; it may only be left out of another network's workload."""
    spec = of.spec
    yield from address_given(spec, ("spec",))
    if spec.address and not spec.address.startswith(addresses.UNIX) and not is_address(spec.address):
        yield from hosts.full_name(spec.address, ("spec", "address"))
    yield from entry(spec, ("spec",))


def address_given(spec: WorkloadEntry, path: Path) -> Remarks:
    """WE-1: without an address nothing is reached, save through the gateway of another network."""
    if spec.address:
        return
    if spec.network:
        yield doubtful(path, f'without address, the workload is only reached through the gateway of network "{spec.network}".')
    else:
        yield wrong(path, 'the field "address" is missing.', "Give an IP address, a DNS name or unix:///path.")


def entry(spec: WorkloadEntry, path: Path) -> Remarks:
    """What holds for every entry, alone or inside a ServiceEntry: sockets, ports, labels."""
    if spec.address.startswith(addresses.UNIX):
        yield from addresses.unix_socket(spec.address, (*path, "address"))
        if spec.ports:
            yield wrong((*path, "ports"), "ports are given, but a Unix socket has none.")
    for name, number in spec.ports.items():
        yield from ports.name(name, (*path, "ports", name))
        yield from ports.number(number, (*path, "ports", name))
    yield from labels(spec.labels, (*path, "labels"))
