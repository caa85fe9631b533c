"""What DestinationRules do to calls (DR-1 to DR-16, CL-1 to CL-9), as the called find it."""

from __future__ import annotations

import base64
import itertools
from pathlib import Path

import pytest

from stage.caller import ELSEWHERE
from stage.stage import Stage

pytestmark = [pytest.mark.envoy, pytest.mark.root]

_hosts = itertools.count(1)


def fresh() -> str:
    """A host of its own, so that nothing of an older cluster is left in Envoy."""
    return f"h{next(_hosts)}.example"


def service(host: str, endpoints: str, port: str = "{number: 80, name: http, protocol: HTTP}", more: str = "", namespace: str = "default") -> str:
    """A service with these endpoints: addresses, or whole endpoints in YAML."""
    listed = ", ".join(each if each.startswith("{") else f"{{address: {each}}}" for each in endpoints.split(" | "))
    name = host.partition(".")[0]
    return f"""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: {name}, namespace: {namespace}}}
spec: {{hosts: [{host}], location: MESH_INTERNAL, resolution: STATIC, ports: [{port}], endpoints: [{listed}]{more}}}
"""


def rule(host: str, policy: str = "", more: str = "", name: str = "rule", namespace: str = "default", created: str = "2024-01-01T00:00:00Z") -> str:
    said = f", trafficPolicy: {{{policy}}}" if policy else ""
    return f"""
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: {name}, namespace: {namespace}, creationTimestamp: "{created}"}}
spec: {{host: "{host}"{said}{more}}}
"""


def routes(host: str, *to: str, name: str = "routes") -> str:
    listed = ", ".join(f"{{destination: {each}, weight: {100 // len(to)}}}" for each in to)
    return f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: {name}, namespace: default}}
