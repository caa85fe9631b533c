"""Which shelves a proxy sees."""

from __future__ import annotations

import pytest

from lateen.assembly.kinds import CDS, EDS, LDS, LEDS, RDS, SDS, VHDS
from lateen.assembly.stacks import stacks
from lateen.assembly.views import view_of
from lateen.flow import Graph

NODE = "sidecar~10.9.0.1~a.default~default.svc.cluster.local"


def types(node: str, **metadata: object) -> list[str]:
    return [type_url for type_url, _ in stacks(Graph(), view_of(node, metadata))]


@pytest.mark.rule("XD-3")
def test_types_come_in_the_order_in_which_they_are_told_and_only_those_that_the_agent_takes() -> None:
    assert types(NODE) == [CDS, EDS, LDS, RDS]
    assert types(NODE, LATEEN={"virtualHosts": True, "endpoints": True}) == [CDS, EDS, LEDS, LDS, RDS, VHDS]
    assert types(NODE.replace("sidecar", "router")) == [CDS, EDS, LDS, RDS, SDS]
    assert types(NODE, GENERATOR="grpc") == [CDS, EDS, LDS, RDS]


def test_replicas_have_one_stack() -> None:
    g = Graph()
    assert stacks(g, view_of(NODE, {})) == stacks(g, view_of(NODE.replace("10.9.0.1", "10.9.0.2"), {}))
