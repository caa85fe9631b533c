"""What is said of networking proxy config: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "concurrency: -1",
            ["error IST0106 spec.concurrency: found -1, expected 0 (one thread for each core) or more."],
            id="fewer than no threads",
        ),
        pytest.param(
            "selector: {matchLabels: {'a*': b}}",
            ['error IST0106 spec.selector.matchLabels["a*"]: found "a*: b", expected labels without wildcard.'],
            id="a selector with wildcard",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("networking.istio.io/v1beta1", "ProxyConfig", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "concurrency: 0",
            id="one thread for each core",
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("networking.istio.io/v1beta1", "ProxyConfig", spec) == []