spec: {{hosts: [{host}], http: [{{route: [{listed}], retries: {{attempts: 0}}}}]}}
"""


THREE = "10.0.0.1 | 10.0.0.2 | 10.0.0.3"
LABELLED = "{address: 10.0.0.1, labels: {v: one}} | {address: 10.0.0.2, labels: {v: two}}"
SUBSETS = ", subsets: [{name: one, labels: {v: one}}, {name: two, labels: {v: two}}]"
ESTABLISHED, KEEPALIVE_TIMER = "01", "02"
"""As /proc/net/tcp has them."""
TCP = "{number: 7000, name: tcp, protocol: TCP}"


# Which endpoints


@pytest.mark.rule("DR-1", "DR-14")
def test_a_subset_is_the_endpoints_with_its_labels(stage: Stage) -> None:
    host = fresh()
    stage.world(service(host, LABELLED), rule(host, more=SUBSETS), routes(host, f"{{host: {host}, subset: two}}"))
    assert stage.sidecar().spread(12, f"http://{host}/").keys() == {"10.0.0.2"}


@pytest.mark.rule("DR-14")
def test_a_subset_without_endpoints_is_not_replaced_by_others(stage: Stage) -> None:
    host = fresh()
    none = ", subsets: [{name: none, labels: {v: none}}]"
    stage.world(service(host, LABELLED), rule(host, more=none), routes(host, f"{{host: {host}, subset: none}}"))
    assert stage.sidecar().get(f"http://{host}/").status == 503
    assert stage.seen() == []


@pytest.mark.rule("DR-14")
def test_a_subset_without_labels_is_all_endpoints(stage: Stage) -> None:
    host = fresh()
    stage.world(service(host, LABELLED), rule(host, more=", subsets: [{name: all}]"), routes(host, f"{{host: {host}, subset: all}}"))
    assert stage.sidecar().spread(20, f"http://{host}/").keys() == {"10.0.0.1", "10.0.0.2"}


@pytest.mark.rule("DR-2")
def test_round_robin_takes_turns(stage: Stage) -> None:
    host = fresh()
    stage.world(service(host, THREE), rule(host, "loadBalancer: {simple: ROUND_ROBIN}"))
    landed = [each.at for each in stage.sidecar().many(9, f"http://{host}/")]
    assert landed[:3] == landed[3:6] == landed[6:9]
    assert len(set(landed)) == 3


@pytest.mark.rule("DR-2")
@pytest.mark.parametrize("word", ["RANDOM", "LEAST_REQUEST", "LEAST_CONN", "UNSPECIFIED"])
def test_other_choices_reach_every_endpoint(stage: Stage, word: str) -> None:
    host = fresh()
    stage.world(service(host, THREE), rule(host, f"loadBalancer: {{simple: {word}}}"))
    assert len(stage.sidecar().spread(40, f"http://{host}/")) == 3


@pytest.mark.rule("DR-2", "CL-1")
def test_passthrough_leads_where_the_call_was_headed(stage: Stage) -> None:
    host = fresh()
    stage.world(service(host, THREE), rule(host, "loadBalancer: {simple: PASSTHROUGH}"))
    assert stage.sidecar().get(f"http://{host}/", to="10.77.0.5").at == "10.77.0.5"


@pytest.mark.rule("DR-3")
@pytest.mark.parametrize("table", ["", ", ringHash: {minimumRingSize: 64}", ", maglev: {tableSize: 101}"])
def test_requests_with_the_same_header_go_to_the_same_endpoint(stage: Stage, table: str) -> None:
    host = fresh()
    stage.world(service(host, THREE), rule(host, f"loadBalancer: {{consistentHash: {{httpHeaderName: x-user{table}}}}}"))
    client = stage.sidecar()
    chosen = {user: client.spread(6, f"http://{host}/", headers={"x-user": user}) for user in "abcdefghijklmnop"}
    assert all(len(landed) == 1 for landed in chosen.values())
    assert len({at for landed in chosen.values() for at in landed}) > 1


@pytest.mark.rule("DR-3")
def test_requests_with_the_same_query_parameter_go_to_the_same_endpoint(stage: Stage) -> None:
    host = fresh()
    stage.world(service(host, THREE), rule(host, "loadBalancer: {consistentHash: {httpQueryParameterName: user}}"))
    client = stage.sidecar()
    chosen = {user: client.spread(6, f"http://{host}/?user={user}") for user in "abcdefghijklmnop"}
    assert all(len(landed) == 1 for landed in chosen.values())
    assert len({at for landed in chosen.values() for at in landed}) > 1


@pytest.mark.rule("DR-3")
def test_a_cookie_is_made_for_a_client_without_one_and_leads_back(stage: Stage) -> None:
    host = fresh()
    attributes = "attributes: [{name: SameSite, value: Strict}]"
    hashed = f"loadBalancer: {{consistentHash: {{httpCookie: {{name: user, path: /shop, ttl: 60s, {attributes}}}}}}}"
    stage.world(service(host, THREE), rule(host, hashed))
    client = stage.sidecar()
    first = client.get(f"http://{host}/")
    cookie = str(first.header("set-cookie"))
    assert all(part in cookie for part in ("user=", "Max-Age=60", "Path=/shop", "SameSite=Strict"))
    back = client.many(12, f"http://{host}/", headers={"cookie": cookie.partition(";")[0]})
    assert {each.at for each in back} == {first.at}
    assert {each.header("set-cookie") for each in back} == {None}


@pytest.mark.rule("DR-3")
def test_calls_from_the_same_address_go_to_the_same_endpoint_also_for_tcp(stage: Stage) -> None:
    http, tcp = fresh(), fresh()
    sticky = "loadBalancer: {consistentHash: {useSourceIp: true}}"
    more = ", addresses: [240.240.3.1]"
    stage.world(service(http, THREE), rule(http, sticky), service(tcp, THREE, TCP, more), rule(tcp, sticky, name="tcp"))
    client = stage.sidecar()
    assert len(client.spread(12, f"http://{http}/")) == 1
    assert len({client.tcp("240.240.3.1", 7000).at for _ in range(8)}) == 1


# Limits


@pytest.mark.rule("DR-5")
def test_what_is_more_than_the_limits_allow_is_refused_as_overflow(stage: Stage) -> None:
    host = fresh()
    stage.world(
        service(host, "10.0.0.1"),
        rule(host, "connectionPool: {tcp: {maxConnections: 1}, http: {http1MaxPendingRequests: 1}}"),
        routes(host, f"{{host: {host}}}"),
    )
    stage.behave("10.0.0.1", held=True)
    answers = stage.sidecar().together(8, f"http://{host}/", first=6, then=stage.release)
    refused = [each for each in answers if each.status == 503]
    assert {each.status for each in answers} == {200, 503}
    assert {each.header("x-envoy-overloaded") for each in refused} == {"true"}
    assert "overflow" in refused[0].body


@pytest.mark.rule("DR-6")
def test_without_limits_nothing_is_refused(stage: Stage) -> None:
    host = fresh()
    stage.world(service(host, "10.0.0.1"))
    stage.behave("10.0.0.1", held=True)

    def release() -> None:
        assert len(stage.seen(40)) == 40
        stage.release()

    assert {each.status for each in stage.sidecar().together(40, f"http://{host}/", then=release)} == {200}


@pytest.mark.rule("DR-5")
def test_more_tcp_connections_than_allowed_are_closed(stage: Stage) -> None:
    host = fresh()
    stage.world(service(host, "10.0.0.1", TCP, ", addresses: [240.240.3.2]"), rule(host, "connectionPool: {tcp: {maxConnections: 1}}"))
    stage.behave("10.0.0.1", held=True)
    answers = stage.sidecar().together(4, "tcp://240.240.3.2:7000", manner="bytes", body="hello\n", first=3, then=stage.release)
    assert sorted(bool(each.at) for each in answers) == [False, False, False, True]


@pytest.mark.rule("DR-5")
def test_concurrent_http2_requests_are_bounded(stage: Stage) -> None:
    host = fresh()
    port = "{number: 80, name: http2, protocol: HTTP2}"
    stage.world(service(host, "10.0.0.1", port), rule(host, "connectionPool: {http: {http2MaxRequests: 1}}"), routes(host, f"{{host: {host}}}"))
    stage.behave("10.0.0.1", held=True)
    answers = stage.sidecar().together(6, f"http://{host}/", manner="http2", first=5, then=stage.release)
    assert {each.status for each in answers} == {200, 503}


@pytest.mark.rule("DR-5")
def test_who_cannot_be_connected_to_is_not_waited_for_longer_than_allowed(stage: Stage) -> None:
    host = fresh()
    stage.world(service(host, "10.254.0.1"), rule(host, "connectionPool: {tcp: {connectTimeout: 100ms}}"), routes(host, f"{{host: {host}}}"))
    assert stage.sidecar().get(f"http://{host}/", timeout=8.0).status == 503, "Envoy's own patience is ten seconds"


@pytest.mark.rule("DR-5", "CL-8")
def test_a_connection_serves_no_more_requests_than_allowed(stage: Stage) -> None:
    host = fresh()
    stage.world(service(host, "10.0.0.1"), rule(host, "connectionPool: {http: {maxRequestsPerConnection: 1}}"))
    client = stage.sidecar()
    client.many(5, f"http://{host}/")
    made = [line for line in client.admin("/clusters").splitlines() if line.startswith(f"outbound|80||{host}::10.0.0.1:80::cx_total")]
    assert made == [f"outbound|80||{host}::10.0.0.1:80::cx_total::5"]


@pytest.mark.rule("DR-5")
def test_a_silent_tcp_connection_is_closed_after_the_idle_timeout(stage: Stage) -> None:
    host = fresh()
    idle = "connectionPool: {tcp: {idleTimeout: 200ms}}"
    stage.world(service(host, "10.0.0.1", TCP, ", addresses: [240.240.3.3]"), rule(host, idle))
    stage.behave("10.0.0.1", held=True)
    assert stage.sidecar().tcp("240.240.3.3", 7000).error in ("closed", "reset")


@pytest.mark.rule("DR-5", "CL-8")
def test_a_tcp_connection_lasts_no_longer_than_allowed(stage: Stage) -> None:
    host = fresh()
    longest = "connectionPool: {tcp: {maxConnectionDuration: 200ms}}"
    stage.world(service(host, "10.0.0.1", TCP, ", addresses: [240.240.3.6]"), rule(host, longest))
    stage.behave("10.0.0.1", held=True)
    assert stage.sidecar().tcp("240.240.3.6", 7000).error in ("closed", "reset")


@pytest.mark.rule("DR-5", "CL-8")
@pytest.mark.parametrize(
    ("policy", "probed"), [("{tcp: {tcpKeepalive: {time: 50s, interval: 5s, probes: 3}}}", True), ("{http: {maxRetries: 9}}", False)]
)
def test_a_connection_that_is_kept_open_is_probed_as_the_rule_says(stage: Stage, policy: str, probed: bool) -> None:
    host = fresh()
    stage.world(service(host, "10.0.0.77"), rule(host, f"connectionPool: {policy}"))
    client = stage.sidecar()
    assert client.get(f"http://{host}/").at == "10.0.0.77"
    lines = [line.split() for line in Path(f"/proc/{client.actor.pid}/net/tcp").read_text().splitlines()]
    [timer] = [line[5] for line in lines if line[2] == "4D00000A:0050" and line[3] == ESTABLISHED]
    active, _, ticks = timer.partition(":")
    assert (active == KEEPALIVE_TIMER) == probed
    assert 0 <= int(ticks, 16) <= 50 * 100


@pytest.mark.rule("DR-9", "VS-43")
@pytest.mark.parametrize(("budget", "bounded"), [("retryBudget: {percent: 0, minRetryConcurrency: 1}", True), ("", False)])
def test_retries_are_bound_by_their_share_of_all_calls(stage: Stage, budget: str, bounded: bool) -> None:
    host = fresh()
    again = f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: again, namespace: default}}
spec: {{hosts: [{host}], http: [{{route: [{{destination: {{host: {host}}}}}], retries: {{attempts: 1, retryOn: 5xx, backoff: 1ms}}}}]}}
"""
    stage.world(service(host, "10.0.0.1"), again, *([rule(host, budget)] if budget else []))
    stage.behave("10.0.0.1", delay=0.3, status=503)
    stage.behave("10.0.0.1", held=True, status=503, times=8)

    def release() -> None:
        assert len(stage.seen(8, at="10.0.0.1")) == 8
        stage.release()

    stage.sidecar().together(8, f"http://{host}/", then=release)
    arrived = len(stage.seen(at="10.0.0.1"))
    assert (8 < arrived < 16) if bounded else arrived == 16


