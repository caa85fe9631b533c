from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

from lateen.store import Delete, Object, Put
from lateen.store.transaction import moment, second, transition
from lateen.values.ref import Ref

NOON = datetime(2026, 1, 1, 12, 0, 0, 123_456, tzinfo=UTC)
REVIEWS = Ref("VirtualService", "default", "reviews")


def nothing(ref: Ref) -> Object | None:
    return None


def test_times_are_in_utc_whatever_the_clock_says() -> None:
    in_paris = NOON.astimezone(timezone(timedelta(hours=2)))
    assert (moment(in_paris), second(in_paris)) == ("2026-01-01T12:00:00.123Z", "2026-01-01T12:00:00Z")


def test_the_manifest_follows_the_ref() -> None:
    text = b'{"kind":"VirtualService","metadata":{"name":"other","namespace":"elsewhere"},"spec":{}}'
    [change] = transition(nothing, [Put(REVIEWS, text)], 5, NOON)
    assert change.after == Object(
        REVIEWS,
        b'{"kind":"VirtualService","metadata":{"name":"reviews","namespace":"default",'
        b'"creationTimestamp":"2026-01-01T12:00:00Z","generation":1},"spec":{}}',
        5,
        "2026-01-01T12:00:00Z",
    )


def test_a_generation_that_is_imported_with_a_new_object_is_kept() -> None:
    [change] = transition(nothing, [Put(REVIEWS, b'{"metadata":{"generation":7}}')], 1, NOON)
    assert change.after is not None
    assert json.loads(change.after.manifest)["metadata"]["generation"] == 7


def test_a_delete_and_a_put_in_one_write_make_the_object_anew() -> None:
    old = Object(REVIEWS, b'{"metadata":{"generation":9},"spec":1}', 3, "2020-01-01T00:00:00Z")
    [change] = transition(lambda ref: old, [Delete(REVIEWS, expected=3), Put(REVIEWS, b'{"spec":1}', expected=3)], 4, NOON)
    assert change.before == old
    assert change.after is not None
    assert (change.after.created, json.loads(change.after.manifest)["metadata"]["generation"]) == ("2026-01-01T12:00:00Z", 1)
