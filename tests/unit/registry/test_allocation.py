"""Which service entries want addresses, and which they have."""

from __future__ import annotations

from typing import Any

import pytest

from lateen.api.resource import Resource
from lateen.assembly import offline
from lateen.registry import allocation


def entry(text: str) -> Resource[Any]:
    (resource,), findings = offline.read(text)
    assert not findings
    return resource


ENTRY = """
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: e, namespace: default, labels: LABELS}
spec: {hosts: [a.example, "*.b.example"], ports: [{number: 80, name: http}], resolution: DNS}
status: {addresses: [{value: 240.240.0.1, host: a.example}, {value: 240.240.0.2}]}
"""


@pytest.mark.rule("SE-9")
def test_a_wildcard_host_gets_no_address() -> None:
    assert allocation.wanting(entry(ENTRY.replace("LABELS", "{}"))) == ("a.example",)


@pytest.mark.rule("SE-9")
def test_an_entry_with_addresses_of_its_own_or_opted_out_or_without_resolution_wants_none() -> None:
    plain = ENTRY.replace("LABELS", "{}")
    assert allocation.wanting(entry(plain.replace("resolution: DNS", "resolution: DNS, addresses: [10.0.0.1]"))) == ()
    assert allocation.wanting(entry(plain.replace("resolution: DNS", "resolution: NONE"))) == ()
    assert allocation.wanting(entry(ENTRY.replace("LABELS", "{networking.istio.io/enable-autoallocate-ip: 'false'}"))) == ()


def test_a_host_has_the_addresses_given_to_it_and_those_given_to_no_host() -> None:
    given = entry(ENTRY.replace("LABELS", "{}"))
    assert allocation.addresses(given, "a.example") == ("240.240.0.1", "240.240.0.2")
    assert allocation.addresses(given, "x.b.example") == ()
