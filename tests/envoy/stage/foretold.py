"""What `lateen.explain` foretells of the calls that are made on the stage, held against what becomes of them.

Each call of a sidecar's app, and each from outside to a gateway, is explained in the world in which it was made. Where an echo answered, it must be
at an endpoint that was foretold, with the path and the Host that were; where none did, a proxy's answer or a closed connection must have been.
`Tally` counts what was compared, and what was not and why, so that nobody takes silence for agreement.
"""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from lateen.explain.call import Call, Protocol, Wire
from lateen.explain.onward import explained
from lateen.explain.route import OWN_PORTS
from lateen.explain.step import Outcome
from lateen.explain.way import Found, Reached, Sent, Way
from lateen.flow import Graph
from lateen.ir.view import ProxyKind, View
from stage.answers import Answer

PROTOCOLS = {"http1": Protocol.HTTP, "http2": Protocol.HTTP2, "grpc": Protocol.GRPC, "bytes": Protocol.TCP}
SERVED = ("10.", "240.240.", "fd")
GREETING = (25, 3306)
"""Where echoes speak first, which is no HTTP."""
UNREACHABLE = ("10.254.", "10.255.")
"""Where packets vanish, and where connections are refused."""
PATIENCE = 10.0
"""Seconds that callers wait where a test says nothing else."""
FAILED = (502, 503, 504)
GRPC_OF_STATUS = {400: 13, 401: 16, 403: 7, 404: 12, 429: 14, 502: 14, 503: 14, 504: 14}
OFF = "STAGE_UNEXPLAINED"
"""With this variable set only the calls of tests that ask for it are explained."""


class Mismatch(AssertionError):
    """A call went otherwise than it was foretold."""


class Tally:
    """How many calls went as foretold, and how many nothing was said of, by reason."""

    def __init__(self) -> None:
        self.compared: Counter[str] = Counter()
        self.declined: Counter[str] = Counter()

    def __bool__(self) -> bool:
        return bool(self.compared or self.declined)

    def __str__(self) -> str:
        said = ", ".join(f"{reason}: {count}" for reason, count in self.declined.most_common())
        kinds = ", ".join(f"{kind}: {count}" for kind, count in self.compared.most_common())
        return f"explained and compared: {self.compared.total()} calls ({kinds}); declined: {self.declined.total()} ({said})"


class Oracle:
    """Foretells calls. `ask` reads the graph; `proxies` are those of the stage by address; `names` are what Envoy's resolver knows."""

    def __init__(self, ask: Callable[[Callable[[Graph], Way]], Way], proxies: Callable[[], Mapping[str, View]], elsewhere: str) -> None:
        self.tally = Tally()
        self._proxies = proxies
        self.names: Mapping[str, list[str]] = {}
        self.misbehaves = False
        self.is_on = not os.environ.get(OFF)
        self._ask = ask
        self._elsewhere = elsewhere

    def sidecar(self, address: str) -> View | None:
        """The sidecar at that address."""
        found = self._proxies().get(address)
        return found if found is not None and found.kind is ProxyKind.SIDECAR else None

    def gateway(self, address: str) -> View | None:
        """The gateway at that address."""
        found = self._proxies().get(address)
        return found if found is not None and found.kind is ProxyKind.GATEWAY else None

    def check(self, caller: View | None, gateway: View | None, asked: Mapping[str, Any], answers: Iterable[Answer], *, looked_up: bool) -> None:
        """Hold the answers to a call against what is foretold of it. Raises `Mismatch`."""
        if not self.is_on or (caller is None and gateway is None):
            return
        found = list(answers)
        reason = _undescribed(asked)
        way = None if reason else self._ask(lambda g: explained(g, _call(caller, gateway, asked, looked_up=looked_up), gateway, self._proxies()))
        if way is not None and not way.certain:
            reason = next(step.said for step in way.every_step if step.outcome is Outcome.UNKNOWN)
        if way is None or reason:
            self.tally.declined[reason] += len(found)
            return
        for answer in found:
            self._compare(way, asked, answer)

    def _compare(self, way: Way, asked: Mapping[str, Any], answer: Answer) -> None:
        fates = list(self._fates(way, asked))
        if any(fate.fits(answer, asked["manner"]) for fate in fates):
            self.tally.compared["answered by an endpoint" if answer.echo else "answered by a proxy" if answer.status else "no answer"] += 1
        elif answer.error == "timeout" and asked["timeout"] < PATIENCE:
            self.tally.declined["the caller did not wait long enough"] += 1
        elif self.misbehaves:
            self.tally.declined["an endpoint was told to misbehave"] += 1
        else:
            told = "\n".join(f"  {step.stage:<13} {step.outcome:<9} {step.said} [{step.ref or ''} {step.path}]" for step in way.every_step)
            raise Mismatch(f"{asked}\nwas answered {answer!r} {answer.echo}\nforetold was one of {fates}\n{told}")

    def _fates(self, way: Way, asked: Mapping[str, Any]) -> Iterator[Fate]:
        """Everything that may become of a call."""
        if way.refused:
            yield Fate(closed=True)
        yield from (Fate(status=each.status, location=each.location, grpc_status=each.grpc_status) for each in way.answers if each.part)
        if way.timeout:
            yield Fate(status=504)
        for sent in way.sent:
            if not sent.mirrored and sent.part:
                yield from self._of_destination(sent, asked)

    def _of_destination(self, sent: Sent, asked: Mapping[str, Any]) -> Iterator[Fate]:
        if not sent.endpoints:
            yield Fate(status=503, closed=True)
        for each in sent.endpoints:
            if each.onward is not None:
                yield from self._fates(each.onward, asked)
            elif each.decision is not None and not each.decision.allowed:
                yield Fate(status=each.decision.status or 503, closed=not each.decision.status or not _is_http(asked))
            else:
                yield from (Fate(at=at, port=each.port, call=each.call) for at in self._addresses(each))
                if each.wire is Wire.TLS:
                    yield Fate(status=503, closed=True)  # What certificate it shows nobody knows here.
                if each.port in GREETING or any(not _is_served(at) for at in self._addresses(each)):
                    yield from (Fate(status=status, closed=True) for status in FAILED)

    def _addresses(self, each: Reached) -> list[str]:
        if each.found is Found.DIALLED:
            return [each.address or self._elsewhere]
        if each.found is Found.RESOLVED and each.address in self.names:
            return list(self.names[each.address])
        return [each.address]


