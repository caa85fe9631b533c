"""Supervisor as transcripts: an event in, the commands out."""

import pytest

from lateen.agent.lifecycle import (
    Announce,
    AppExited,
    AppHealthy,
    AppUnhealthy,
    ConfigurationChanged,
    ConnectionsCounted,
    DrainEnvoy,
    DrainRequested,
    EnvoyExited,
    EnvoyNotReady,
    EnvoyReady,
    Finish,
    KillApp,
    KillEnvoy,
    OutputSeen,
    Policy,
    ReportHealth,
    StartApp,
    StartEnvoy,
    StartRequested,
    StopApp,
    StopRequested,
    Tick,
)
from lateen.agent.supervisor import Supervisor


def running(policy: Policy | None = None) -> Supervisor:
    supervisor = Supervisor("reviews-v1", policy=policy)
    for event in (StartRequested(0), EnvoyReady(0.1), AppHealthy(0.2)):
        supervisor.receive(event)
    return supervisor


@pytest.mark.rule("AG-9")
def test_the_app_starts_only_after_its_proxy_is_ready() -> None:
    supervisor = Supervisor("reviews-v1")
    assert supervisor.receive(StartRequested(0)) == (StartEnvoy(),)
    assert supervisor.receive(EnvoyNotReady(0.1, "it has no listeners yet")) == ()
    assert supervisor.receive(EnvoyReady(0.2)) == (StartApp(),)
    assert supervisor.receive(AppHealthy(0.3)) == (ReportHealth(True),)


@pytest.mark.rule("AG-8")
def test_stopping_drains_inbound_then_stops_the_app_then_the_proxy() -> None:
    supervisor = running()
    assert supervisor.receive(StopRequested(10)) == (ReportHealth(False), DrainEnvoy(inbound_only=True))
    assert supervisor.next_tick == 15
    assert supervisor.receive(Tick(14)) == ()
    assert supervisor.receive(Tick(15)) == (StopApp(),)
    assert supervisor.receive(AppExited(16, 0)) == (KillEnvoy(),)
    assert supervisor.receive(EnvoyExited(16.1, -9)) == (Finish(0),)
    assert supervisor.is_finished


@pytest.mark.rule("AG-8")
def test_a_gateway_drains_all_its_listeners_and_is_healthy_without_an_app() -> None:
    gateway = Supervisor("ingress", has_app=False, kind="gateway")
    assert gateway.receive(StartRequested(0)) == (StartEnvoy(),)
    assert gateway.receive(EnvoyReady(1)) == (ReportHealth(True),)
    assert gateway.receive(StopRequested(2)) == (ReportHealth(False), DrainEnvoy(inbound_only=False))
    assert gateway.receive(Tick(7)) == (KillEnvoy(),)
    assert gateway.receive(EnvoyExited(7, -9)) == (Finish(0),)


@pytest.mark.rule("AG-8")
def test_draining_until_idle_waits_the_least_time_and_then_for_the_last_connection() -> None:
    supervisor = running(Policy(drain_until_idle=True))
    supervisor.receive(StopRequested(0))
    assert supervisor.receive(ConnectionsCounted(1, 0)) == ()
    assert supervisor.receive(Tick(5)) == ()
    assert supervisor.receive(ConnectionsCounted(6, 2)) == ()
    assert supervisor.receive(ConnectionsCounted(7, 0)) == (StopApp(),)


@pytest.mark.rule("AG-7")
def test_ready_is_who_takes_traffic_and_is_to_go_on() -> None:
    supervisor = Supervisor("reviews-v1")
    supervisor.receive(StartRequested(0))
    assert not supervisor.is_ready
    supervisor.receive(EnvoyReady(0.1))
    assert supervisor.is_ready
    supervisor.receive(StopRequested(1))
    assert not supervisor.is_ready


