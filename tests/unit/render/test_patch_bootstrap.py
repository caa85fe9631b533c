"""Patches of what a proxy is started with."""

from __future__ import annotations

import pytest

from lateen.ir.patch import Operation, Patch, Reach, Target
from lateen.render.patch_bootstrap import bootstrap
from lateen.values.ref import Ref

REF = Ref("EnvoyFilter", "default", "it")


def patch(value: str, reach: Reach = Reach.ANY, operation: Operation = Operation.MERGE) -> Patch:
    return Patch(Target.BOOTSTRAP, operation, REF, 0, reach, value=value)


@pytest.mark.rule("EX-2")
def test_later_patches_lie_over_earlier_ones_and_lists_grow() -> None:
    first = patch('{"statsFlushInterval": "5s", "statsSinks": [{"name": "a"}]}')
    second = patch('{"stats_flush_interval": "1s", "stats_sinks": [{"name": "b"}]}')
    assert bootstrap((first, second), at_gateway=False) == {
        "stats_flush_interval": "1s",
        "stats_sinks": [{"name": "a"}, {"name": "b"}],
    }


@pytest.mark.rule("EX-1")
def test_a_patch_is_for_the_kind_of_proxy_that_it_names() -> None:
    of_gateways, of_sidecars = patch('{"header_prefix": "g"}', Reach.GATEWAY), patch('{"header_prefix": "s"}', Reach.INBOUND)
    assert bootstrap((of_gateways, of_sidecars), at_gateway=True) == {"header_prefix": "g"}
    assert bootstrap((of_gateways, of_sidecars), at_gateway=False) == {"header_prefix": "s"}


@pytest.mark.rule("EX-3")
def test_what_envoy_would_not_start_with_is_left_out() -> None:
    broken, unreadable = patch('{"stats_flush_interval": "0s"}'), patch('{"stats_flush_interval": 7}')
    assert bootstrap((broken, unreadable, patch('{"header_prefix": "x"}')), at_gateway=False) == {"header_prefix": "x"}


@pytest.mark.rule("EX-2")
def test_nothing_but_a_merge_has_a_meaning() -> None:
    assert bootstrap((patch('{"header_prefix": "x"}', operation=Operation.REPLACE),), at_gateway=False) == {}