@pytest.mark.rule("DR-2", "LB-2")
def test_a_new_endpoint_is_called_less_until_it_has_warmed_up(stage: Stage) -> None:
    host = fresh()
    warming = rule(host, "loadBalancer: {simple: ROUND_ROBIN, warmup: {duration: 3s, minimumPercent: 1, aggression: 0.1}}")
    stage.world(service(host, "10.0.0.1"), warming)
    stage.behave("10.0.0.1", delay=3.1)
    client = stage.sidecar()
    assert client.get(f"http://{host}/").at == "10.0.0.1"  # By then it is warm.
    stage.world(service(host, "10.0.0.1 | 10.0.0.2"), warming)
    assert client.spread(20, f"http://{host}/")["10.0.0.1"] >= 19


# Ejection


@pytest.mark.rule("DR-7")
def test_an_endpoint_that_fails_so_often_in_a_row_is_left_out(stage: Stage) -> None:
    host = fresh()
    eject = "outlierDetection: {consecutive5xxErrors: 3, interval: 1s, baseEjectionTime: 60s, maxEjectionPercent: 100}"
    stage.world(
        service(host, "10.0.0.1 | 10.0.0.2"), rule(host, f"loadBalancer: {{simple: ROUND_ROBIN}}, {eject}"), routes(host, f"{{host: {host}}}")
    )
    stage.behave("10.0.0.1", status=500)
    assert stage.sidecar().in_peace(40, f"http://{host}/") == {"500": 3, "10.0.0.2": 37}