class Fate(NamedTuple):
    """One thing that may become of a call."""

    at: str = ""
    port: int = 0
    call: Call | None = None
    status: int = 0
    location: str = ""
    grpc_status: int | None = None
    closed: bool = False

    def __repr__(self) -> str:
        if self.at:
            return f"at {self.at}:{self.port} {self.call.path if self.call else ''} {self.call.host_header if self.call else ''}"
        return " or ".join([*([f"{self.status} {self.location}".strip()] if self.status else []), *(["closed"] if self.closed else [])])

    def fits(self, answer: Answer, manner: str) -> bool:
        """Whether that is what became of it."""
        echo = answer.echo
        if echo is not None:
            same = (echo.at, echo.port) == (self.at, self.port or echo.port)
            if manner == "bytes" or not echo.method or self.call is None or not self.call.protocol.is_http:
                return same
            return same and (echo.path, echo.host) == (self.call.path, self.call.host_header)
        if answer.error:
            return self.closed and (answer.error in ("refused", "reset", "closed", "timeout") or answer.error.startswith("tls"))
        if manner == "grpc":
            wanted = GRPC_OF_STATUS.get(self.status, 2) if self.grpc_status is None else self.grpc_status
            return bool(self.status) and answer.grpc_status == wanted
        return bool(answer.status == self.status) and (not self.location or answer.header("location") == self.location)


def _is_served(address: str) -> bool:
    """Whether an echo is there; names that nobody resolves lead nowhere."""
    return address.startswith(SERVED) and not address.startswith(UNREACHABLE)


def _is_http(asked: Mapping[str, Any]) -> bool:
    return bool(asked["manner"] != "bytes")


def _undescribed(asked: Mapping[str, Any]) -> str:
    """Why a call is not one that `Call` describes; empty when it is."""
    if asked["manner"] not in PROTOCOLS:
        return f"manner {asked['manner']}"
    if asked.get("before"):
        return "begins with bytes of its own"
    if asked["address"].startswith("127.") or asked["port"] in OWN_PORTS:
        return "to its own proxy"
    if asked["port"] in GREETING and asked["manner"] != "bytes":
        return "HTTP where echoes speak first"
    if not _is_served(asked["address"]):
        return "to an address that is not captured"
    if asked["method"] in ("HEAD", "CONNECT"):
        return f"method {asked['method']}"
    if any("grpc-web" in value for _, value in asked["headers"]):
        return "gRPC-Web"
    if asked["tls"] is not None and asked["tls"].keys() - {"sni", "alpn"}:
        return "TLS of a special kind"
    if any(name.lower().startswith("x-envoy-") or name.lower() in ("upgrade", "cookie", "x-forwarded-proto") for name, _ in asked["headers"]):
        return "headers that steer the proxy"
    if not all(re.fullmatch(r"[\w-]+", name) for name, _ in asked["headers"]):
        return "headers that a proxy may refuse"
    return ""


def _call(caller: View | None, gateway: View | None, asked: Mapping[str, Any], *, looked_up: bool) -> Call:
    headers = tuple((name.lower(), value) for name, value in asked["headers"])
    authority = next((value for name, value in headers if name == "host"), asked["host"])
    host = asked["host"].rpartition(":")[0] if asked["host"].rpartition(":")[2].isdecimal() and ":" in asked["host"] else asked["host"]
    tls = asked["tls"]
    at_proxy = gateway is not None
    return Call(
        host=host.strip("[]"),
        port=asked["port"],
        client=caller,
        address="" if looked_up else asked["address"],
        protocol=PROTOCOLS[asked["manner"]] if tls is None or at_proxy else Protocol.TLS,
        method=asked["method"] if asked["manner"] != "grpc" else "POST",
        path=asked["path"],
        headers=tuple(pair for pair in headers if pair[0] != "host"),
        authority=authority,
        wire=Wire.TLS if tls is not None and at_proxy else Wire.PLAIN,
        sni=(tls or {}).get("sni") or "",
        alpn=tuple((tls or {}).get("alpn") or ()),
        source=asked.get("source", ""),
        now=int(time.time()),
    )
