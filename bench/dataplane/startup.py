"""`lateen up` of the sample shop, as its user runs it: how long until its front page is there, and what the mesh then does when nobody asks anything.

Each start is that of a fresh copy, so that keys and state are made too; only the disk's cache is warm.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec
import psutil

from bench.dataplane.mesh import Trouble
from bench.figures import Figure, of
from lateen.local.forward import free_port
from lateen.local.preflight import run_folder

SHOP: Final = Path(__file__).parents[2] / "samples" / "meshes" / "shop"
REACH: Final = 5.0
PROCESSOR: Final = 1.0
_WITHIN: Final = 60.0
_STEP: Final = 0.01
_CALM: Final = 15.0
_ENDED_WITHIN: Final = 30.0


class Shop:
    """A running copy of the sample. `began` is when it was started."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        mesh = folder / "mesh.yaml"
        mesh.write_text(re.sub(r"\b8080: 80\b", f"{self.port}: 80", mesh.read_text()))
        self.home = folder / ".lateen"
        self.run = run_folder(hashlib.blake2b(str(self.home).encode(), digest_size=4).hexdigest())
        self.output = (folder / "output").open("wb")
        self.began = time.monotonic()
        self.process = subprocess.Popen([sys.executable, "-m", "lateen.cli.main", "up"], cwd=folder, stdout=self.output, stderr=self.output)

    def phases(self) -> dict[str, float]:
        """Seconds until each phase was over, the first page last. Raises `Trouble`."""
        signs: Mapping[str, Callable[[], bool]] = {
            "control plane answers": (self.home / "connection.json").exists,
            "agent started": (self.run / "made.json").exists,
            "first Envoy started": lambda: any(self.run.glob("*/admin.sock")),
            "last Envoy started": lambda: len([*self.run.glob("*/admin.sock")]) == len([*self.run.glob("*.net")]) > 0,
            "first page": self._answers,
        }
        seen: dict[str, float] = {}
        while "first page" not in seen:
            for name, sign in signs.items():
                if name not in seen and (name != "first page" or "first Envoy started" in seen) and sign():
                    seen[name] = time.monotonic() - self.began
            if self.process.poll() is not None or time.monotonic() - self.began > _WITHIN:
                raise Trouble(f"The shop did not answer:\n{Path(self.output.name).read_text()[-3000:]}")
            time.sleep(_STEP)
        return seen

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def pushes(self) -> float:
        """Responses that the control plane has sent."""
        where = msgspec.json.decode((self.home / "connection.json").read_bytes())
        trust = ssl.create_default_context(cadata=where["roots"])
        trust.check_hostname = False
        token = (self.home / "api-token").read_text().strip()
        asked = urllib.request.Request(f"{where['server']}/metrics", headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(asked, context=trust, timeout=10) as answer:
            text = answer.read().decode()
        return sum(float(number) for number in re.findall(r"^pilot_xds_pushes\{.*\} (\S+)$", text, re.MULTILINE))

    def processor(self) -> dict[str, float]:
        """Seconds of processor time so far, by what used it."""
        used: dict[str, float] = {}
        for each in self._tree():
            with contextlib.suppress(psutil.Error):
                times = each.cpu_times()
                kind = _kind(each.cmdline())
                used[kind] = used.get(kind, 0.0) + times.user + times.system
        return used

    def _tree(self) -> list[psutil.Process]:
        top = psutil.Process(self.process.pid)
        return [top, *top.children(recursive=True)]

    def stop(self) -> float:
        """End it as Ctrl-C does; how many seconds that took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(_ENDED_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(_ENDED_WITHIN)
        self.output.close()
        return time.monotonic() - began


_KINDS: Final = {" serve ": "control plane", "agent_process": "agent", "envoy.json": "Envoys", "lateen.cli.main up": "`lateen up` itself"}


def _kind(command: list[str]) -> str:
    words = " ".join(command)
    return next((kind for sign, kind in _KINDS.items() if sign in words), "apps")


@contextlib.contextmanager
def running() -> Iterator[Shop]:
    """A fresh copy of the shop, started."""
    folder = Path(tempfile.mkdtemp(prefix="lateen-shop-"))
    folder.chmod(0o755)
    copied = folder / "shop"
    shutil.copytree(SHOP, copied, ignore=shutil.ignore_patterns(".lateen", "__pycache__"))
    shop = Shop(copied)
    try:
        yield shop
    finally:
        if shop.process.poll() is None:
            shop.stop()
        shutil.rmtree(folder, ignore_errors=True)


def up(repeat: int = 3) -> Iterator[Figure]:
    """Time until the first page, by phases; the first start only warms the cache."""
    phases: dict[str, list[float]] = {}
    ended = []
    for number in range(repeat + 1):
        with running() as shop:
            seen = shop.phases()
            time.sleep(1.0)
            took = shop.stop()
        if number:
            ended.append(took)
            for name, seconds in seen.items():
                phases.setdefault(name, []).append(seconds)
    for name, times in phases.items():
        yield of("lateen up", f"until {name}", times, "s", REACH if name == "first page" else None)
    yield of("lateen up", "Ctrl-C until all is ended", ended, "s")


def idle(minutes: float = 1.0) -> Iterator[Figure]:
    """What is done while nobody asks anything."""
    with running() as shop:
        shop.phases()
        time.sleep(_CALM)
        pushes, before = shop.pushes(), shop.processor()
        began = time.monotonic()
        time.sleep(minutes * 60)
        after, seconds = shop.processor(), time.monotonic() - began
        sent = shop.pushes() - pushes
    row = f"idle for {minutes:g} min"
    yield Figure(row, "pushes", sent, "", 0)
    share = {kind: (used - before.get(kind, 0.0)) / seconds * 100 for kind, used in after.items()}
    yield Figure(row, "control plane", share.pop("control plane"), "% of a core", PROCESSOR)
    for kind, percent in sorted(share.items()):
        yield Figure(row, kind, percent, "% of a core")
