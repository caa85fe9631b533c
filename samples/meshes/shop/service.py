"""What the HTTP services of the shop share: a server of JSON answers, and calls to each other by name. Nothing here knows of a mesh."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ADDRESS = os.environ.get("LATEEN_ADDRESS", "")
PORT = int(os.environ.get("PORT", "8000"))
NAME = f"{os.environ.get('SERVICE', 'service')}-{os.environ.get('VERSION', 'v1')}-{os.environ.get('REPLICA', '0')}"

Answer = tuple[int, dict[str, Any]]


def call(host: str, path: str, headers: dict[str, str] | None = None, timeout: float = 5.0) -> Any:
    """GET a path of another service; raises OSError when it does not answer with a success."""
    request = urllib.request.Request(f"http://{host}{path}", headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        raise OSError(f"{host} answered {error.code}: {error.read().decode()}") from error


def serve(answer: Callable[[str, dict[str, str]], Answer]) -> None:
    """Answer GET requests for ever: the path and the headers go in, a status and a JSON body come out."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                status, body = (200, {"ok": True}) if self.path == "/healthz" else answer(self.path, headers)
            except OSError as error:
                status, body = 502, {"error": str(error), "by": NAME}
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            """Say nothing for each request."""

    print(f"{NAME} listens on {PORT}", flush=True)
    ThreadingHTTPServer((ADDRESS, PORT), Handler).serve_forever()
