from __future__ import annotations

from datetime import UTC, datetime, timedelta

from lateen.agent.metrics import Metrics

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def lines(metrics: Metrics) -> set[str]:
    return {line for line in metrics.text().splitlines() if not line.startswith("#")}


def test_scrapes_and_what_could_not_be_had_are_counted_apart() -> None:
    metrics = Metrics(lambda: None, lambda: NOON)
    metrics.scraped()
    metrics.scraped()
    metrics.failed("application")
    assert lines(metrics) == {
        "istio_agent_scrapes_total 2.0",
        'istio_agent_scrape_failures_total{type="application"} 1.0',
        'istio_agent_scrape_failures_total{type="envoy"} 0.0',
    }


def test_the_seconds_that_a_certificate_has_left_are_told_once_there_is_one() -> None:
    ends = [NOON + timedelta(seconds=90)]
    metrics = Metrics(lambda: ends[0] if ends else None, lambda: NOON)
    assert 'istio_agent_cert_expiry_seconds{resource_name="default"} 90.0' in lines(metrics)
    ends.clear()
    assert not [line for line in lines(metrics) if line.startswith("istio_agent_cert_expiry_seconds")]
