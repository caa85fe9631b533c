"""What is said of telemetry telemetry: each mistake with its sentence, and what is not one."""

import pytest

from tests.given.checks import said


@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        pytest.param(
            "tracing: [{}, {}]",
            ["warning IST0133 spec.tracing: found 2 entries; only the first has an effect. Keep one."],
            id="two entries",
            marks=pytest.mark.rule("TE-4"),
        ),
        pytest.param(
            "tracing: [{providers: [{name: a}, {name: b}]}]",
            ["warning IST0133 spec.tracing[0].providers: found 2 providers; only the first is used. Keep one."],
            id="two providers",
            marks=pytest.mark.rule("TE-4"),
        ),
        pytest.param(
            "accessLogging: [{providers: [{name: ''}]}]",
            ["error IST0106 spec.accessLogging[0].providers[0].name: the name of the provider is empty."],
            id="a provider without name",
            marks=pytest.mark.rule("TE-4"),
        ),
        pytest.param(
            "tracing: [{randomSamplingPercentage: 150}]",
            ["error IST0106 spec.tracing[0].randomSamplingPercentage: found 150 %, expected 0 to 100."],
            id="more samples than calls",
            marks=pytest.mark.rule("TE-8"),
        ),
        pytest.param(
            "tracing: [{customTags: {'': {literal: {value: a}}}}]",
            ['error IST0106 spec.tracing[0].customTags[""]: the name of the tag is empty.'],
            id="a tag without name",
            marks=pytest.mark.rule("TE-4"),
        ),
        pytest.param(
            "tracing: [{customTags: {a: {header: {name: ''}}}}]",
            ["error IST0106 spec.tracing[0].customTags.a.header.name: the name is empty."],
            id="a header tag without header",
            marks=pytest.mark.rule("TE-4"),
        ),
        pytest.param(
            "tracing: [{customTags: {a: {literal: {value: ''}}}}]",
            ["error IST0106 spec.tracing[0].customTags.a.literal.value: the value is empty."],
            id="an empty literal",
            marks=pytest.mark.rule("TE-4"),
        ),
        pytest.param(
            "metrics: [{overrides: [{tagOverrides: {a: {}}}]}]",
            [
                ("error IST0106 spec.metrics[0].overrides[0].tagOverrides.a: operation UPSERT needs a value. Give a value, or operation: REMOVE."),
            ],
            id="UPSERT without value",
            marks=pytest.mark.rule("TE-4"),
        ),
        pytest.param(
            "metrics: [{overrides: [{tagOverrides: {a: {operation: REMOVE, value: b}}}]}]",
            [
                ("error IST0106 spec.metrics[0].overrides[0].tagOverrides.a.value: a value is given with operation REMOVE. Leave it out."),
            ],
            id="REMOVE with value",
            marks=pytest.mark.rule("TE-4"),
        ),
        pytest.param(
            "metrics: [{overrides: [{match: {customMetric: ''}}]}]",
            ["error IST0106 spec.metrics[0].overrides[0].match.customMetric: the name of the metric is empty."],
            id="a metric without name",
            marks=pytest.mark.rule("TE-4"),
        ),
        pytest.param(
            "accessLogging: [{filter: {expression: response.code >=}}]",
            [
                (
                    'error IST0106 spec.accessLogging[0].filter.expression: found "response.code >=", expected an expression of CEL: '
                    "found the end, expected a name or a value."
                ),
            ],
            id="a filter that cannot be read",
            marks=pytest.mark.rule("TE-4"),
        ),
        pytest.param(
            "metrics: [{reportingInterval: 0s}]",
            ["error IST0106 spec.metrics[0].reportingInterval: found 0s, expected at least 1ms."],
            id="reports more often than each millisecond",
            marks=pytest.mark.rule("TE-9"),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(spec: str, sentences: list[str]) -> None:
    assert said("telemetry.istio.io/v1", "Telemetry", spec) == sentences


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "accessLogging: [{providers: [{name: envoy}], filter: {expression: response.code >= 400}}]",
            id="a filter",
            marks=pytest.mark.rule("TE-4"),
        ),
    ],
)
def test_what_is_right_is_not_spoken_of(spec: str) -> None:
    assert said("telemetry.istio.io/v1", "Telemetry", spec) == []
