"""The control plane under test: `lateen serve` as a process of its own, written to through its API, and what it costs."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

_START: Final = "from lateen.cli.main import main; main()"
_STARTED_WITHIN: Final = 60.0
_KEPT_OPEN: Final = 3.0
_MEGABYTE: Final = 1024
_SCHEDULER_CLOCK: Final = 2


class Failed(Exception):
    """The control plane did not do what it was asked to."""


class Plane:
    """A running control plane. `xds` is where proxies connect in plain text."""

    def __init__(self, home: Path, xds: str) -> None:
        self.home = home
        self.xds = xds
        api = free_port()
        command = ["serve", "--home", str(home), "--xds", f"127.0.0.1:{free_port()}", "--api", f"127.0.0.1:{api}", "--xds-plaintext", xds]
        self._log = (home / "serve.log").open("ab")
        self._process = subprocess.Popen([sys.executable, "-c", _START, *command], stdout=self._log, stderr=self._log, env=compiled())
        self._clock = (~self._process.pid << 3) | _SCHEDULER_CLOCK
        self._server, self._trust = self._connected()
        self._own = threading.local()
        self._token = (home / "api-token").read_text().strip()

    def _connected(self) -> tuple[str, ssl.SSLContext]:
        told = self.home / "connection.json"
        end = time.monotonic() + _STARTED_WITHIN
        while time.monotonic() < end and self._process.poll() is None:
            if told.exists() and (found := msgspec.json.decode(told.read_bytes())).get("pid") == self._process.pid:
                trust = ssl.create_default_context(cadata=found["roots"])
                trust.check_hostname = False
                return found["server"].removeprefix("https://"), trust
            time.sleep(0.01)
        raise Failed(f"The control plane did not start:\n{(self.home / 'serve.log').read_text()[-2000:]}")

    def request(self, method: str, path: str, body: object = None) -> bytes:
        """Ask the API, over a connection of the calling thread's. Raises `Failed` when it refuses."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        own = self._own
        if not hasattr(own, "connection"):
            own.connection, own.used = http.client.HTTPSConnection(self._server, context=self._trust), 0.0
        if time.monotonic() - own.used > _KEPT_OPEN:
            own.connection.close()
        own.connection.request(method, path, msgspec.json.encode(body) if body is not None else None, headers)
        answer = own.connection.getresponse()
        own.used = time.monotonic()
        told: bytes = answer.read()
        if answer.status >= 300:
            raise Failed(f"{method} {path}: {answer.status} {told[:500].decode(errors='replace')}")
        return told

    def apply(self, documents: Iterable[str]) -> int:
        """Apply documents as one revision, as `lateen apply` does. Returns when it began, in nanoseconds of the day's clock."""
        body = {"files": [{"name": "bench.yaml", "text": "---\n".join(documents)}]}
        began = time.time_ns()
        self.request("POST", "/lateen/v1/apply", body)
        return began

    def delete(self, path: str) -> int:
        """Delete an object through Kubernetes' API; `path` is what follows `/apis/`."""
        began = time.time_ns()
        self.request("DELETE", f"/apis/{path}")
        return began

    def settle(self) -> None:
        """Wait until it has been idle for a moment."""
        before = self.cpu()
        while True:
            time.sleep(0.15)
            now = self.cpu()
            if now - before < 0.003:
                return
            before = now

    def cpu(self) -> float:
        """Seconds of processor time so far, user and system, of all threads."""
        return time.clock_gettime(self._clock)

    def memory(self, field: str = "VmRSS") -> float:
        """Megabytes now, or at most so far (`VmHWM`)."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        found = re.search(rf"{field}:\s+(\d+)", status)
        return int(found[1]) / _MEGABYTE if found else 0.0

    def forget_peak(self) -> None:
        """Let the peak of memory begin anew."""
        Path(f"/proc/{self._process.pid}/clear_refs").write_text("5")

    def metric(self, name: str) -> float:
        """One of its metrics."""
        told = self.request("GET", "/metrics").decode()
        found = re.search(rf"^{name} (\S+)$", told, re.MULTILINE)
        return float(found[1]) if found else 0.0

    def sent(self) -> float:
        """Megabytes of responses that it has sent, to all proxies."""
        told = self.request("GET", "/metrics").decode()
        return sum(map(float, re.findall(r"^pilot_xds_config_size_bytes_sum\{.*\} (\S+)$", told, re.MULTILINE))) / 1e6

    def stop(self, signal_number: int = signal.SIGTERM) -> None:
        """End it, and wait."""
        self._process.send_signal(signal_number)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()


@contextmanager
def serving(documents: Iterable[str]) -> Iterator[Plane]:
    """A control plane that holds these documents."""
    home = Path(tempfile.mkdtemp(prefix="lateen-bench-"))
    plane = Plane(home, f"127.0.0.1:{free_port()}")
    try:
        plane.apply(documents)
        plane.settle()
        yield plane
    finally:
        plane.stop()
        shutil.rmtree(home, ignore_errors=True)


def compiled() -> dict[str, str]:
    """The environment with which a process finds our modules compiled, from its second start on, as an installed package is."""
    folder = Path(tempfile.gettempdir()) / f"lateen-bench-bytecode-{os.getuid()}"
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder)}


def free_port() -> int:
    """A port of loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def machine() -> dict[str, Any]:
    """What this was measured on."""
    import platform
    from importlib.metadata import version

    model = next((line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "")
    return {
        "processor": model or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "grpcio": version("grpcio"),
        "protobuf": version("protobuf"),
        "msgspec": version("msgspec"),
        "load": round(os.getloadavg()[0], 2),
        "date": time.strftime("%Y-%m-%d"),
    }
