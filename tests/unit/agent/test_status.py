"""What the agent answers on its socket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from lateen.agent.app_calls import AppError
from lateen.agent.bootstrap import PEER_HEADER
from lateen.agent.metrics import Metrics
from lateen.agent.status import Answers, application

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def text(said: str) -> Callable[[], Awaitable[str]]:
    async def source() -> str:
        return said

    return source


def failing(error: Exception) -> Callable[[], Awaitable[str]]:
    async def source() -> str:
        raise error

    return source


def answers(**changed: object) -> Answers:
    usual: dict[str, object] = {"is_ready": lambda: True, "envoy": text("envoy_x 1\n"), "metrics": Metrics(lambda: None, lambda: NOW)}
    return Answers(**usual | changed)  # type: ignore[arg-type]


async def asked(of: Answers, method: str, path: str, peer: str = "") -> tuple[int, str]:
    headers = {PEER_HEADER: peer} if peer else {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application(of)), base_url="http://agent") as client:
        answer = await client.request(method, path, headers=headers)
    return answer.status_code, answer.text


@pytest.mark.rule("AG-6")
async def test_envoys_metrics_the_agents_and_the_apps_are_one_text() -> None:
    ends = NOW + timedelta(hours=1)
    of = answers(app=text("app_orders_total 3\n# EOF\n"), metrics=Metrics(lambda: ends, lambda: NOW))
    _, merged = await asked(of, "GET", "/stats/prometheus")
    lines = [line for line in merged.splitlines() if not line.startswith("#")]
    assert lines == [
        "envoy_x 1",
        "istio_agent_scrapes_total 1.0",
        'istio_agent_scrape_failures_total{type="application"} 0.0',
        'istio_agent_scrape_failures_total{type="envoy"} 0.0',
        'istio_agent_cert_expiry_seconds{resource_name="default"} 3600.0',
        "app_orders_total 3",
    ]
    assert "# EOF" not in merged
    assert merged.endswith("\n")


@pytest.mark.rule("AG-6")
@pytest.mark.parametrize("error", [AppError("GET /metrics on port 1 answered 500"), ConnectionRefusedError(111, "refused"), TimeoutError()])
async def test_an_app_without_its_metrics_takes_nobody_elses_away_and_is_counted(error: Exception) -> None:
    status, merged = await asked(answers(app=failing(error)), "GET", "/stats/prometheus")
    assert status == 200
    assert "envoy_x 1" in merged
    assert 'istio_agent_scrape_failures_total{type="application"} 1.0' in merged


@pytest.mark.rule("AG-6")
async def test_an_envoy_that_is_away_takes_the_apps_metrics_not_away() -> None:
    _, merged = await asked(answers(envoy=failing(httpx.ConnectError("no")), app=text("app_x 1")), "GET", "/stats/prometheus")
    assert merged.endswith("app_x 1\n")
    assert 'istio_agent_scrape_failures_total{type="envoy"} 1.0' in merged


@pytest.mark.rule("AG-6")
async def test_the_apps_health_is_asked_by_its_name() -> None:
    well, ill = answers(obstacle=text(""), names=("web-0", "web")), answers(obstacle=text("GET / answered 500"), names=("web",))
    assert await asked(well, "GET", "/app-health/web/readyz") == (200, "well\n")
    assert (await asked(well, "GET", "/app-health/web-0/livez"))[0] == 200
    assert await asked(ill, "GET", "/app-health/web/startupz") == (503, "GET / answered 500\n")
    assert [(await asked(of, "GET", "/app-health/web/readyz"))[0] for of in (answers(), answers(obstacle=text("")))] == [404, 404]
    assert (await asked(well, "GET", "/app-health/web/other"))[0] == 404


@pytest.mark.rule("AG-6")
@pytest.mark.parametrize("peer", ["127.0.0.1", "127.99.0.2", "::1"])
async def test_who_calls_on_the_loopback_may_drain_and_end(peer: str) -> None:
    done: list[str] = []
    of = answers(drain=lambda: done.append("drained"), quit=lambda: done.append("ended"))
    assert (await asked(of, "POST", "/drain", peer))[0] == 200
    assert (await asked(of, "POST", "/quitquitquit", peer))[0] == 200
    assert done == ["drained", "ended"]


@pytest.mark.rule("AG-6")
@pytest.mark.parametrize("peer", ["10.1.0.9", "127.0.0.6", "", "localhost", "::ffff:10.1.0.9"])
async def test_nobody_else_may(peer: str) -> None:
    done: list[str] = []
    of = answers(drain=lambda: done.append("drained"), quit=lambda: done.append("ended"))
    assert [(await asked(of, "POST", path, peer))[0] for path in ("/drain", "/quitquitquit")] == [403, 403]
    assert [(await asked(of, "GET", path, "127.0.0.1"))[0] for path in ("/drain", "/quitquitquit")] == [405, 405]
    assert done == []


@pytest.mark.rule("AG-7")
async def test_readiness_is_503_while_it_is_not() -> None:
    assert await asked(answers(is_ready=lambda: False), "GET", "/healthz/ready") == (503, "not ready\n")
    assert await asked(answers(), "GET", "/healthz/ready") == (200, "ready\n")
