"""What is said of networking route order: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            (
                "hosts: [reviews]\n"
                "http:\n"
                "- {match: [{uri: {prefix: /a}}], route: [{destination: {host: a}}]}\n"
                "- {match: [{uri: {prefix: /a}}], route: [{destination: {host: b}}]}"
            ),
            [
                ("warning IST0130 spec.http[1]: this rule is never reached: rule 0 before it takes all its matches. Put it first."),
                "info IST0131 spec.http[1].match[0]: this match has no effect: rule 0 takes what it matches.",
            ],
            id="the same match twice",
            marks=pytest.mark.rule("VS-20"),
        ),
        pytest.param(
            (
                "hosts: [reviews]\n"
                "http:\n"
                "- {match: [{uri: {prefix: /a}}], route: [{destination: {host: a}}]}\n"
                "- {match: [{uri: {prefix: /ab}}], route: [{destination: {host: b}}]}"
            ),
            [
                ("warning IST0130 spec.http[1]: this rule is never reached: rule 0 before it takes all its matches. Put it first."),
                "info IST0131 spec.http[1].match[0]: this match has no effect: rule 0 takes what it matches.",
            ],
            id="a longer prefix behind a shorter one",
            marks=pytest.mark.rule("VS-20"),
        ),
        pytest.param(
            (
                "hosts: [reviews]\n"
                "http:\n"
                "- {match: [{uri: {prefix: /a}}], route: [{destination: {host: a}}]}\n"
                "- {match: [{uri: {exact: /a/b}}], route: [{destination: {host: b}}]}"
            ),
            [
                ("warning IST0130 spec.http[1]: this rule is never reached: rule 0 before it takes all its matches. Put it first."),
                "info IST0131 spec.http[1].match[0]: this match has no effect: rule 0 takes what it matches.",
            ],
            id="an exact path behind its prefix",
            marks=pytest.mark.rule("VS-20"),
        ),
        pytest.param(
            (
                "hosts: [reviews]\n"
                "http:\n"
                "- {match: [{uri: {prefix: /a}}], route: [{destination: {host: a}}]}\n"
                "- {match: [{uri: {prefix: /a}, headers: {x: {exact: y}}}], route: [{destination: {host: b}}]}"
            ),
            [
                ("warning IST0130 spec.http[1]: this rule is never reached: rule 0 before it takes all its matches. Put it first."),
                "info IST0131 spec.http[1].match[0]: this match has no effect: rule 0 takes what it matches.",
            ],
            id="a header behind the same path without header",
            marks=pytest.mark.rule("VS-20"),
        ),
        pytest.param(
            (
                "hosts: [reviews]\n"
                "http:\n"
                "- {match: [{uri: {prefix: /}}], route: [{destination: {host: a}}]}\n"
                "- {match: [{uri: {exact: /a}}], route: [{destination: {host: b}}]}"
            ),
            [
                ("warning IST0130 spec.http[1]: this rule is never reached: rule 0 before it takes all its matches. Put it first."),
                "info IST0131 spec.http[1].match[0]: this match has no effect: rule 0 takes what it matches.",
            ],
            id="anything behind everything",
            marks=pytest.mark.rule("VS-20"),
        ),
        pytest.param(
            (
                "hosts: [reviews]\n"
                "http:\n"
                "- {match: [{uri: {prefix: /a}}], route: [{destination: {host: a}}]}\n"
                "- {match: [{uri: {prefix: /ab}}, {uri: {prefix: /c}}], route: [{destination: {host: b}}]}"
            ),
            ["info IST0131 spec.http[1].match[0]: this match has no effect: rule 0 takes what it matches."],
            id="one match of two",
            marks=pytest.mark.rule("VS-20"),
        ),
        pytest.param(
            ("hosts: [reviews]\nhttp:\n- {route: [{destination: {host: a}}]}\n- {match: [{uri: {exact: /a}}], route: [{destination: {host: b}}]}"),
            [
                "warning IST0130 spec.http[1]: this rule is never reached: rule 0 before it takes everything. Put it first.",
            ],
            id="a rule behind a rule without match",
            marks=pytest.mark.rule("VS-20"),
        ),
        pytest.param(
            (
                "hosts: [reviews]\n"
                "http:\n"
                "- {match: [{uri: {prefix: /A}, ignoreUriCase: true}], route: [{destination: {host: a}}]}\n"
                "- {match: [{uri: {exact: /ab}}], route: [{destination: {host: b}}]}"
            ),
            [
                ("warning IST0130 spec.http[1]: this rule is never reached: rule 0 before it takes all its matches. Put it first."),
                "info IST0131 spec.http[1].match[0]: this match has no effect: rule 0 takes what it matches.",
            ],
            id="the same path in other case",
            marks=pytest.mark.rule("VS-28"),
        ),
        pytest.param(
            (
                "hosts: ['*.a.b']\n"
                "tls:\n"
                "- {match: [{sniHosts: ['*.a.b']}], route: [{destination: {host: a}}]}\n"
                "- {match: [{sniHosts: [c.a.b]}], route: [{destination: {host: b}}]}"
            ),
            [
                "warning IST0130 spec.tls[1]: this rule is never reached: rule 0 before it takes all its matches. Put it first.",
                "info IST0131 spec.tls[1].match[0]: this match has no effect: rule 0 takes what it matches.",
            ],
            id="the same SNI twice",
            marks=pytest.mark.rule("VS-52"),
        ),
        pytest.param(
            (
                "hosts: [db]\n"
                "tcp:\n"
                "- {match: [{port: 1}], route: [{destination: {host: a}}]}\n"
                "- {match: [{port: 1, gateways: [edge]}], route: [{destination: {host: b}}]}"
            ),
            [
                "warning IST0130 spec.tcp[1]: this rule is never reached: rule 0 before it takes all its matches. Put it first.",
                "info IST0131 spec.tcp[1].match[0]: this match has no effect: rule 0 takes what it matches.",
            ],
            id="the same port twice",
            marks=pytest.mark.rule("VS-52"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("networking.istio.io/v1", "VirtualService", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            (
                "hosts: [reviews]\n"
                "http:\n"
                "- {match: [{uri: {prefix: /ab}}], route: [{destination: {host: a}}]}\n"
                "- {match: [{uri: {prefix: /a}}], route: [{destination: {host: b}}]}"
            ),
            id="the longer prefix first",
            marks=pytest.mark.rule("VS-20"),
        ),
        pytest.param(
            (
                "hosts: [reviews]\n"
                "http:\n"
                "- {match: [{uri: {prefix: /a}, method: {exact: GET}}], route: [{destination: {host: a}}]}\n"
                "- {match: [{uri: {prefix: /a}, method: {exact: POST}}], route: [{destination: {host: b}}]}"
            ),
            id="another method",
            marks=pytest.mark.rule("VS-20"),
        ),
        pytest.param(
            (
                "hosts: [reviews]\n"
                "http:\n"
                "- {match: [{uri: {prefix: /a}, gateways: [mesh]}], route: [{destination: {host: a}}]}\n"
                "- {match: [{uri: {prefix: /a}}], route: [{destination: {host: b}}]}"
            ),
            id="another gateway",
            marks=pytest.mark.rule("VS-26"),
        ),
        pytest.param(
            (
                "hosts: [reviews]\n"
                "http:\n"
                "- {match: [{uri: {prefix: /a}, port: 80}], route: [{destination: {host: a}}]}\n"
                "- {match: [{uri: {prefix: /a}}], route: [{destination: {host: b}}]}"
            ),
            id="another port",
            marks=pytest.mark.rule("VS-14"),
        ),
        pytest.param(
            (
                "hosts: [reviews]\n"
                "http:\n"
                "- {match: [{uri: {regex: /a.*}}], route: [{destination: {host: a}}]}\n"
                "- {match: [{uri: {regex: /ab.*}}], route: [{destination: {host: b}}]}"
            ),
            id="two regular expressions",
            marks=pytest.mark.rule("VS-22"),
        ),
        pytest.param(
            (
                "hosts: [reviews]\n"
                "http:\n"
                "- {match: [{sourceLabels: {a: b}}], route: [{destination: {host: a}}]}\n"
                "- {match: [{sourceLabels: {a: c}}], route: [{destination: {host: b}}]}"
            ),
            id="other source labels",
            marks=pytest.mark.rule("VS-25"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("networking.istio.io/v1", "VirtualService", spec) == []
