"""What annotations say of capture."""

from __future__ import annotations

import pytest

from lateen.agent.annotations import captured, unreadable
from lateen.agent.capture import Capture

PREFIX = "traffic.sidecar.istio.io/"


def told(**said: str) -> dict[str, str]:
    return {f"{PREFIX}{name}": text for name, text in said.items()}


@pytest.mark.rule("AG-11")
def test_lists_say_what_is_captured_and_what_is_not() -> None:
    said = told(
        includeInboundPorts="80, 90",
        excludeInboundPorts="22",
        includeOutboundPorts="3306",
        excludeOutboundPorts="25,26",
        includeOutboundIPRanges="10.0.0.0/8",
        excludeOutboundIPRanges="10.9.0.0/16, 10.8.0.1/32",
    )
    assert captured(Capture(by_mark=True), said) == Capture(
        by_mark=True,
        inbound=(80, 90),
        not_inbound=(22,),
        outbound=(3306,),
        not_outbound=(25, 26),
        outbound_ranges=("10.0.0.0/8",),
        not_outbound_ranges=("10.9.0.0/16", "10.8.0.1/32"),
    )


@pytest.mark.rule("AG-11")
def test_a_star_is_everything_and_an_empty_text_nothing() -> None:
    assert captured(Capture(), told(includeInboundPorts="*", includeOutboundIPRanges="*")) == Capture()
    assert captured(Capture(), told(includeInboundPorts="", includeOutboundIPRanges="")) == Capture(takes_inbound=False, takes_outbound=False)
    assert captured(Capture(), told(excludeInboundPorts="")) == Capture()


def test_what_cannot_be_read_is_told_and_changes_nothing() -> None:
    said = told(includeInboundPorts="80,web", excludeOutboundIPRanges="fd00::/8") | {"other": "x"}
    assert captured(Capture(), said) == Capture()
    assert dict(unreadable(said)) == {
        f"{PREFIX}includeInboundPorts": '"web" was found, expected ports from 1 to 65535 with commas between them, or "*".',
        f"{PREFIX}excludeOutboundIPRanges": '"fd00::/8" was found, expected networks such as 10.0.0.0/8 with commas between them, or "*".',
    }
