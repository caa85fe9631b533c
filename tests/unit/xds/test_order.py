from __future__ import annotations

import pytest

from lateen.xds.order import ADDED_AFTER, CDS, EDS, LDS, PUSH_ORDER, RDS, REMOVED_AFTER, SDS, rank


@pytest.mark.rule("XD-3")
def test_types_go_out_clusters_endpoints_listeners_routes_secrets_and_the_rest_last() -> None:
    assert sorted([SDS, "unknown", RDS, LDS, EDS, CDS], key=rank) == [CDS, EDS, LDS, RDS, SDS, "unknown"]


def test_what_is_new_waits_only_for_earlier_types() -> None:
    assert all(rank(earlier) < rank(later) for later, before in ADDED_AFTER.items() for earlier in before)


def test_no_two_types_wait_for_each_others_removals() -> None:
    done: set[str] = {type_url for type_url in PUSH_ORDER if type_url not in REMOVED_AFTER}
    while waiting := [type_url for type_url in REMOVED_AFTER if type_url not in done]:
        ready = [type_url for type_url in waiting if done.issuperset(REMOVED_AFTER[type_url])]
        assert ready, f"these wait for each other: {waiting}"
        done.update(ready)
