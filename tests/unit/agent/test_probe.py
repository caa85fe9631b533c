"""From the probe of a WorkloadGroup to a health check."""

from __future__ import annotations

import pytest

from lateen.agent import probe
from lateen.agent.workload import HealthCheck


@pytest.mark.rule("WE-2")
@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (
            b'{"httpGet": {"port": 8080, "path": "/ready", "scheme": "HTTPS", "host": "::1", "httpHeaders": [{"name": "a", "value": "b"}]}}',
            HealthCheck(port=8080, http_path="/ready", tls=True, host="::1", headers=(("a", "b"),), period=10.0),
        ),
        (b'{"httpGet": {"port": 8080}}', HealthCheck(port=8080, http_path="/", period=10.0)),
        (b'{"tcpSocket": {"port": 5432, "host": "localhost"}}', HealthCheck(port=5432, tcp=True, host="localhost", period=10.0)),
        (b'{"exec": {"command": ["test", "-f", "x"]}}', HealthCheck(command=("test", "-f", "x"), period=10.0)),
        (b'{"grpc": {"port": 9000, "service": "shop"}}', HealthCheck(port=9000, grpc="shop", period=10.0)),
        (b'{"grpc": {"port": 9000}}', HealthCheck(port=9000, grpc="", period=10.0)),
    ],
)
def test_each_way_of_asking_is_taken_with_kubernetes_defaults(told: bytes, expected: HealthCheck) -> None:
    assert probe.check(told) == expected


@pytest.mark.rule("WE-2")
def test_times_and_thresholds_are_taken() -> None:
    told = (
        b'{"initialDelaySeconds": 3, "timeoutSeconds": 2, "periodSeconds": 5, "successThreshold": 4, "failureThreshold": 6, "tcpSocket": {"port": 1}}'
    )
    assert probe.check(told) == HealthCheck(port=1, tcp=True, initial_delay=3.0, timeout=2.0, period=5.0, successes=4, failures=6)


def test_no_group_and_no_probe_leave_the_workload_its_own_check() -> None:
    assert probe.check(b"") is None
    assert probe.check(b"null") is None
