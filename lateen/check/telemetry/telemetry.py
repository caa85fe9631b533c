"""Telemetry: what is refused, and what is warned of."""

from __future__ import annotations

from collections.abc import Iterable

from lateen.api.resource import Resource
from lateen.api.telemetry.telemetry import CustomTag, Metrics, MetricsOverrides, ProviderRef, TagOperation, Telemetry, Tracing
from lateen.api.text import Path
from lateen.check.durations import at_least_millisecond
from lateen.check.expressions import expression
from lateen.check.remark import Remarks, doubtful, wrong
from lateen.check.targets import targets


def telemetry(of: Resource[Telemetry]) -> Remarks:
    """Providers with names, shares within bounds, and labels that are set or removed (TE-4)."""
    spec = of.spec
    yield from targets(spec)
    if len(spec.tracing) > 1:
        yield doubtful(("spec", "tracing"), f"found {len(spec.tracing)} entries; only the first has an effect.", "Keep one.")
    for index, tracing in enumerate(spec.tracing):
        yield from _tracing(tracing, ("spec", "tracing", index))
    for index, metrics in enumerate(spec.metrics):
        yield from _metrics(metrics, ("spec", "metrics", index))
    for index, logging in enumerate(spec.access_logging):
        yield from _providers(logging.providers, ("spec", "accessLogging", index, "providers"))
        if logging.filter is not None:
            yield from expression(logging.filter.expression, ("spec", "accessLogging", index, "filter", "expression"))


def _providers(providers: Iterable[ProviderRef], path: Path) -> Remarks:
    for index, provider in enumerate(providers):
        if not provider.name:
            yield wrong((*path, index, "name"), "the name of the provider is empty.")


def _tracing(tracing: Tracing, path: Path) -> Remarks:
    yield from _providers(tracing.providers, (*path, "providers"))
    if len(tracing.providers) > 1:
        yield doubtful((*path, "providers"), f"found {len(tracing.providers)} providers; only the first is used.", "Keep one.")
    share = tracing.random_sampling_percentage
    if share is not None and not 0 <= share <= 100:
        yield wrong((*path, "randomSamplingPercentage"), f"found {share:g} %, expected 0 to 100.")
    for name, tag in tracing.custom_tags.items():
        yield from _tag(name, tag, (*path, "customTags", name))


def _tag(name: str, tag: CustomTag, path: Path) -> Remarks:
    if not name:
        yield wrong(path, "the name of the tag is empty.")
    given = {
        "literal.value": tag.literal.value if tag.literal is not None else None,
        "environment.name": tag.environment.name if tag.environment is not None else None,
        "header.name": tag.header.name if tag.header is not None else None,
        "formatter.value": tag.formatter.value if tag.formatter is not None else None,
    }
    if all(text is None for text in given.values()):
        yield doubtful(path, "the tag has no value.", "Give literal, environment, header or formatter.")
    for field, text in given.items():
        if text == "":
            yield wrong((*path, *field.split(".")), f"the {field.rpartition('.')[2]} is empty.")


def _metrics(metrics: Metrics, path: Path) -> Remarks:
    yield from _providers(metrics.providers, (*path, "providers"))
    yield from at_least_millisecond(metrics.reporting_interval, (*path, "reportingInterval"))
    for index, overrides in enumerate(metrics.overrides):
        yield from _overrides(overrides, (*path, "overrides", index))


def _overrides(overrides: MetricsOverrides, path: Path) -> Remarks:
    if overrides.match is not None and overrides.match.custom_metric == "":
        yield wrong((*path, "match", "customMetric"), "the name of the metric is empty.")
    for name, override in overrides.tag_overrides.items():
        place: Path = (*path, "tagOverrides", name)
        if not name:
            yield doubtful(place, "the name of the label is empty.")
        if override.operation is TagOperation.UPSERT and not override.value:
            yield wrong(place, "operation UPSERT needs a value.", "Give a value, or operation: REMOVE.")
        if override.operation is TagOperation.REMOVE and override.value:
            yield wrong((*place, "value"), "a value is given with operation REMOVE.", "Leave it out.")
