"""What is said of extensions wasm plugin: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            (
                "url: 'oci://a/b'\n"
                "pluginName: "
                "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
                "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
                "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
            ),
            ["error IST0106 spec.pluginName: found 257 characters, expected at most 256."],
            id="a long name",
            marks=pytest.mark.rule("EX-4"),
        ),
        pytest.param(
            "url: 'oci://a/b'\nselector: {matchLabels: {a: b}}\ntargetRefs: [{kind: Service, name: a}]",
            ["error IST0106 spec: selector and targetRefs are given, expected only one of them."],
            id="selector and targetRefs",
            marks=pytest.mark.rule("EX-4"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("extensions.istio.io/v1alpha1", "WasmPlugin", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "url: 'oci://a/b'\nphase: AUTHN",
            id="a phase",
            marks=pytest.mark.rule("EX-4"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("extensions.istio.io/v1alpha1", "WasmPlugin", spec) == []
