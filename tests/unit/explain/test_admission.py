"""What of a request is let in before anybody looks at where it goes (HC-2)."""

from __future__ import annotations

from typing import Any

import pytest

from lateen.explain.admission import admitted
from lateen.explain.call import Call
from lateen.explain.way import Answered
from lateen.ir.chain import HttpOptions


def path(written: str, **options: Any) -> str:
    return admitted(Call("a", 80, path=written), HttpOptions(**options)).call.path


@pytest.mark.rule("HC-2")
@pytest.mark.parametrize(
    ("normalization", "expected"),
    [
        ("NONE", "/a/../b//%2Fc?x=//"),
        ("BASE", "/b//%2Fc?x=//"),
        ("MERGE_SLASHES", "/b/%2Fc?x=//"),
        ("DECODE_AND_MERGE_SLASHES", "/b/c?x=//"),
    ],
)
def test_a_path_goes_on_as_the_mesh_normalises_it(normalization: str, expected: str) -> None:
    assert path("/a/../b//%2Fc?x=//", normalization=normalization) == expected


def test_a_gateway_may_see_slashes_otherwise_than_the_mesh() -> None:
    assert path("/a//b", merges_slashes=True) == "/a/b"
    assert path("/a//b", normalization="MERGE_SLASHES", merges_slashes=False) == "/a//b"
    assert path("/a%2fb", escaped_slashes="UNESCAPE_AND_FORWARD") == "/a/b"
    assert path("/a%2fb", escaped_slashes="KEEP_UNCHANGED") == "/a%2fb"


def test_escaped_slashes_may_be_refused_or_led_elsewhere() -> None:
    escaped = Call("a", 80, path="/a%2Fb?q")
    assert admitted(escaped, HttpOptions(escaped_slashes="REJECT_REQUEST")).answer == Answered(400)
    assert admitted(escaped, HttpOptions(escaped_slashes="UNESCAPE_AND_REDIRECT")).answer == Answered(307, "/a/b?q")
    assert admitted(Call("a", 80, path="/a"), HttpOptions(escaped_slashes="REJECT_REQUEST")).answer is None


def test_headers_with_underscores_may_be_refused_or_dropped() -> None:
    named = Call("a", 80, headers=(("un_der", "1"), ("over", "2")))
    assert admitted(named, HttpOptions(underscores="REJECT_REQUEST")).answer == Answered(400)
    assert admitted(named, HttpOptions(underscores="DROP_HEADER")).call.headers == (("over", "2"),)
    assert admitted(named, HttpOptions()).call.headers == named.headers
