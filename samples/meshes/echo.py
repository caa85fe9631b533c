"""The app of these samples: says which service, version and replica answered and who called, and calls others when asked to.

    GET /                       this app
    GET /call?url=http://b/x    what this app gets from there

Nothing here knows of a mesh.
"""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

ADDRESS = os.environ.get("LATEEN_ADDRESS", "")
PORT = int(os.environ.get("PORT", "8000"))
SELF = {"service": os.environ.get("SERVICE", ""), "version": os.environ.get("VERSION", ""), "replica": os.environ.get("REPLICA", "")}


def called(url: str) -> dict[str, Any]:
    """What comes of a GET: `status`, and `answer` where it was JSON."""
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            status, text = response.status, response.read()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read()
    except OSError as error:
        return {"status": 0, "error": str(error)}
    try:
        return {"status": status, "answer": json.loads(text)}
    except ValueError:
        return {"status": status, "text": text.decode(errors="replace")}


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        url = parse_qs(urlsplit(self.path).query).get("url")
        body = called(url[0]) if url else {**SELF, "path": self.path, "headers": headers}
        raw = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        """Say nothing for each request."""


print(f"{SELF['service']} listens on {PORT}", flush=True)
ThreadingHTTPServer((ADDRESS, PORT), Handler).serve_forever()
