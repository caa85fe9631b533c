"""Time and failure in the rules of VirtualServices: timeouts, retries, faults."""

from __future__ import annotations

from collections import Counter

import pytest

from stage.stage import Stage
from stage.worlds import destination_rule, mesh, service, to, virtual_service

pytestmark = [pytest.mark.envoy, pytest.mark.root]

A, B = "10.0.0.1", "10.0.0.2"
ONE, TWO = service("a", A), service("a", A, B)
REFUSING = "10.255.0.1"
IN_TURN = destination_rule("d", "a", "trafficPolicy: {loadBalancer: {simple: ROUND_ROBIN}}")
UNAVAILABLE = 14


def rule(more: str = "", where: str = "a") -> str:
    return virtual_service("r", "a", http=f"[{to(where, more)}]")


# Timeouts


@pytest.mark.rule("VS-42")
@pytest.mark.parametrize(("more", "expected"), [("", None), ("timeout: 0s", None), ("timeout: 7s", "7000")])
def test_there_is_no_timeout_unless_one_is_given(stage: Stage, more: str, expected: str | None) -> None:
    """Envoy tells the destination how long it is going to wait; without saying anything it would be 15 s."""
    stage.world(ONE, rule(more))
    assert stage.sidecar().get("http://a/").seen.header("x-envoy-expected-rq-timeout-ms") == expected


@pytest.mark.rule("VS-42")
def test_there_is_no_timeout_without_any_rule(stage: Stage) -> None:
    stage.world(ONE)
    assert stage.sidecar().get("http://a/").seen.header("x-envoy-expected-rq-timeout-ms") is None


@pytest.mark.rule("VS-5")
@pytest.mark.rule("VS-42")
def test_a_timeout_ends_a_request_with_504(stage: Stage) -> None:
    stage.world(ONE, rule("timeout: 0.5s"))
    stage.behave(A, path="/slow", delay=5)
    client = stage.sidecar()
    assert (client.get("http://a/slow").status, client.get("http://a/quick").status) == (504, 200)


@pytest.mark.rule("VS-42")
@pytest.mark.parametrize(
    ("timeout", "asked", "expected"),
    [("timeout: 0.2s", "5S", UNAVAILABLE), ("timeout: 5s", "200m", UNAVAILABLE), ("", "200m", UNAVAILABLE), ("", "5S", 0), ("timeout: 5s", "5S", 0)],
)
def test_a_grpc_client_has_the_time_that_it_asks_for_but_no_more_than_the_rule_gives(stage: Stage, timeout: str, asked: str, expected: int) -> None:
    stage.world(service("a", A, protocol="grpc"), rule(timeout))
    stage.behave(A, delay=0.6)
    assert stage.sidecar().request("http://a/pkg.Service/Method", manner="grpc", headers={"grpc-timeout": asked}).grpc_status == expected


@pytest.mark.rule("VS-42")
def test_the_callers_own_timeout_header_is_not_believed(stage: Stage) -> None:
    stage.world(ONE, rule())
    stage.behave(A, delay=0.3)
    assert stage.sidecar().get("http://a/", headers={"x-envoy-upstream-rq-timeout-ms": "50"}).at == A


# Retries


def attempts(stage: Stage, path: str = "/") -> int:
    return len(stage.seen(path=path))


@pytest.mark.rule("VS-43")
@pytest.mark.parametrize("ruled", [True, False], ids=["with a rule", "without any"])
def test_two_more_attempts_are_made_by_default_where_nothing_was_reached(stage: Stage, ruled: bool) -> None:
    stage.world(service("a", A, REFUSING, "10.255.0.2"), IN_TURN, *([rule()] if ruled else []))
    assert stage.sidecar().spread(30, "http://a/") == {A: 30}


@pytest.mark.rule("VS-43")
@pytest.mark.parametrize("behaviour", [{"status": 503}, {"status": 500}, {"reset": True}])
def test_by_default_nothing_is_repeated_that_may_have_been_done(stage: Stage, behaviour: dict[str, object]) -> None:
    stage.world(ONE, rule())
    stage.behave(A, **behaviour)
    assert stage.sidecar().get("http://a/").status == behaviour.get("status", 503)
    assert attempts(stage) == 1


@pytest.mark.rule("VS-43")
@pytest.mark.parametrize(("status", "expected"), [(14, 3), (1, 3), (13, 1)])
def test_by_default_grpc_calls_that_were_cancelled_or_not_taken_are_repeated(stage: Stage, status: int, expected: int) -> None:
    stage.world(service("a", A, protocol="grpc"), rule())
    stage.behave(A, grpc_status=status)
    stage.sidecar().request("http://a/pkg.Service/Method", manner="grpc")
    assert attempts(stage, "/pkg.Service/Method") == expected