@pytest.mark.rule("DR-7")
def test_only_errors_of_gateways_count_for_the_detector_of_gateway_errors(stage: Stage) -> None:
    host = fresh()
    eject = "outlierDetection: {consecutive5xxErrors: 0, consecutiveGatewayErrors: 2, baseEjectionTime: 60s, maxEjectionPercent: 100}"
    client = stage.sidecar()
    world = service(host, "10.0.0.1 | 10.0.0.2"), rule(host, f"loadBalancer: {{simple: ROUND_ROBIN}}, {eject}"), routes(host, f"{{host: {host}}}")
    stage.world(*world)
    stage.behave("10.0.0.1", status=500)
    assert client.spread(20, f"http://{host}/")["500"] == 10
    stage.behave("10.0.0.1", status=502)
    assert client.in_peace(20, f"http://{host}/")["502"] == 2


@pytest.mark.rule("DR-7")
def test_codes_that_the_rule_names_count_as_errors(stage: Stage) -> None:
    host = fresh()
    eject = 'outlierDetection: {consecutive5xxErrors: 2, baseEjectionTime: 60s, maxEjectionPercent: 100, outlierDetectionHttpErrorCodes: ["429"]}'
    stage.world(
        service(host, "10.0.0.1 | 10.0.0.2"), rule(host, f"loadBalancer: {{simple: ROUND_ROBIN}}, {eject}"), routes(host, f"{{host: {host}}}")
    )
    stage.behave("10.0.0.1", status=429)
    assert stage.sidecar().in_peace(20, f"http://{host}/")["429"] == 2


@pytest.mark.rule("DR-7")
def test_no_more_than_the_given_share_is_left_out(stage: Stage) -> None:
    host = fresh()
    eject = "outlierDetection: {consecutive5xxErrors: 1, baseEjectionTime: 60s, maxEjectionPercent: 34}"
    world = service(host, THREE), rule(host, f"loadBalancer: {{simple: ROUND_ROBIN}}, {eject}"), routes(host, f"{{host: {host}}}")
    stage.world(*world)
    stage.behave(status=500)
    client = stage.sidecar()
    client.in_peace(3, f"http://{host}/")
    assert len({each.at for each in client.many(12, f"http://{host}/") if each.at}) == 2


@pytest.mark.rule("DR-7")
def test_with_all_left_out_nobody_is_called_for_there_is_no_panic_unless_asked_for(stage: Stage) -> None:
    client = stage.sidecar()
    eject = "consecutive5xxErrors: 1, baseEjectionTime: 60s, maxEjectionPercent: 100"
    for more, expected in (("", {"503"}), (", minHealthPercent: 50", {"500"})):
        host = fresh()
        stage.world(service(host, "10.0.0.1"), rule(host, f"outlierDetection: {{{eject}{more}}}"), routes(host, f"{{host: {host}}}"))
        stage.behave("10.0.0.1", status=500)
        assert client.in_peace(1, f"http://{host}/") == {"500": 1}
        assert client.spread(5, f"http://{host}/").keys() == expected