@pytest.mark.rule("AG-8")
def test_who_was_drained_before_is_stopped_at_once() -> None:
    supervisor = running()
    assert supervisor.receive(DrainRequested(1)) == (ReportHealth(False), DrainEnvoy(inbound_only=True))
    assert not supervisor.is_ready
    assert supervisor.receive(DrainRequested(2)) == ()
    assert supervisor.next_tick is None
    assert supervisor.receive(StopRequested(9)) == (StopApp(),)
    assert supervisor.receive(AppExited(9.1, 0)) == (KillEnvoy(),)


@pytest.mark.rule("AG-8")
def test_an_envoy_that_comes_back_after_draining_takes_traffic_again() -> None:
    supervisor = running()
    supervisor.receive(DrainRequested(1))
    supervisor.receive(EnvoyExited(2, -11))
    supervisor.receive(Tick(3))
    assert supervisor.receive(EnvoyReady(3.1)) == (ReportHealth(True),)
    assert supervisor.is_ready


def test_a_second_stop_ends_everything_at_once() -> None:
    supervisor = running()
    supervisor.receive(StopRequested(0))
    assert supervisor.receive(StopRequested(1)) == (KillApp(), KillEnvoy())
    assert supervisor.receive(EnvoyExited(1, -9)) == (Finish(0),)


def test_an_app_that_ignores_sigterm_is_killed_after_its_grace() -> None:
    supervisor = running(Policy(drain=0, app_grace=10))
    assert supervisor.receive(StopRequested(0)) == (ReportHealth(False), StopApp())
    assert supervisor.receive(Tick(10)) == (Announce("reviews-v1 did not stop within 10 s; killed."), KillApp())
    assert supervisor.receive(AppExited(10, -9)) == (KillEnvoy(),)


def test_a_crashed_app_is_restarted_after_an_announced_pause_with_its_last_words() -> None:
    supervisor = running()
    assert supervisor.receive(AppExited(1.1, 3))[1] == Announce("reviews-v1 exited with code 3 after 1 s; restarting in 200 ms (1st time).")
    assert supervisor.receive(Tick(1.3)) == (StartApp(),)
    supervisor.receive(OutputSeen(2, "app", "cannot bind port 9080"))
    assert supervisor.receive(AppExited(3.4, 3)) == (
        Announce(
            "reviews-v1 exited with code 3 after 2.1 s; restarting in 400 ms (2nd time). Its last output:\n    cannot bind port 9080",
        ),
    )


def test_an_app_that_ran_long_starts_its_backoff_anew() -> None:
    supervisor = running()
    supervisor.receive(AppExited(1, 1))
    supervisor.receive(Tick(1.2))
    assert supervisor.receive(AppExited(100, 1))[0] == Announce("reviews-v1 exited with code 1 after 99 s; restarting in 200 ms (1st time).")


def test_envoy_is_restarted_ten_times_with_doubling_pauses_and_then_given_up() -> None:
    supervisor = Supervisor("reviews-v1")
    supervisor.receive(StartRequested(0))
    now, pauses = 0.0, []
    for _ in range(10):
        supervisor.receive(EnvoyExited(now, 1))
        assert supervisor.next_tick is not None
        pauses.append(round(supervisor.next_tick - now, 3))
        now = supervisor.next_tick
        assert supervisor.receive(Tick(now)) == (StartEnvoy(),)
    assert pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 102.4]
    assert supervisor.receive(EnvoyExited(now, 1)) == (
        Announce("Envoy of reviews-v1 exited with code 1, and its 10 restarts are used up; reviews-v1 is given up."),
        Finish(1),
    )


def test_a_recovered_envoy_keeps_its_reduced_budget_until_its_configuration_changes() -> None:
    supervisor = running()
    supervisor.receive(EnvoyExited(1, -9))
    supervisor.receive(Tick(1.2))
    assert supervisor.receive(EnvoyReady(1.3)) == (ReportHealth(True),)
    supervisor.receive(EnvoyExited(2, -9))
    assert supervisor.next_tick == pytest.approx(2.4)
    supervisor.receive(Tick(2.4))
    supervisor.receive(EnvoyReady(2.5))
    supervisor.receive(ConfigurationChanged(3))
    supervisor.receive(EnvoyExited(4, -9))
    assert supervisor.next_tick == pytest.approx(4.2)


