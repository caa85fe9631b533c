"""What is said of extensions traffic extension: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "priority: 1",
            ["error IST0106 spec: neither wasm nor lua is given."],
            id="nothing to run",
            marks=pytest.mark.rule("EX-4"),
        ),
        pytest.param(
            "lua: {inlineCode: ''}",
            ["error IST0106 spec.lua.inlineCode: the script is empty."],
            id="an empty script",
            marks=pytest.mark.rule("EX-4"),
        ),
        pytest.param(
            "wasm: {url: ''}",
            [
                "error IST0106 spec.wasm.url: the url is empty. Write for instance oci://registry.example.com/plugin:v1.",
            ],
            id="a module without address",
            marks=pytest.mark.rule("EX-4"),
        ),
        pytest.param(
            "lua: {inlineCode: a}\nmatch: [{ports: [{number: 0}]}]",
            ["error IST0106 spec.match[0].ports[0].number: found the port 0, expected 1 to 65535."],
            id="a port of 0",
            marks=pytest.mark.rule("EX-4"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("extensions.istio.io/v1alpha1", "TrafficExtension", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "lua: {inlineCode: function envoy_on_request(h) end}",
            id="a script",
            marks=pytest.mark.rule("EX-4"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("extensions.istio.io/v1alpha1", "TrafficExtension", spec) == []
