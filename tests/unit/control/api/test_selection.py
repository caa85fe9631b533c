"""Which objects of a list are meant."""

from __future__ import annotations

import pytest

from lateen.control.api.failure import Failure
from lateen.control.api.selection import fields, labels


def labelled(**pairs: str) -> dict[str, object]:
    return {"metadata": {"name": "x", "labels": pairs}}


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        ("", True),
        ("app=web", True),
        ("app==web,tier!=front", True),
        ("app!=web", False),
        ("app in (web, api)", True),
        ("app notin (web)", False),
        ("app,!canary", True),
        ("!app", False),
        ("app=web,tier", False),
    ],
)
def test_label_selectors_mean_what_kubectls_do(selector: str, selected: bool) -> None:
    assert labels(selector)(labelled(app="web")) is selected


def test_field_selectors_compare_as_text() -> None:
    manifest = {"metadata": {"name": "x", "generation": 3}, "type": "Opaque"}
    assert fields("metadata.name=x,type!=other")(manifest)
    assert fields("metadata.generation=3")(manifest)
    assert not fields("metadata.name=y")(manifest)
    assert fields("spec.nodeName=")(manifest)


@pytest.mark.parametrize("text", ["a in", "=b", "a b"])
def test_what_is_no_selector_says_so(text: str) -> None:
    with pytest.raises(Failure, match="is not a label selector"):
        labels(text)
