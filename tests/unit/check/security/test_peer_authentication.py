"""What is said of security peer authentication: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "portLevelMtls: {80: {mode: DISABLE}}",
            [
                ("error IST0106 spec.portLevelMtls: ports have a mode of their own only in a policy that selects workloads. Give selector."),
            ],
            id="ports without selector",
            marks=pytest.mark.rule("SEC-2"),
        ),
        pytest.param(
            "selector: {matchLabels: {a: b}}\nportLevelMtls: {}",
            ["error IST0106 spec.portLevelMtls: portLevelMtls is empty, expected at least one port. Leave it out."],
            id="no ports",
            marks=pytest.mark.rule("SEC-2"),
        ),
        pytest.param(
            "selector: {matchLabels: {a: b}}\nportLevelMtls: {65536: {mode: DISABLE}}",
            ["error IST0106 spec.portLevelMtls.65536: found the port 65536, expected 1 to 65535."],
            id="a port beyond 65535",
            marks=pytest.mark.rule("SEC-2"),
        ),
        pytest.param(
            "selector: {matchLabels: {a: b}}\nportLevelMtls: {http: {mode: DISABLE}}",
            ['error IST0106 spec.portLevelMtls.http: found the port "http", expected a number from 1 to 65535.'],
            id="a port by name",
            marks=pytest.mark.rule("SEC-2"),
        ),
        pytest.param(
            "selector: {}\nmtls: {mode: STRICT}",
            [
                (
                    "warning IST0133 spec.selector.matchLabels: the selector has no labels, so it selects all workloads. Leave it "
                    "out if that is meant."
                ),
            ],
            id="a selector without labels",
            marks=pytest.mark.rule("SEC-2"),
        ),
        pytest.param(
            "selector: {matchLabels: {'': a}}",
            ['error IST0106 spec.selector.matchLabels[""]: a label of the selector has an empty key.'],
            id="an empty key",
            marks=pytest.mark.rule("SEC-2"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("security.istio.io/v1", "PeerAuthentication", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "selector: {matchLabels: {a: b}}\nportLevelMtls: {8080: {mode: DISABLE}}",
            id="ports of selected workloads",
            marks=pytest.mark.rule("SEC-2"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("security.istio.io/v1", "PeerAuthentication", spec) == []
