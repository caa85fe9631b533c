"""Which service entries want addresses, and which they have."""

from __future__ import annotations

import pytest

from lateen.assembly import offline
from lateen.flow import Graph
from lateen.registry import allocation
from lateen.values.ref import Ref


def world(text: str) -> Graph:
    resources, findings = offline.read(text)
    assert not findings
    return offline.graph(resources)

ENTRY = """
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: e, namespace: default, labels: LABELS}
spec: {hosts: [a.example, "*.b.example"], ports: [{number: 80, name: http}], resolution: DNS}
status: {addresses: [{value: 240.240.0.1, host: a.example}, {value: 240.240.0.2}]}
"""
REF = Ref("ServiceEntry", "default", "e")


@pytest.mark.rule("SE-9")
def test_a_wildcard_host_gets_no_address() -> None:
    assert allocation.wanted(world(ENTRY.replace("LABELS", "{}")), REF) == ("a.example",)


@pytest.mark.rule("SE-9")
def test_an_entry_with_addresses_of_its_own_or_opted_out_or_without_resolution_wants_none() -> None:
    plain = ENTRY.replace("LABELS", "{}")
    assert allocation.wanted(world(plain.replace("resolution: DNS", "resolution: DNS, addresses: [10.0.0.1]")), REF) == ()
    assert allocation.wanted(world(plain.replace("resolution: DNS", "resolution: NONE")), REF) == ()
    assert allocation.wanted(world(ENTRY.replace("LABELS", "{networking.istio.io/enable-autoallocate-ip: 'false'}")), REF) == ()


def test_a_host_has_the_addresses_given_to_it_and_those_given_to_no_host() -> None:
    assert allocation.addresses(world(ENTRY.replace("LABELS", "{}")), REF, "a.example") == ("240.240.0.1", "240.240.0.2")
    assert allocation.addresses(Graph(), REF, "a.example") == ()
