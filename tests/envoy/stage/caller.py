"""An app of the stage: it calls, and is called. Sidecars, gateways and the outside are all callers; a sidecar's calls pass its Envoy."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import as_completed
from typing import Any
from urllib.parse import urlsplit

import msgspec

from stage.answers import Answer, Arrival
from stage.company import Actor
from stage.foretold import Oracle

Headers = Mapping[str, str] | Sequence[tuple[str, str]]
Resolve = Callable[[str], str]

ELSEWHERE = "10.200.0.1"
"""Where a name leads that nobody knows: an address outside of every mesh."""

TIMEOUT = 10.0
_TOGETHER = 60.0


class Caller:
    """Calls are made by an app in the namespace, in `http1` unless another manner is named. `address` and `address6` are its own."""

    def __init__(self, actor: Actor, address: str, address6: str, resolve: Resolve) -> None:
        self.actor = actor
        self.address = address
        self.address6 = address6
        self._resolve = resolve
        self.oracle: Oracle | None = None

    # calls

    def get(self, url: str, headers: Headers = (), **more: Any) -> Answer:
        """One HTTP request to a URL; see `request` for what else may be said."""
        return self.request(url, headers=headers, **more)

    def request(self, url: str, **more: Any) -> Answer:
        """One HTTP request. `url` names scheme (with `https`, the app itself speaks TLS), host and port; the host is resolved as an app in the mesh
        would, a name that nobody knows leads to `ELSEWHERE`.

        `method`, `headers` (a `host` among them is sent instead of the URL's), `body`; `manner`: `http1`, `http1.0`, `http2`, `http3`, `grpc`;
        `to`: a caller or an address to connect to instead of resolving; `port`: instead of the URL's; `tls`: see `tls`; `timeout` in seconds;
        `before`: bytes to send in front of everything, such as a PROXY header; `source`: an own address to call from.
        """
        asked = self._asked(url, **more)
        return self._as_foretold(asked, more, [Answer(self.actor.ask("call", asked))])[0]

    def spread(self, count: int, url: str, **more: Any) -> Counter[str]:
        """Where so many calls landed: by address of the echo that answered 200, else by error or status."""
        return Counter(answer.outcome for answer in self.many(count, url, **more))

    def many(self, count: int, url: str, **more: Any) -> list[Answer]:
        """So many calls one after the other, over one connection while it lasts (HTTP/1)."""
        asked = self._asked(url, **more)
        return self._as_foretold(asked, more, [Answer(told) for told in self.actor.ask("spread", asked, count)])

    def together(self, count: int, url: str, first: int = 0, then: Callable[[], object] = lambda: None, **more: Any) -> list[Answer]:
        """So many calls at the same time, each over a connection of its own. When so many as are to be `first` are over, `then` is done."""
        asked = self._asked(url, **more)
        orders = [self.actor.order("call", asked) for _ in range(count)]
        for order in itertools.islice(as_completed(orders, _TOGETHER), first):
            order.result()
        then()
        return self._as_foretold(asked, more, [Answer(order.result(_TOGETHER)) for order in orders])

    def _as_foretold(self, asked: dict[str, Any], more: Mapping[str, Any], answers: list[Answer]) -> list[Answer]:
        """The answers, held against what is foretold of them."""
        if self.oracle is not None:
            to = more.get("to")
            gateway = self.oracle.gateway(to.address) if isinstance(to, Caller) else None
            self.oracle.check(self.oracle.sidecar(self.address), gateway, {"source": self.address, **asked}, answers, looked_up=to is None)
        return answers

    def tcp(self, host: str, port: int, send: str = "hello\n", **more: Any) -> Answer:
        """Connect and send text ("" to wait for the server's greeting); the echo answers a line."""
        return self.request(f"tcp://{host}:{port}", manner="bytes", body=send, **more)

    def tls(self, host: str, port: int, sni: str | None = None, **more: Any) -> Answer:
        """An HTTP request inside TLS that the app speaks itself. `sni` "" for none, None for the host. `alpn` (a list), `certificate` (a PEM file),
        `roots` (a PEM file; nobody is verified without), `version` (`TLSv1_2`) and `ciphers` as for OpenSSL; `send`: plain bytes instead of HTTP;
        `resumes` (with manner `http3`): a name that is called first, whose session this call takes up.
        """
        tls = {key: more.pop(key) for key in ("alpn", "certificate", "roots", "version", "ciphers", "resumes") if key in more}
        if "send" in more:
            more = {**more, "manner": "bytes", "body": more.pop("send")}
        return self.request(f"https://{host}:{port}{more.pop('path', '/')}", tls={"sni": host if sni is None else sni, **tls}, **more)

    def _asked(self, url: str, **more: Any) -> dict[str, Any]:
        parts = urlsplit(url)
        host, is_secure = parts.hostname or "", parts.scheme == "https"
        port = more.pop("port", None) or parts.port or (443 if is_secure else 80)
        to = more.pop("to", None)
        address = to.address if isinstance(to, Caller) else to or self._resolve(host)
        headers = more.pop("headers", ())
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        asked = {"method": "GET", "body": "", "manner": "http1", "timeout": TIMEOUT, "tls": {"sni": host} if is_secure else None, **more}
        pairs = list(headers.items() if isinstance(headers, Mapping) else headers)
        return {**asked, "address": address, "port": port, "path": path, "host": parts.netloc.rpartition("@")[2], "headers": pairs}

    # what its own echo does

    def behave(self, at: str | None = None, **behaviour: Any) -> None:
        """How the echo answers from now on, until the next world. See `Stage.behave`."""
        if self.oracle is not None:
            self.oracle.misbehaves = True
        self.actor.ask("behave", {"at": at, **behaviour})

    def release(self) -> None:
        """Let go of the answers that were held back."""
        self.actor.ask("release")

    def seen(self, count: int = 0, **fields: Any) -> list[Arrival]:
        """What reached the echo in this world and has these fields (`at="10.0.0.1"`, `path="/"`); waits until there are `count` of them."""
        found = self.actor.ask("seen", fields, count, TIMEOUT)
        assert len(found) >= count, f"{len(found)} of {count} arrivals with {fields}: {found}"
        return msgspec.convert(found, list[Arrival])
