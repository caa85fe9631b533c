"""What is said of networking http route: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "hosts: [reviews]\nhttp:\n- match: [{uri: {exact: /a}}]",
            [
                "error IST0106 spec.http[0]: the rule does nothing. Give route, redirect, directResponse or delegate.",
            ],
            id="a rule that does nothing",
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  redirect: {uri: /x}",
            ["error IST0106 spec.http[0]: route and redirect are given, expected only one of them."],
            id="route and redirect",
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  directResponse: {status: 200}",
            ["error IST0106 spec.http[0]: route and directResponse are given, expected only one of them."],
            id="route and directResponse",
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  delegate: {name: other}",
            ["error IST0106 spec.http[0]: route and delegate are given, expected only one of them."],
            id="route and delegate",
            marks=pytest.mark.rule("VS-53"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- {redirect: {uri: /x}, fault: {abort: {httpStatus: 500}}}",
            [
                "error IST0106 spec.http[0].fault: fault is given with redirect, which sends nothing on. Leave one of them out.",
            ],
            id="fault with redirect",
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- {directResponse: {status: 200}, rewrite: {uri: /x}}",
            [
                ("error IST0106 spec.http[0].rewrite: rewrite is given with directResponse, which sends nothing on. Leave one of them out."),
            ],
            id="rewrite with directResponse",
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- delegate: {namespace: a}",
            ["error IST0106 spec.http[0].delegate.name: the name of the delegate is empty."],
            id="a delegate without name",
            marks=pytest.mark.rule("VS-53"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- delegate: {name: a, namespace: b_c}",
            ['error IST0106 spec.http[0].delegate.namespace: found "b_c", expected the name of a namespace.'],
            id="a delegate in no namespace",
            marks=pytest.mark.rule("VS-53"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  timeout: 0s",
            ["error IST0106 spec.http[0].timeout: found 0s, expected at least 1ms."],
            id="a timeout below 1 ms",
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  timeout: 1.5ms",
            ["error IST0106 spec.http[0].timeout: found 1.5ms, expected a whole number of milliseconds."],
            id="a timeout with a fraction of a millisecond",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("networking.istio.io/v1", "VirtualService", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "hosts: [reviews]\nhttp:\n- delegate: {name: other, namespace: team}",
            id="a delegate of a root",
            marks=pytest.mark.rule("VS-53"),
        ),
        pytest.param(
            "hosts: [reviews]\nhttp:\n- route: [{destination: {host: reviews}}]\n  timeout: 1.5s",
            id="a timeout",
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("networking.istio.io/v1", "VirtualService", spec) == []
