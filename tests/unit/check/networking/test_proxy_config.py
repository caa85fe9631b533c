"""What is said of networking proxy config: each mistake with its sentence, and what is not one."""

import pytest

from lateen.check import check_text


def said(spec: str) -> list[str]:
    head = "apiVersion: networking.istio.io/v1beta1\nkind: ProxyConfig\nmetadata: {name: it, namespace: default}\nspec:\n"
    body = "".join(f"  {line}\n" for line in spec.splitlines())
    return [" ".join(filter(None, (found.severity, found.code, f"{found.path}:", found.message, found.hint))) for found in check_text(head + body)]


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
    assert said(spec) == sentences


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
    assert said(spec) == []