@pytest.mark.rule("VS-43")
@pytest.mark.parametrize(
    ("retries", "expected"),
    [
        ("attempts: 0", 1),
        ("attempts: 1, retryOn: 5xx", 2),
        ("attempts: 4, retryOn: 5xx", 5),
        ("attempts: 2, retryOn: '503'", 3),
        ("attempts: 2, retryOn: '503,connect-failure'", 3),
        ("attempts: 2, retryOn: '500,429'", 1),
        ("attempts: 2, retryOn: gateway-error", 3),
        ("attempts: 2, retryOn: connect-failure", 1),
        ("attempts: 2", 1),
    ],
)
def test_how_often_and_on_what_to_try_again_is_the_rules(stage: Stage, retries: str, expected: int) -> None:
    stage.world(ONE, rule(f"retries: {{{retries}, backoff: 1ms}}" if "attempts: 0" not in retries else f"retries: {{{retries}}}"))
    stage.behave(A, status=503)
    assert stage.sidecar().get("http://a/").status == 503
    assert attempts(stage) == expected


@pytest.mark.rule("VS-43")
def test_attempts_0_turns_also_the_retries_of_failed_connections_off(stage: Stage) -> None:
    stage.world(service("a", REFUSING), rule("retries: {attempts: 0}"))
    client = stage.sidecar()
    assert client.get("http://a/").status == 503
    assert sum(client.endpoints("outbound|80||a.default.svc.cluster.local", "cx_connect_fail").values()) == 1


@pytest.mark.rule("VS-43")
def test_the_mesh_has_a_retry_policy_for_rules_without_one(stage: Stage) -> None:
    policy = mesh("{defaultHttpRetryPolicy: {attempts: 3, retryOn: 5xx}}")
    stage.world(ONE, rule(), policy)
    stage.behave(A, status=503)
    client = stage.sidecar()
    client.get("http://a/mesh")
    assert attempts(stage, "/mesh") == 4
    stage.world(ONE, rule("retries: {attempts: 1, retryOn: 5xx}"), policy)
    stage.behave(A, status=503)
    client.get("http://a/own")
    assert attempts(stage, "/own") == 2


@pytest.mark.rule("VS-43")
def test_an_attempt_may_have_a_time_of_its_own(stage: Stage) -> None:
    stage.world(ONE, rule("retries: {attempts: 2, perTryTimeout: 0.5s, retryOn: 'reset,5xx'}"))
    stage.behave(A, delay=5, times=1)
    answer = stage.sidecar().get("http://a/")
    assert (answer.at, answer.seen.header("x-envoy-attempt-count"), attempts(stage)) == (A, "2", 2)


@pytest.mark.rule("VS-43")
def test_another_attempt_goes_to_another_endpoint(stage: Stage) -> None:
    stage.world(TWO, IN_TURN, rule("retries: {attempts: 1, retryOn: 5xx, backoff: 1ms}"))
    stage.behave(A, status=503)
    assert stage.sidecar().spread(40, "http://a/") == {B: 40}
    assert len(stage.seen(at=A)) > 10


@pytest.mark.rule("VS-43")
def test_what_sticks_to_an_endpoint_is_tried_there_again(stage: Stage) -> None:
    sticky = destination_rule("d", "a", "trafficPolicy: {loadBalancer: {consistentHash: {httpHeaderName: x-user}}}")
    stage.world(TWO, sticky, rule("retries: {attempts: 1, retryOn: 5xx, backoff: 1ms}"))
    stage.behave(status=503)
    stage.sidecar().get("http://a/", headers={"x-user": "ann"})
    assert len({each.at for each in stage.seen(2)}) == 1


@pytest.mark.rule("VS-43")
@pytest.mark.parametrize("ruled", [True, False], ids=["with a rule", "without any"])
def test_what_sticks_to_an_endpoint_that_refuses_is_not_led_to_another_by_default(stage: Stage, ruled: bool) -> None:
    sticky = destination_rule("d", "a", "trafficPolicy: {loadBalancer: {consistentHash: {httpHeaderName: x-user}}}")
    stage.world(service("a", A, REFUSING), sticky, *([rule()] if ruled else []))
    client = stage.sidecar()
    landed = Counter(client.get("http://a/", headers={"x-user": f"user{number}"}).outcome for number in range(40))
    # Users are divided by a hash: always in the same way, and about evenly.
    assert landed.keys() == {A, "503"}
    assert landed["503"] > 10


@pytest.mark.rule("VS-43")
def test_endpoints_that_failed_may_be_tried_again_when_the_rule_says_so(stage: Stage) -> None:
    stage.world(TWO, rule("retries: {attempts: 1, retryOn: 5xx, backoff: 1ms, retryIgnorePreviousHosts: false}"))
    stage.behave(status=503)
    client = stage.sidecar()
    for number in range(30):
        client.get(f"http://a/{number}")
    pairs = [{each.at for each in stage.seen(2, path=f"/{number}")} for number in range(30)]
    assert any(len(pair) == 2 for pair in pairs)


