"""The program that the stage runs once in each network namespace: an echo for what arrives there, a caller, and a resolver.

It takes orders from its standard input, a line of JSON each with an `id`, and answers on its standard output, in any order. It ends with its input.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dnslib

from stage import calling
from stage.arrivals import Arrivals, Json
from stage.certificates import Certificates
from stage.echo import Echo

RESOLVER = ("127.0.0.1", 15054)
_REFUSED = ("inet", "stage", "refused")


class Actor:
    """Carries out orders."""

    def __init__(self, folder: Path) -> None:
        self._arrivals = Arrivals()
        self._certificates = Certificates(folder)
        self._echo = Echo(self._arrivals, self._certificates)
        self._names: dict[str, list[str]] = {}
        self._refuses = False
        self._writing = threading.Lock()
        self._orders: dict[str, Callable[..., Any]] = {
            "behave": self._behave,
            "call": calling.call,
            "forget": self._forget,
            "identify": self._certificates.identify,
            "names": self._know,
            "release": self._arrivals.release,
            "seen": self._arrivals.seen,
            "spread": calling.spread,
        }

    def run(self) -> None:
        self._echo.start()
        threading.Thread(target=self._resolve, daemon=True).start()
        self._say({"id": 0})
        for line in sys.stdin:
            threading.Thread(target=self._obey, args=(json.loads(line),), daemon=True).start()

    def _behave(self, behaviour: Json) -> None:
        if behaviour.get("refuse"):
            self._refuse(behaviour.get("at"), behaviour.get("port"))
        else:
            self._arrivals.behave(behaviour)

    def _refuse(self, at: str | None, port: int | None) -> None:
        """From now on nobody listens there, as far as the kernel is concerned, and what is open ends."""
        self._refuses = True
        subprocess.run(["nft", "add", "element", *_REFUSED, f"{{ {at or '0.0.0.0/0'} . {port or '0-65535'} }}"], check=True)
        self._echo.cut(at, port)

    def _forget(self) -> None:
        if self._refuses:
            subprocess.run(["nft", "flush", "set", *_REFUSED], check=True)
            self._refuses = False
        self._arrivals.forget()
        self._certificates.forget()

    def _know(self, names: dict[str, list[str]]) -> None:
        self._names = names

    def _obey(self, order: Json) -> None:
        try:
            self._say({"id": order["id"], "answer": self._orders[order["order"]](*order["arguments"])})
        except Exception as bug:
            self._say({"id": order["id"], "bug": f"{type(bug).__name__}: {bug}"})

    def _say(self, answer: Json) -> None:
        with self._writing:
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()

    def _resolve(self) -> None:
        """Answer what Envoy asks its resolver; names that nobody gave do not exist."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listener.bind(RESOLVER)
        while True:
            raw, asker = listener.recvfrom(4096)
            question = dnslib.DNSRecord.parse(raw)
            addresses = self._names.get(str(question.q.qname).rstrip("."))
            reply = question.reply()
            for address in addresses or ():
                kind = "AAAA" if ":" in address else "A"
                if dnslib.QTYPE[question.q.qtype] == kind:
                    reply.add_answer(*dnslib.RR.fromZone(f"{question.q.qname} 60 {kind} {address}"))
            if addresses is None:
                reply.header.rcode = dnslib.RCODE.NXDOMAIN
            listener.sendto(reply.pack(), asker)


if __name__ == "__main__":
    Actor(Path(sys.argv[1])).run()