@pytest.mark.rule("DR-7")
def test_connections_that_fail_count_apart_where_the_rule_says_so(stage: Stage) -> None:
    host = fresh()
    eject = "splitExternalLocalOriginErrors: true, consecutiveLocalOriginFailures: 2, consecutive5xxErrors: 0, maxEjectionPercent: 100"
    policy = f"loadBalancer: {{simple: ROUND_ROBIN}}, outlierDetection: {{{eject}}}"
    stage.world(service(host, "10.255.0.1 | 10.0.0.2"), rule(host, policy), routes(host, f"{{host: {host}}}"))
    client = stage.sidecar()
    assert client.in_peace(20, f"http://{host}/") == {"503": 2, "10.0.0.2": 18}


# TLS


def tls_service(host: str) -> str:
    return service(host, "10.0.0.1").replace("MESH_INTERNAL", "MESH_EXTERNAL")


@pytest.mark.rule("DR-8")
def test_simple_tls_asks_for_the_host_and_believes_who_shows_that_name(stage: Stage) -> None:
    host = fresh()
    roots = stage.credentials.outside_roots
    stage.world(tls_service(host), rule(host, f"tls: {{mode: SIMPLE, caCertificates: {roots}}}"))
    seen = stage.sidecar().get(f"http://{host}/").seen
    assert seen.tls is not None
    assert (seen.tls.sni, seen.tls.peer) == (host, ())


@pytest.mark.rule("DR-8")
def test_a_server_that_is_not_who_the_rule_says_is_refused(stage: Stage) -> None:
    roots = stage.credentials.outside_roots
    client = stage.sidecar()
    for policy, status in (
        (f"sni: a.example, subjectAltNames: [a.example], caCertificates: {roots}", 200),
        (f"sni: a.example, subjectAltNames: [b.example], caCertificates: {roots}", 503),
        ("sni: a.example", 503),
        (f"sni: a.example, caCertificates: {stage.credentials.mesh_roots}", 503),
        ("sni: a.example, insecureSkipVerify: true", 200),
    ):
        host = fresh()
        stage.world(tls_service(host), rule(host, f"tls: {{mode: SIMPLE, {policy}}}"))
        assert client.get(f"http://{host}/").status == status, policy


@pytest.mark.rule("DR-8")
def test_mutual_tls_shows_the_certificate_that_the_rule_names(stage: Stage) -> None:
    host = fresh()
    pem = stage.credentials.outside("client.example")
    files = f"clientCertificate: {pem}, privateKey: {pem}, caCertificates: {stage.credentials.outside_roots}"
    stage.world(tls_service(host), rule(host, f"tls: {{mode: MUTUAL, {files}}}"))
    seen = stage.sidecar().get(f"http://{host}/").seen
    assert seen.tls is not None
    assert seen.tls.peer == ("client.example",)


ABLE = "{address: 10.0.0.1, serviceAccount: robot}"


@pytest.mark.rule("DR-8", "CL-3")
@pytest.mark.parametrize(
    ("endpoint", "policy", "secured"),
    [
        (ABLE, "connectionPool: {}", True),
        (ABLE, "tls: {mode: DISABLE}", False),
        ("10.0.0.1", "connectionPool: {}", False),
        ("10.0.0.1", "tls: {mode: ISTIO_MUTUAL}", True),
    ],
)
def test_a_rule_about_tls_takes_the_place_of_what_the_mesh_would_do(stage: Stage, endpoint: str, policy: str, secured: bool) -> None:
    host = fresh()
    stage.world(service(host, endpoint), rule(host, policy))
    stage.identify("10.0.0.1", "default/robot")
    assert (stage.sidecar().get(f"http://{host}/").seen.tls is not None) is secured


@pytest.mark.rule("DR-8", "CL-5")
def test_istio_mutual_believes_the_names_that_the_rule_gives_instead(stage: Stage) -> None:
    host = fresh()
    stage.world(service(host, ABLE), rule(host, "tls: {mode: ISTIO_MUTUAL, subjectAltNames: [spiffe://cluster.local/ns/x/sa/y]}"))
    stage.identify("10.0.0.1", "x/y")
    assert stage.sidecar().get(f"http://{host}/").at == "10.0.0.1"


@pytest.mark.rule("CL-3", "SEC-4")
def test_where_a_policy_turns_mutual_tls_off_callers_speak_plain_text(stage: Stage) -> None:
    host = fresh()
    off = """
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: off, namespace: default}
spec: {mtls: {mode: DISABLE}}
"""
    client = stage.sidecar()
    stage.world(service(host, ABLE))
    stage.identify("10.0.0.1", "default/robot")
    assert client.get(f"http://{host}/").seen.tls is not None
    stage.world(service(host, ABLE), off)
    assert client.get(f"http://{host}/").seen.tls is None


