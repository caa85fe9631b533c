"""Whatever is wrong with a manifest, reading it tells all that decoding tells, tells nothing twice, says where, and raises nothing."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lateen.api.decode import decode
from lateen.api.text import values
from lateen.check.reading import read
from tests.conformance.test_validation import TABLES, document

SPECS = [(kind, spec) for kind, rows in TABLES.items() for row in rows for spec in (row.good, row.bad)]
JUNK: st.SearchStrategy[Any] = st.sampled_from([None, 5, -1, 3.7, True, "x", "", [], {}, ["a"], {"a": 1}, [[]], [None], "80", "soon"])
Steps = tuple[str | int, ...]


def places(value: Any, path: Steps = ()) -> Iterator[Steps]:
    """The paths of all values inside a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in items:
        yield (*path, step)
        yield from places(item, (*path, step))


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """A manifest in which a few things are replaced, or called otherwise."""
    kind, spec = draw(st.sampled_from(SPECS))
    manifest: dict[str, Any] = next(values(document(kind, spec)))[0]
    for _ in range(draw(st.integers(1, 3))):
        within = [path for path in places(manifest) if path[0] in ("spec", "metadata")]
        if not within:
            break
        *parents, last = draw(st.sampled_from(within))
        holder = manifest
        for step in parents:
            holder = holder[step]
        if isinstance(last, str) and draw(st.booleans()):
            holder[last[:-1] or "q"] = holder.pop(last)
        else:
            holder[last] = copy.deepcopy(draw(JUNK))
    return manifest


@pytest.mark.rule("VA-1")
@settings(max_examples=300, deadline=None)
@given(damaged())
def test_reading_tells_what_decoding_tells_and_more(manifest: dict[str, Any]) -> None:
    before = copy.deepcopy(manifest)
    _, decoded = decode(manifest)
    resource, found = read(manifest)
    said = [(each.path, each.message) for each in found]
    assert set(said) >= {(each.path, each.message) for each in decoded}
    assert len(said) == len(set(said))
    assert resource is None or not any(each.severity == "error" for each in found)
    assert manifest == before
