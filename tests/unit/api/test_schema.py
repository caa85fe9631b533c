from typing import Any

import pytest

from lateen.api import schema
from lateen.api.core.service import ServicePort
from lateen.api.networking.destination_rule import ConsistentHashLB, DestinationRule, OutlierDetection
from lateen.api.networking.virtual_service import HTTPRetry, HTTPRoute
from lateen.api.security.authorization_policy import AuthorizationPolicy
from lateen.api.telemetry.telemetry import Tracing
from lateen.api.text import Path


def said(value: Any, struct: type[Any]) -> list[tuple[Path, str]]:
    _, mistakes = schema.check(value, struct)
    return [(mistake.path, f"{mistake.message} {mistake.hint}".strip()) for mistake in mistakes]


@pytest.mark.parametrize(
    ("value", "struct", "path", "sentence"),
    [
        ({"timeout": 5}, HTTPRoute, ("timeout",), 'found the number 5, expected a duration such as "1.5s". Give it a unit: 5s.'),
        ({"timeout": "5"}, HTTPRoute, ("timeout",), 'found "5", expected a duration such as "1.5s", "100ms" or "1h30m".'),
        (
            {"retryRemoteLocalities": "true"},
            HTTPRetry,
            ("retryRemoteLocalities",),
            'found the text "true", expected true or false. Leave out the quotes: true.',
        ),
        ({"attempts": 1.5}, HTTPRetry, ("attempts",), "found the number 1.5, expected a whole number."),
        ({"attempts": True}, HTTPRetry, ("attempts",), "found the word true, expected a whole number."),
        ({"consecutive5xxErrors": -1}, OutlierDetection, ("consecutive5xxErrors",), "found the number -1, expected at least 0."),
        ({"consecutive5xxErrors": 2**32}, OutlierDetection, ("consecutive5xxErrors",), "found the number 4294967296, expected at most 4294967295."),
        ({"name": True}, HTTPRoute, ("name",), 'found the word true, expected text. Put it in quotes: "true".'),
        ({"match": {"uri": {}}}, HTTPRoute, ("match",), 'found a mapping, expected a list. Begin each item with "- ".'),
        ({"rules": [None]}, AuthorizationPolicy, ("rules", 0), 'found nothing, expected a mapping with fields such as "from", "to", "when".'),
        (
            {"action": "Allow"},
            AuthorizationPolicy,
            ("action",),
            'found the text "Allow", expected ALLOW, DENY, AUDIT or CUSTOM. Did you mean "ALLOW"?',
        ),
        ({"port": 80, "targetPort": []}, ServicePort, ("targetPort",), "found a list, expected a number or text."),
        ({"xyzzy": 1}, HTTPRetry, ("xyzzy",), 'there is no field "xyzzy" here. There are "attempts", "perTryTimeout", "retryOn"'),
        ({}, DestinationRule, (), 'the field "host" is missing.'),
        ({"host": None}, DestinationRule, (), 'the field "host" is missing.'),
        (
            {"httpHeaderName": "a", "useSourceIp": True},
            ConsistentHashLB,
            (),
            '"httpHeaderName" and "useSourceIp" are given, expected only one of them.',
        ),
    ],
)
def test_a_mistake_is_said_in_one_sentence(value: Any, struct: type[Any], path: Path, sentence: str) -> None:
    [(where, what)] = said(value, struct)
    assert where == path
    assert what.startswith(sentence)


def test_a_value_at_fault_is_taken_out_and_the_rest_stays() -> None:
    cleaned, mistakes = schema.check({"name": "a", "timeout": "x", "retries": {"attempts": 2, "nope": 1}, "mirror": {}}, HTTPRoute)
    assert cleaned == {"name": "a", "retries": {"attempts": 2}}
    assert [mistake.path for mistake in mistakes] == [("timeout",), ("retries", "nope"), ("mirror",)]
    assert [mistake.is_unknown_field for mistake in mistakes] == [False, True, False]


def test_a_float_may_be_written_as_a_whole_number() -> None:
    assert said({"randomSamplingPercentage": 10}, Tracing) == []


def test_names_of_protobuf_are_accepted_on_demand_only() -> None:
    assert schema.check({"per_try_timeout": "1s"}, HTTPRetry, snake_case=True) == ({"perTryTimeout": "1s"}, [])
    assert len(said({"per_try_timeout": "1s"}, HTTPRetry)) == 1


def test_the_nearest_word_is_found_whatever_its_case() -> None:
    assert schema.did_you_mean("Destinationrule", ["DestinationRule", "Gateway"]) == 'Did you mean "DestinationRule"?'
    assert schema.did_you_mean("zzz", ["DestinationRule"]) == ""