def test_the_app_keeps_running_while_its_envoy_comes_back_but_gets_no_requests() -> None:
    supervisor = running()
    assert supervisor.receive(EnvoyExited(1, -9)) == (
        ReportHealth(False),
        Announce("Envoy of reviews-v1 was ended by SIGKILL; restarting in 200 ms (1st time)."),
    )
    assert supervisor.receive(Tick(1.2)) == (StartEnvoy(),)
    assert supervisor.receive(EnvoyReady(1.3)) == (ReportHealth(True),)


def test_an_app_that_crashes_while_its_envoy_is_away_waits_for_it() -> None:
    supervisor = running()
    supervisor.receive(EnvoyExited(1, 1))
    supervisor.receive(AppExited(1.1, 1))
    assert supervisor.receive(Tick(1.3)) == (StartEnvoy(),)
    assert supervisor.receive(EnvoyReady(1.4)) == (StartApp(),)


def test_an_app_that_never_becomes_healthy_is_reported_once_with_its_last_lines() -> None:
    supervisor = Supervisor("reviews-v1", policy=Policy(app_deadline=30))
    supervisor.receive(StartRequested(0))
    supervisor.receive(EnvoyReady(0))
    supervisor.receive(OutputSeen(1, "app", "waiting for the database"))
    assert supervisor.receive(Tick(30)) == (
        Announce("reviews-v1 is not healthy 30 s after its start. Its last output:\n    waiting for the database"),
    )
    assert supervisor.next_tick is None


def test_an_envoy_that_does_not_become_ready_is_reported_with_the_reason() -> None:
    supervisor = Supervisor("reviews-v1")
    supervisor.receive(StartRequested(0))
    supervisor.receive(EnvoyNotReady(29, "it has received no listeners yet"))
    assert supervisor.receive(Tick(30)) == (Announce("Envoy of reviews-v1 is not ready after 30 s because it has received no listeners yet."),)


def test_an_unhealthy_app_is_taken_out_and_put_back() -> None:
    supervisor = running()
    assert supervisor.receive(AppUnhealthy(1, "GET /healthz on port 9080 answered 503")) == (
        ReportHealth(False),
        Announce("reviews-v1 is unhealthy: GET /healthz on port 9080 answered 503; it gets no requests until it is well."),
    )
    assert supervisor.receive(AppHealthy(2)) == (ReportHealth(True), Announce("reviews-v1 is healthy again."))


def test_a_process_that_runs_once_takes_its_proxy_along_and_gives_its_exit_code() -> None:
    supervisor = running(Policy(restart="Never"))
    assert supervisor.receive(AppExited(5.2, 3)) == (ReportHealth(False), Announce("reviews-v1 exited with code 3 after 5.1 s."), KillEnvoy())
    assert supervisor.receive(EnvoyExited(5.3, -9)) == (Finish(3),)


def test_on_failure_restarts_only_after_a_failure() -> None:
    supervisor = running(Policy(restart="OnFailure"))
    assert KillEnvoy() in supervisor.receive(AppExited(5, 0))
    supervisor = running(Policy(restart="OnFailure"))
    assert KillEnvoy() not in supervisor.receive(AppExited(5, 1))


def test_nothing_is_commanded_after_the_end() -> None:
    supervisor = Supervisor("reviews-v1")
    supervisor.receive(StartRequested(0))
    supervisor.receive(StopRequested(0))
    assert supervisor.receive(EnvoyExited(0, -9)) == (Finish(0),)
    assert supervisor.receive(StartRequested(1)) == ()