@pytest.mark.rule("CL-6")
@pytest.mark.parametrize(
    ("port", "manner", "alpn"), [("http, protocol: HTTP", "http1", "istio-http/1.1"), ("grpc, protocol: GRPC", "grpc", "istio-h2")]
)
def test_what_follows_is_told_in_alpn(stage: Stage, port: str, manner: str, alpn: str) -> None:
    host = fresh()
    stage.world(service(host, ABLE, f"{{number: 80, name: {port}}}"))
    stage.identify("10.0.0.1", "default/robot")
    seen = stage.sidecar().request(f"http://{host}/", manner=manner).seen
    assert seen.tls is not None
    assert seen.tls.alpn == alpn


@pytest.mark.rule("CL-6")
def test_tcp_is_told_in_alpn_as_just_istio(stage: Stage) -> None:
    host = fresh()
    stage.world(service(host, ABLE, TCP, ", addresses: [240.240.3.4]"))
    stage.identify("10.0.0.1", "default/robot")
    seen = stage.sidecar().tcp("240.240.3.4", 7000).seen
    assert seen.tls is not None
    assert seen.tls.alpn == "istio"


@pytest.mark.rule("CL-4")
@pytest.mark.parametrize(("second", "secured"), [("{address: 10.0.0.2, serviceAccount: robot}", True), ("10.0.0.2", False)])
def test_where_endpoints_are_not_told_mutual_tls_is_spoken_only_if_all_take_it(stage: Stage, second: str, secured: bool) -> None:
    host = fresh()
    stage.world(service(host, f"{ABLE} | {second}"), rule(host, "loadBalancer: {simple: PASSTHROUGH}"))
    stage.identify("10.0.0.1", "default/robot")
    assert (stage.sidecar().get(f"http://{host}/", to="10.0.0.1").seen.tls is not None) is secured


SECRET = """
apiVersion: v1
kind: Secret
metadata: {{name: cred, namespace: default}}
data: {{tls.crt: {pem}, tls.key: {pem}, ca.crt: {roots}}}
"""


@pytest.mark.rule("DR-8", "DR-12")
def test_a_credential_is_used_by_sidecars_that_the_rule_selects(stage: Stage) -> None:
    host = fresh()
    pem = base64.b64encode(stage.credentials.outside("client.example").read_bytes()).decode()
    roots = base64.b64encode(stage.credentials.outside_roots.read_bytes()).decode()
    secret = SECRET.format(pem=pem, roots=roots)
    selecting = ", workloadSelector: {matchLabels: {app: client}}"
    stage.world(tls_service(host), secret, rule(host, "tls: {mode: MUTUAL, credentialName: cred}", selecting))
    seen = stage.sidecar().get(f"http://{host}/").seen
    assert seen.tls is not None
    assert seen.tls.peer == ("client.example",)


# Other transports


@pytest.mark.rule("DR-9")
@pytest.mark.parametrize(("version", "begins"), [("V1", "PROXY TCP4"), ("V2", "PROXY2")])
def test_a_connection_begins_with_the_proxy_protocol(stage: Stage, version: str, begins: str) -> None:
    host = fresh()
    stage.world(service(host, "10.0.0.1"), rule(host, f"proxyProtocol: {{version: {version}}}"))
    told = stage.sidecar().get(f"http://{host}/").seen.proxy
    assert told is not None
    assert told.startswith(begins)


@pytest.mark.rule("DR-9")
@pytest.mark.parametrize(
    ("protocol", "target", "asked_for"),
    [("CONNECT", "far.example", "far.example:9000"), ("POST", "far.example", "far.example:9000"), ("CONNECT", "fd00::9", "[fd00::9]:9000")],
)
def test_tcp_is_carried_inside_http_to_a_target_behind_the_destination(stage: Stage, protocol: str, target: str, asked_for: str) -> None:
    host, proxy = fresh(), fresh()
    tunnel = f"tunnel: {{protocol: {protocol}, targetHost: '{target}', targetPort: 9000}}"
    port = "{number: 3128, name: tcp, protocol: TCP}"
    leading = f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: lead, namespace: default}}
