"""The names of destinations."""

from __future__ import annotations

import pytest

from lateen.ir.destination import inbound, server_name


@pytest.mark.rule("N-7")
def test_a_port_of_the_workload_itself_has_a_name_without_host_and_subset() -> None:
    assert inbound(9080) == "inbound|9080||"


@pytest.mark.rule("MC-3")
def test_a_destination_is_named_to_other_proxies_by_port_subset_and_host() -> None:
    assert server_name("reviews.default.svc.cluster.local", 80, "v1") == "outbound_.80_.v1_.reviews.default.svc.cluster.local"
    assert server_name("reviews.default.svc.cluster.local", 80) == "outbound_.80_._.reviews.default.svc.cluster.local"
