"""What the control plane measures of itself."""

from __future__ import annotations

import time

from lateen.control.metrics import Metrics
from lateen.xds import order


def test_a_refusal_is_counted_in_all_and_by_type() -> None:
    metrics = Metrics(list)
    metrics.rejected(order.CDS)
    metrics.rejected(order.SDS)
    text = metrics.text().decode()
    assert "pilot_total_xds_rejects 2.0" in text
    assert "pilot_xds_cds_reject 1.0" in text


def test_responses_are_counted_by_type_and_size() -> None:
    metrics = Metrics(list)
    for size in (5, 10_000, 10_001):
        metrics.sent(order.CDS, size)
    lines = metrics.text().decode().splitlines()
    assert 'pilot_xds_pushes{type="cds"} 3.0' in lines
    assert [line.rpartition("{")[2] for line in lines if line.startswith("pilot_xds_config_size_bytes_bucket")] == [
        'le="1.0",type="cds"} 0.0',
        'le="10000.0",type="cds"} 2.0',
        *(f'le="{bound}",type="cds"}} 3.0' for bound in ("100000.0", "1e+06", "4e+06", "1e+07", "4e+07", "+Inf")),
    ]
    assert 'pilot_xds_config_size_bytes_sum{type="cds"} 20006.0' in lines


def test_what_is_observed_is_read_when_it_is_asked_for() -> None:
    now = [3.0]
    metrics = Metrics(lambda: [("pilot_xds", "Proxies connected.", now[0])])
    assert "pilot_xds 3.0" in metrics.text().decode()
    now[0] = 4.0
    assert "pilot_xds 4.0" in metrics.text().decode()


def test_the_time_until_a_proxy_has_a_change_is_measured_from_its_write() -> None:
    metrics = Metrics(list)
    metrics.began(7, time.monotonic())
    metrics.acknowledged(7)
    metrics.acknowledged(99)
    assert "pilot_proxy_convergence_time_count 1.0" in metrics.text().decode()
