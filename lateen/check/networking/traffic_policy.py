"""The policy of a destination, a subset, or a port (DR-13)."""

from __future__ import annotations

from lateen.api.networking.destination_rule import OutlierDetection, PortTrafficPolicy, TrafficPolicy, TunnelSettings
from lateen.api.text import Path
from lateen.check import hosts, percentages, ports
from lateen.check.durations import at_least_millisecond, zero_or_more
from lateen.check.networking.client_tls import client_tls
from lateen.check.networking.connection_pool import connection_pool
from lateen.check.networking.load_balancer import load_balancer
from lateen.check.remark import Remarks, deprecated, doubtful, wrong
from lateen.values.hosts import is_address

_NOTHING = TrafficPolicy()
_TUNNELS = ("", "CONNECT", "POST")


def traffic_policy(policy: TrafficPolicy | None, path: Path) -> Remarks:
    """Something must be said, and each part be right. None passes."""
    if policy is None:
        return
    if policy == _NOTHING:
        yield wrong(path, "the policy is empty.", "Give for instance loadBalancer, or leave the policy out.")
    if policy.tunnel is not None and policy.proxy_protocol is not None:
        yield wrong(path, "tunnel and proxyProtocol are given, expected only one of them.")
    yield from _parts(policy, path)
    numbers: set[int] = set()
    for index, port in enumerate(policy.port_level_settings):
        yield from _port(port, (*path, "portLevelSettings", index))
        if port.port is not None and port.port.number in numbers:
            message = f"port {port.port.number} has settings already, so these have no effect."
            yield doubtful((*path, "portLevelSettings", index), message, "Keep one of them.")
        numbers.add(port.port.number if port.port is not None else 0)
    if policy.tunnel is not None:
        yield from _tunnel(policy.tunnel, (*path, "tunnel"))
    if policy.retry_budget is not None:
        yield from percentages.number(policy.retry_budget.percent, (*path, "retryBudget", "percent"))
        yield from zero_or_more(policy.retry_budget.budget_interval, (*path, "retryBudget", "budgetInterval"))


def _parts(policy: TrafficPolicy | PortTrafficPolicy, path: Path) -> Remarks:
    yield from load_balancer(policy.load_balancer, (*path, "loadBalancer"), detects_outliers=policy.outlier_detection is not None)
    yield from connection_pool(policy.connection_pool, (*path, "connectionPool"))
    if policy.outlier_detection is not None:
        yield from outlier_detection(policy.outlier_detection, (*path, "outlierDetection"))
    yield from client_tls(policy.tls, (*path, "tls"))


def _port(policy: PortTrafficPolicy, path: Path) -> Remarks:
    if policy.port is None:
        yield wrong(path, 'the field "port" is missing.', "Write port: {number: 80}.")
    else:
        yield from ports.number(policy.port.number, (*path, "port", "number"))
    if policy == PortTrafficPolicy(port=policy.port):
        yield wrong(path, "the policy of the port is empty.", "Give for instance loadBalancer.")
    yield from _parts(policy, path)


def outlier_detection(detection: OutlierDetection, path: Path) -> Remarks:
    """DR-7."""
    yield from at_least_millisecond(detection.interval, (*path, "interval"))
    yield from at_least_millisecond(detection.base_ejection_time, (*path, "baseEjectionTime"))
    yield from percentages.whole(detection.max_ejection_percent, (*path, "maxEjectionPercent"))
    yield from percentages.whole(detection.min_health_percent, (*path, "minHealthPercent"))
    if detection.consecutive_errors < 0:
        yield wrong((*path, "consecutiveErrors"), f"found {detection.consecutive_errors}, expected 0 (none) or more.")
    elif detection.consecutive_errors:
        hint = "Write consecutiveGatewayErrors or consecutive5xxErrors."
        yield deprecated((*path, "consecutiveErrors"), "consecutiveErrors is deprecated.", hint)
    if detection.consecutive_local_origin_failures and not detection.split_external_local_origin_errors:
        yield wrong(
            (*path, "consecutiveLocalOriginFailures"),
            "consecutiveLocalOriginFailures counts only with splitExternalLocalOriginErrors: true.",
            "Set splitExternalLocalOriginErrors: true.",
        )


def _tunnel(tunnel: TunnelSettings, path: Path) -> Remarks:
    if tunnel.protocol not in _TUNNELS:
        yield wrong((*path, "protocol"), f'found the protocol "{tunnel.protocol}", expected CONNECT or POST.')
    if not is_address(tunnel.target_host):
        yield from hosts.full_name(tunnel.target_host, (*path, "targetHost"))
    yield from ports.number(tunnel.target_port, (*path, "targetPort"))
