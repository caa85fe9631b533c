"""Texts with command operators: which Envoy takes."""

from __future__ import annotations

import pytest

from lateen.check.formats import WITH_ARGUMENT, WITH_OR_WITHOUT, WITHOUT_ARGUMENT, fault


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "100%%",
        "%REQ(x-a)%",
        "%REQ(x-a?:authority):3%",
        "%START_TIME(%Y/%m/%dT%H:%M:%S%z)%",
        "%START_TIME%",
        "%PATH(WQ:PATH):5%",
        '%UPSTREAM_METADATA(["a","b"])%',
        "[%RESPONSE_CODE%] %DURATION%\n",
    ],
)
def test_what_envoy_takes_has_no_fault(text: str) -> None:
    assert fault(text) == ""


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("%NONSENSE%", "in which Envoy does not know the operator %NONSENSE%"),
        ("%REQ%", "in which %REQ% needs an argument"),
        ("%REQ()%", "in which %REQ% needs an argument"),
        ("%REQ(a b)%", 'in which "a b" is not the name of a header'),
        ("%REQ(a?b?c)%", 'in which "a?b?c" is not the name of a header'),
        ("%RESPONSE_CODE(a)%", "in which %RESPONSE_CODE% takes no argument"),
        ("%RESPONSE_CODE:5%", "in which %RESPONSE_CODE% takes no length"),
        ("%req(x-a)%", 'in which a "%" stands alone'),
        ("100%", 'in which a "%" stands alone'),
        ("%REQ(x-a)", 'in which a "%" stands alone'),
    ],
)
def test_what_envoy_refuses_is_told(text: str, sentence: str) -> None:
    assert fault(text) == sentence


def test_an_operator_is_in_one_table() -> None:
    assert not WITH_ARGUMENT & WITH_OR_WITHOUT
    assert not (WITH_ARGUMENT | WITH_OR_WITHOUT) & WITHOUT_ARGUMENT