spec: {{hosts: [{host}], tcp: [{{route: [{{destination: {{host: {proxy}, subset: out}}}}]}}]}}
"""
    stage.world(
        service(host, "10.0.0.1", TCP, ", addresses: [240.240.3.5]"),
        service(proxy, "10.0.0.2", port),
        rule(proxy, more=f", subsets: [{{name: out, trafficPolicy: {{{tunnel}}}}}]"),
        leading,
    )
    stage.behave("10.0.0.2", close=True)  # Envoy does not survive a POST that is answered as a whole.
    stage.sidecar().tcp("240.240.3.5", 7000, timeout=2.0)
    [asked] = stage.seen(1, at="10.0.0.2")
    assert (asked.method, asked.port) == (protocol, 3128)
    assert asked_for in (asked.host, asked.path)


# Which rule


CALLER, OWNER = "default", "shop"


@pytest.mark.rule("DR-10", "DR-15")
@pytest.mark.parametrize(
    ("rules", "status"),
    [
        ({CALLER: 1}, 1),
        ({OWNER: 2}, 2),
        ({"istio-system": 3}, 3),
        ({CALLER: 1, OWNER: 2, "istio-system": 3}, 1),
        ({OWNER: 2, "istio-system": 3}, 2),
        ({"elsewhere": 4}, 0),
    ],
)
def test_the_callers_namespace_decides_then_the_services_then_the_root(stage: Stage, rules: dict[str, int], status: int) -> None:
    host = fresh()
    sticky = {1: "x-one", 2: "x-two", 3: "x-three", 4: "x-four"}
    stage.world(
        service(host, THREE, namespace=OWNER),
        *(rule(host, f"loadBalancer: {{consistentHash: {{httpHeaderName: {sticky[number]}}}}}", namespace=where) for where, number in rules.items()),
    )
    client = stage.sidecar()
    held = [
        number for number, header in sticky.items() if all(len(client.spread(5, f"http://{host}/", headers={header: user})) == 1 for user in "abc")
    ]
    assert held == ([status] if status else [])


@pytest.mark.rule("DR-10")
def test_a_wildcard_of_the_caller_hides_the_owners_exact_rule(stage: Stage) -> None:
    host = fresh()
    wild, exact = "loadBalancer: {simple: ROUND_ROBIN}", "loadBalancer: {simple: PASSTHROUGH}"
    stage.world(service(host, "10.0.0.1", namespace=OWNER), rule("*.example", wild, namespace=CALLER), rule(host, exact, namespace=OWNER))
    assert stage.sidecar().get(f"http://{host}/").at == "10.0.0.1"
    stage.world(service(host, "10.0.0.1", namespace=OWNER), rule(host, exact, namespace=OWNER))
    assert stage.sidecar().get(f"http://{host}/").at == ELSEWHERE


@pytest.mark.rule("DR-1", "DR-10")
def test_a_rule_for_its_own_namespace_holds_for_no_other(stage: Stage) -> None:
    host = fresh()
    private = rule(host, "loadBalancer: {simple: PASSTHROUGH}", ', exportTo: ["."]', namespace=OWNER)
    stage.world(service(host, "10.0.0.1", namespace=OWNER), private)
    assert stage.sidecar().get(f"http://{host}/").at == "10.0.0.1"


@pytest.mark.rule("DR-11")
def test_rules_for_one_host_are_merged_and_the_older_policy_wins(stage: Stage) -> None:
    host = fresh()
    old = rule(host, "loadBalancer: {simple: ROUND_ROBIN}", ", subsets: [{name: one, labels: {v: one}}]")
    young = rule(
        host,
        "loadBalancer: {simple: PASSTHROUGH}",
        ", subsets: [{name: one, labels: {v: two}}, {name: two, labels: {v: two}}]",
        "young",
        created="2025-01-01T00:00:00Z",
    )
    client = stage.sidecar()
    stage.world(service(host, LABELLED), old, young)
    assert client.spread(10, f"http://{host}/").keys() == {"10.0.0.1", "10.0.0.2"}
    for subset, at in (("one", "10.0.0.1"), ("two", "10.0.0.2")):
        stage.world(service(host, LABELLED), old, young, routes(host, f"{{host: {host}, subset: {subset}}}"))
        assert client.spread(6, f"http://{host}/").keys() == {at}


@pytest.mark.rule("DR-12")
def test_a_rule_may_be_meant_for_some_callers_and_the_rest_have_the_other(stage: Stage) -> None:
    host = fresh()
    some = rule(host, "loadBalancer: {simple: PASSTHROUGH}", ", workloadSelector: {matchLabels: {app: client}}", "some")
    stage.world(service(host, "10.0.0.1"), some, rule(host, "loadBalancer: {simple: RANDOM}"))
    assert stage.sidecar().get(f"http://{host}/").at == ELSEWHERE
    assert stage.sidecar(labels={"app": "another"}).get(f"http://{host}/").at == "10.0.0.1"


@pytest.mark.rule("DR-13")
def test_settings_of_a_port_replace_the_rules_policy_as_a_whole(stage: Stage) -> None:
    host = fresh()
    ports = "{number: 80, name: http, protocol: HTTP}, {number: 81, name: http-more, protocol: HTTP}"
    policy = "loadBalancer: {simple: PASSTHROUGH}, portLevelSettings: [{port: {number: 81}, connectionPool: {http: {maxRetries: 1}}}]"
    stage.world(service(host, "10.0.0.1", ports), rule(host, policy))
    client = stage.sidecar()
    assert client.get(f"http://{host}/").at == ELSEWHERE
    assert client.get(f"http://{host}:81/").at == "10.0.0.1"


@pytest.mark.rule("DR-13")
def test_a_subsets_policy_takes_the_place_of_the_rules_block_by_block(stage: Stage) -> None:
    host = fresh()
    subsets = ", subsets: [{name: one, labels: {v: one}, trafficPolicy: {loadBalancer: {simple: RANDOM}}}, {name: two, labels: {v: two}}]"
    policy = "loadBalancer: {simple: PASSTHROUGH}, proxyProtocol: {version: V1}"
    client = stage.sidecar()
    stage.world(service(host, LABELLED), rule(host, policy, subsets), routes(host, f"{{host: {host}, subset: one}}"))
    seen = client.get(f"http://{host}/").seen
    assert seen.at == "10.0.0.1"
    assert seen.proxy is not None
    stage.world(service(host, LABELLED), rule(host, policy, subsets), routes(host, f"{{host: {host}, subset: two}}"))
    assert client.get(f"http://{host}/").at == ELSEWHERE


@pytest.mark.rule("DR-15")
def test_the_rule_of_the_destination_holds_after_routing(stage: Stage) -> None:
    called, meant = fresh(), fresh()
    stage.world(
        service(called, "10.0.0.1"),
        service(meant, "10.0.0.2"),
        rule(called, "loadBalancer: {simple: PASSTHROUGH}"),
        rule(meant, "proxyProtocol: {version: V1}", name="meant"),
        routes(called, f"{{host: {meant}}}"),
    )
    seen = stage.sidecar().get(f"http://{called}/").seen
    assert seen.at == "10.0.0.2"
    assert seen.proxy is not None


@pytest.mark.rule("DR-16")
@pytest.mark.parametrize(
    ("port", "http", "manner", "spoken"),
    [
        ("http, protocol: HTTP", "h2UpgradePolicy: UPGRADE", "http1", "h2"),
        ("http, protocol: HTTP", "h2UpgradePolicy: DO_NOT_UPGRADE", "http2", "http/1.1"),
        ("http, protocol: HTTP", "useClientProtocol: true", "http2", "h2"),
        ("http, protocol: HTTP", "useClientProtocol: true", "http1", "http/1.1"),
        ("http, protocol: HTTP", "maxRetries: 5", "http2", "http/1.1"),
        ("http2, protocol: HTTP2", "maxRetries: 5", "http1", "h2"),
    ],
)
def test_which_http_is_spoken(stage: Stage, port: str, http: str, manner: str, spoken: str) -> None:
    host = fresh()
    stage.world(service(host, "10.0.0.1", f"{{number: 80, name: {port}}}"), rule(host, f"connectionPool: {{http: {{{http}}}}}"))
    assert stage.sidecar().request(f"http://{host}/", manner=manner).seen.protocol == spoken


# What every proxy has


@pytest.mark.rule("CL-7")
def test_every_proxy_has_the_usual_destinations(stage: Stage) -> None:
    stage.world()
    assert stage.sidecar().clusters() >= {"BlackHoleCluster", "PassthroughCluster", "InboundPassthroughCluster"}
    assert stage.gateway().clusters() >= {"BlackHoleCluster"}


@pytest.mark.rule("CL-2")
def test_calls_to_the_workload_itself_leave_from_an_address_of_their_own(stage: Stage) -> None:
    server = stage.sidecar(labels={"app": "served"}, ip="10.1.0.8")
    host = fresh()
    stage.world(service(host, "10.1.0.8", "{number: 80, name: http, protocol: HTTP, targetPort: 8080}"))
    assert stage.outside().get(f"http://{host}:8080/", to=server).seen.source == "127.0.0.6"
    assert "inbound|8080||" in server.clusters()


@pytest.mark.rule("CL-9")
def test_clusters_and_endpoints_say_what_they_are(stage: Stage) -> None:
    host = fresh()
    stage.world(service(host, LABELLED), rule(host, more=SUBSETS))
    dump = stage.sidecar().config("dynamic_active_clusters")["configs"]
    [found] = [each["cluster"] for each in dump if each["cluster"]["name"] == f"outbound|80|one|{host}"]
    told = found["metadata"]["filter_metadata"]["istio"]
    assert told["services"] == [{"host": host, "name": host.partition(".")[0], "namespace": "default"}]
    assert (told["subset"], told["config"]) == ("one", "/apis/networking.istio.io/v1/namespaces/default/destination-rule/rule")
