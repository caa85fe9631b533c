"""What stands in for mistakes, in how many readings."""

from __future__ import annotations

from typing import Any

import pytest

from lateen.api.meant import drafts, meanings
from lateen.api.networking.gateway import ServerTLSSettings
from lateen.api.networking.virtual_service import HTTPRetry, HTTPRoute, StringMatch, VirtualService
from lateen.values.ref import Ref


def values(value: Any, struct: Any) -> list[Any]:
    return [meaning.value for meaning in meanings(value, struct)]


def test_what_has_no_mistake_has_one_reading() -> None:
    [meaning] = meanings({"hosts": ["a"]}, VirtualService)
    assert (meaning.value, meaning.stand_ins, meaning.renamed) == ({"hosts": ["a"]}, frozenset(), {})


@pytest.mark.parametrize(
    ("value", "struct", "meant"),
    [
        pytest.param({"attempts": "3"}, HTTPRetry, {"attempts": 3}, id="a number in quotes"),
        pytest.param({"timeout": 5}, HTTPRoute, {"timeout": "5s"}, id="a duration without unit"),
        pytest.param({"hosts": [80]}, VirtualService, {"hosts": ["80"]}, id="a number for a text"),
        pytest.param({"exportTo": "."}, VirtualService, {"exportTo": ["."]}, id="a text for a list"),
        pytest.param({"httpsRedirect": "yes"}, ServerTLSSettings, {"httpsRedirect": True}, id="a word of YAML 1.1"),
        pytest.param({"mode": "simple"}, ServerTLSSettings, {"mode": "SIMPLE"}, id="a word in small letters"),
        pytest.param({"host": ["a"]}, VirtualService, {"hosts": ["a"]}, id="a field's name without its s"),
    ],
)
def test_what_is_plainly_meant_is_the_only_reading(value: Any, struct: Any, meant: Any) -> None:
    assert values(value, struct) == [meant]


def test_where_nothing_is_plainly_meant_there_are_several_readings() -> None:
    assert values({"timeout": "soon"}, HTTPRoute) == [{"timeout": None}, {"timeout": "0s"}, {"timeout": "1s"}]
    assert values({"hosts": 5}, VirtualService) == [{"hosts": []}, {"hosts": ["stand-in.example.com"]}]
    assert values({"exact": "a", "prefix": "b"}, StringMatch) == [{"exact": "a"}, {"prefix": "b"}]


def test_a_reading_says_where_something_stands_in_and_what_was_renamed() -> None:
    [meaning] = meanings({"htpp": [{"route": [{}]}]}, VirtualService, ("spec",))
    destination = ("spec", "http", 0, "route", 0, "destination")
    assert meaning.stand_ins == {destination}
    assert meaning.is_told((*destination, "host"))
    assert not meaning.is_told(destination[:-1])
    assert meaning.as_written(destination) == ("spec", "htpp", 0, "route", 0, "destination")
    assert [mistake.message for mistake in meaning.inside] == ['the field "destination" is missing.']


def test_drafts_are_objects_with_the_labels_that_can_be_read() -> None:
    manifest = {"metadata": {"labels": {"a": 5}, "annotations": 7}, "spec": {"hosts": "a"}}
    ref = Ref("VirtualService", "default", "it")
    [draft] = drafts(manifest, ref)
    assert draft.resource.ref == ref
    assert (draft.resource.labels, draft.resource.annotations, draft.resource.spec.hosts) == ({"a": "5"}, {}, ("a",))


def test_what_has_no_kind_has_no_draft() -> None:
    assert list(drafts({"spec": {}}, Ref("Nothing", "default", "it"))) == []