PLACES = """
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: placed, namespace: default}
spec:
  hosts: [placed.example]
  ports: [{number: 80, name: http, protocol: HTTP}]
  resolution: STATIC
  endpoints: [{address: 10.0.5.1, locality: r1/z1}, {address: 10.0.5.2, locality: r2/z1}]
"""


@pytest.mark.rule("VS-43")
@pytest.mark.parametrize(("more", "expected"), [("", "500"), (", retryRemoteLocalities: true", "10.0.5.2")])
def test_a_rule_may_have_other_localities_tried(stage: Stage, more: str, expected: str) -> None:
    ranked = destination_rule("d", "placed.example", "trafficPolicy: {outlierDetection: {consecutive5xxErrors: 1000}}")
    retries = f"retries: {{attempts: 2, retryOn: 5xx, backoff: 1ms{more}}}"
    stage.world(PLACES, ranked, virtual_service("r", "placed.example", http=f"[{to('placed.example', retries)}]"))
    stage.behave("10.0.5.1", status=500)
    assert stage.sidecar(locality="r1/z1").spread(10, "http://placed.example/") == {expected: 10}


# Inbound


@pytest.mark.rule("VS-44")
def test_inbound_what_the_app_never_had_is_tried_again_and_what_it_had_is_not(stage: Stage) -> None:
    server = stage.sidecar(labels={"app": "a"}, ip="10.1.8.1")
    stage.world(service("a", "10.1.8.1"))
    outside = stage.outside()
    server.behave(status=503)
    assert outside.get("http://a:8080/answered", to=server).status == 503
    assert len(server.seen(path="/answered")) == 1
    config = server.admin("/config_dump?resource=dynamic_listeners")
    assert '"retry_on": "reset-before-request"' in config


# Faults


@pytest.mark.rule("VS-5")
@pytest.mark.rule("VS-51")
@pytest.mark.parametrize(("percentage", "expected"), [("percentage: {value: 100},", {"451"}), ("percentage: {value: 0},", {A}), ("", {A})])
def test_an_abort_hits_the_share_that_is_given_and_nobody_if_none_is(stage: Stage, percentage: str, expected: set[str]) -> None:
    stage.world(ONE, rule(f"fault: {{abort: {{{percentage} httpStatus: 451}}}}"))
    assert stage.sidecar().spread(20, "http://a/").keys() == expected


@pytest.mark.rule("VS-51")
def test_the_share_may_be_a_fraction(stage: Stage) -> None:
    stage.world(ONE, rule("fault: {abort: {percentage: {value: 33.3}, httpStatus: 451}}"))
    # A third of 300: 100 with a standard deviation of 8.2.
    assert 50 < stage.sidecar().spread(300, "http://a/")["451"] < 150


@pytest.mark.rule("VS-51")
def test_an_abort_happens_at_the_client_and_is_never_tried_again(stage: Stage) -> None:
    stage.world(ONE, rule("fault: {abort: {percentage: {value: 100}, httpStatus: 503}}, retries: {attempts: 3, retryOn: 5xx}"))
    assert stage.sidecar().get("http://a/").status == 503
    assert stage.seen() == []


@pytest.mark.rule("VS-51")
def test_a_grpc_call_may_be_aborted_with_a_status_of_its_own(stage: Stage) -> None:
    stage.world(service("a", A, protocol="grpc"), rule("fault: {abort: {percentage: {value: 100}, grpcStatus: NOT_FOUND}}"))
    assert stage.sidecar().request("http://a/pkg.Service/Method", manner="grpc").grpc_status == 5


@pytest.mark.rule("VS-51")
def test_a_delay_comes_first_then_the_abort_and_a_delay_alone_leads_on(stage: Stage) -> None:
    delay = "delay: {percentage: {value: 100}, fixedDelay: 0.3s}"
    both = f"fault: {{{delay}, abort: {{percentage: {{value: 100}}, httpStatus: 451}}}}"
    stage.world(ONE, virtual_service("r", "a", http=f"[{to('a', f'match: [{{uri: {{prefix: /both}}}}], {both}')}, {to('a', f'fault: {{{delay}}}')}]"))
    client = stage.sidecar()
    found = client.get("http://a/both"), client.get("http://a/delayed")
    assert [(each.outcome, each.seconds > 0.2) for each in found] == [("451", True), (A, True)]


@pytest.mark.rule("VS-51")
def test_a_fault_is_for_the_clients_that_the_rule_is_for(stage: Stage) -> None:
    abort = "match: [{sourceLabels: {app: client}}], fault: {abort: {percentage: {value: 100}, httpStatus: 451}}"
    stage.world(ONE, virtual_service("r", "a", http=f"[{to('a', abort)}, {to('a')}]"))
    assert [each.get("http://a/").outcome for each in (stage.sidecar(), stage.sidecar(labels={"app": "other"}))] == ["451", A]
