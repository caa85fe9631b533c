"""The HTTP API of the mesh's own control plane, as `lateen up` needs it."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

import httpx
import msgspec

from lateen.agent.bootstrap import ISTIO_VERSION
from lateen.agent.workload import Workload
from lateen.control.home import Connection as Where
from lateen.control.home import Home
from lateen.local.proxy_settings import ANNOTATION
from lateen.values.finding import parts

_TIMEOUT = 30.0


class RefusedError(Exception):
    """The control plane said no; the words are its sentences."""


class ControlApi:
    """Calls to the control plane of a state folder. Where it is, is read anew for each call, for it may have been started again."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._client: httpx.AsyncClient | None = None
        self._where: Where | None = None

    def where(self) -> Where:
        """Where the control plane says that it is. Raises OSError when it has not said so."""
        return msgspec.json.decode(self._home.connection.read_bytes(), type=Where)

    async def is_ready(self) -> bool:
        """Whether it answers."""
        try:
            return (await self._sent("GET", "/readyz")).status_code == 200
        except (OSError, httpx.HTTPError, msgspec.DecodeError):
            return False

    async def apply(self, files: Iterable[tuple[str, str]], reason: str, wait: float = 0.0) -> dict[str, Any]:
        """Apply texts as one revision; the answer lists findings and objects. Raises `RefusedError` with all findings."""
        body = {"files": [{"name": name, "text": text} for name, text in files], "reason": reason, "wait": wait}
        response = await self._sent("POST", "/lateen/v1/apply", body, wait)
        answer: dict[str, Any] = response.json()
        if response.status_code >= 400:
            findings = [sentence(each) for each in answer.get("findings", ()) if each.get("severity") == "error"]
            raise RefusedError("\n".join(findings) or str(answer.get("message", answer)))
        return answer

    async def delete(self, path: str) -> None:
        """Delete the object at a path; that it is gone already is no mistake."""
        response = await self._sent("DELETE", path)
        if response.status_code != httpx.codes.NOT_FOUND:
            response.raise_for_status()

    async def proxy_settings(self, workload: Workload) -> dict[str, Any]:
        """How the workload's proxy is to be started: `settings`, its ProxyConfig as far as anybody says, and `bootstrap`, which is merged into it."""
        told = {
            "namespace": workload.namespace,
            "labels": ",".join(f"{name}={value}" for name, value in workload.labels),
            "annotation": dict(workload.annotations).get(ANNOTATION, ""),
            "kind": workload.kind,
            "version": ISTIO_VERSION,
        }
        found: dict[str, Any] = (await self._sent("GET", f"/lateen/v1/proxy-settings?{urlencode(told)}")).raise_for_status().json()
        return found

    async def proxies(self) -> list[dict[str, Any]]:
        """The connected proxies and their state."""
        answer = (await self._sent("GET", "/lateen/v1/proxies")).json()
        found: list[dict[str, Any]] = answer["proxies"] if isinstance(answer, dict) else answer
        return found

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()

    async def _sent(self, method: str, path: str, body: Any = None, wait: float = 0.0, content_type: str = "application/json") -> httpx.Response:
        client = await self._connected()
        content = None if body is None else msgspec.json.encode(body)
        return await client.request(method, path, content=content, headers={"Content-Type": content_type}, timeout=_TIMEOUT + wait)

    async def _connected(self) -> httpx.AsyncClient:
        where = self.where()
        if self._client is None or where != self._where:
            await self.close()
            trusted = ssl.create_default_context(cadata=where.roots)
            token = self._home.api_token.read_text().strip()
            headers = {"Authorization": f"Bearer {token}", "X-Lateen-Author": "lateen up"}
            self._client = httpx.AsyncClient(base_url=where.server, verify=trusted, headers=headers, trust_env=False)
            self._where = where
        return self._client


def sentence(finding: Mapping[str, Any]) -> str:
    """A finding in its JSON shape as one line."""
    return ": ".join(part for part in parts(finding) if part)
