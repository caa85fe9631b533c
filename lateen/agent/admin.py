"""Envoy's admin interface, over its Unix socket: is it ready (AG-7), drain it (AG-8), how many connections, its statistics."""

from __future__ import annotations

import re
from pathlib import Path

import httpx

_READINESS = (
    r"^(cluster_manager\.cds\.update_(success|rejected)|listener_manager\.lds\.update_(success|rejected)"
    r"|server\.state|listener_manager\.workers_started)$"
)
_ACTIVE = r"^listener\..*downstream_cx_active$|^http\..*downstream_cx_active$"
_INBOUND = re.compile(r"^http\.inbound|^listener\..*_15006\.")
_LIVE = 0


class Admin:
    """One Envoy's admin interface. Must be closed."""

    def __init__(self, path: Path, timeout: float = 5.0) -> None:
        self._client = httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(path)), base_url="http://envoy", timeout=timeout)

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()

    async def obstacle(self) -> str:
        """What Envoy lacks to be ready, reading on after "because"; empty when it is ready."""
        try:
            answer = await self._client.get("/stats", params={"filter": _READINESS})
        except httpx.HTTPError:
            return "it does not answer yet"
        return obstacle(numbers(answer.text))

    async def drain(self, inbound_only: bool) -> None:
        """Begin to drain listeners; connections in flight are finished. An Envoy that does not answer has nothing to drain."""
        which = "/drain_listeners?inboundonly&graceful&skip_exit" if inbound_only else "/drain_listeners?graceful&skip_exit"
        try:
            await self._client.post(which)
        except httpx.HTTPError:
            return

    async def active_connections(self, inbound_only: bool = False) -> int:
        """Connections from downstream that are open, of the workload's callers only or all; 0 when Envoy does not answer."""
        try:
            answer = await self._client.get("/stats", params={"filter": _ACTIVE})
        except httpx.HTTPError:
            return 0
        counts = numbers(answer.text)
        if inbound_only:
            return sum(count for name, count in counts.items() if _INBOUND.search(name))
        return sum(count for name, count in counts.items() if not name.startswith(("http.admin", "listener.admin", "http.readiness")))

    async def prometheus(self) -> str:
        """All statistics as Prometheus text. Raises `httpx.HTTPError`."""
        answer = await self._client.get("/stats/prometheus", params={"usedonly": ""})
        answer.raise_for_status()
        return answer.text


def numbers(text: str) -> dict[str, int]:
    """The numbers in a text of lines `name: number`."""
    pairs = (line.rpartition(": ") for line in text.splitlines())
    return {name: int(number) for name, _, number in pairs if number.isdigit()}


def obstacle(stats: dict[str, int]) -> str:
    """AG-7: ready is who has received clusters and listeners at least once, taken or refused, is live, and has its workers started."""
    if not _received(stats, "cluster_manager.cds"):
        return "it has received no clusters from the control plane yet"
    if not _received(stats, "listener_manager.lds"):
        return "it has received no listeners from the control plane yet"
    if stats.get("server.state") != _LIVE:
        return "it is still initialising"
    return "" if stats.get("listener_manager.workers_started") else "its workers have not started yet"


def _received(stats: dict[str, int], kind: str) -> bool:
    return bool(stats.get(f"{kind}.update_success") or stats.get(f"{kind}.update_rejected"))
