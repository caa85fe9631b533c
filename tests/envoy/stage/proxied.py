"""A caller with an Envoy beside it (a sidecar), or that is one (a gateway): started as the product's agent does, in a namespace of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from lateen.agent import bootstrap, envoy_binary
from lateen.agent.admin import numbers
from lateen.agent.workload import Workload
from lateen.telemetry.istio_labels import peer_word
from stage import network
from stage.answers import Answer
from stage.caller import Caller, Resolve
from stage.company import Actor
from stage.control import WITHIN, Control

_WARMING = r"^(cluster_manager\.warming_clusters|listener_manager\.total_listeners_warming|server\.state|listener_manager\.workers_started)$"
_STARTED = {"server.state": 0, "listener_manager.workers_started": 1}
_NOTHING_WARMING = {"cluster_manager.warming_clusters": 0, "listener_manager.total_listeners_warming": 0}


class Proxied(Caller):
    """One Envoy and its app. `node` is the id under which the control plane knows it."""

    def __init__(self, actor: Actor, workload: Workload, address6: str, resolve: Resolve, folder: Path) -> None:
        super().__init__(actor, workload.address, address6, resolve)
        self.workload = workload
        self.node = bootstrap.node_id(workload, bootstrap.Mesh())
        self._folder = folder
        self._envoy: subprocess.Popen[bytes] | None = None
        self._secrets: Any = None

    def start(self, control: Control, metadata: Mapping[str, Any]) -> None:
        """Start Envoy."""
        paths = bootstrap.Sockets(str(control.xds), *(str(self._folder / name) for name in ("sds", "agent", "admin")))
        identity = f"{self.workload.namespace}/{self.workload.service_account}"
        config = bootstrap.bootstrap(self.workload, bootstrap.Mesh(), paths, bootstrap.Options(mark=True, on_demand=False))
        config["node"]["metadata"] |= metadata
        self._secrets = control.serve_secrets(Path(paths.sds), identity, peer_word(config["node"]["metadata"]))
        file = self._folder / "envoy.json"
        file.write_bytes(msgspec.json.encode(config))
        arguments = bootstrap.arguments(str(file), self.workload, os.environ.get("STAGE_LOG", "warning"))
        arguments += ("--file-flush-interval-msec", "10")
        command = [*network.entering(self.actor.pid), "setpriv", "--pdeathsig", "KILL", str(envoy_binary.find().path), *arguments]
        environment = {"PATH": os.environ.get("PATH", "")}
        with self.log_file.open("wb") as log:
            self._envoy = subprocess.Popen(command, stdout=log, stderr=log, env=environment)

    def close(self, control: Control) -> None:
        """End Envoy and the app."""
        if self._envoy is not None:
            self._envoy.kill()
            self._envoy.wait()
        if self._secrets is not None:
            control.stop(self._secrets)
        self.actor.close()

    @property
    def log_file(self) -> Path:
        return self._folder / "envoy.log"

    @property
    def log(self) -> str:
        """What Envoy wrote, access log and all."""
        return self.log_file.read_text(errors="replace")

    def logged(self, pattern: str) -> list[str]:
        """The lines that Envoy wrote in which a regular expression is found, once there is one; none after some seconds. Fit for access logs."""
        end = time.monotonic() + WITHIN
        while not (found := [line for line in self.log.splitlines() if re.search(pattern, line)]) and time.monotonic() < end:
            time.sleep(0.01)
        return found

    @property
    def is_running(self) -> bool:
        return self._envoy is not None and self._envoy.poll() is None

    # Envoy's admin interface, asked over a listener of Envoy's one worker

    def admin(self, path: str, method: str = "GET") -> str:
        """An answer of Envoy's admin interface. It comes by way of Envoy's worker thread, so that what the main thread told the worker before it
        answered, the worker has heard."""
        answer = self._admin(path, method)
        assert answer.status == 200, f"{path}: {answer!r}"
        return answer.body

    def _admin(self, path: str, method: str = "GET") -> Answer:
        asked = self._asked(f"http://127.0.0.1:15000{path}", to="127.0.0.1", method=method)
        return Answer(self.actor.ask("call", asked))

    def caught_up(self) -> None:
        """Return when Envoy's main thread has acted on what the worker saw in the calls before, such as errors that lead to an ejection, and the
        worker has heard what came of it."""
        self.admin("/ready")

    def in_peace(self, count: int, url: str) -> Counter[str]:
        """Where so many calls landed, each made when Envoy has drawn its conclusions from the one before."""
        found: Counter[str] = Counter()
        for _ in range(count):
            found[self.get(url).outcome] += 1
            self.caught_up()
        return found

    def stats(self, pattern: str) -> dict[str, int]:
        """Envoy's counters and gauges whose names a regular expression finds."""
        return numbers(self.admin(f"/stats?filter={pattern}"))

    def config(self, resource: str = "") -> Any:
        """Envoy's own dump of its configuration, or of one part, such as `dynamic_listeners`."""
        return json.loads(self.admin(f"/config_dump{f'?resource={resource}' if resource else ''}"))

    def clusters(self) -> set[str]:
        """The names of its clusters."""
        return set(re.findall(r"^(.+?)::observability_name", self.admin("/clusters"), re.MULTILINE))

    def endpoints(self, cluster: str, what: str = "rq_total") -> dict[str, int]:
        """What Envoy counts for each endpoint (`address:port`) of a cluster, over all worlds: `rq_total` (requests begun), `rq_active`, …"""
        found = re.findall(rf"^{re.escape(cluster)}::([^:]+:\d+)::{what}::(\d+)$", self.admin("/clusters"), re.MULTILINE)
        return {address: int(count) for address, count in found}

    def obstacle(self) -> str:
        """What its Envoy has yet to do before it has applied what it was told; "" when nothing."""
        answer = self._admin(f"/stats?filter={_WARMING}")
        found = numbers(answer.body) if answer.status == 200 else {}
        lacking = {name: found.get(name) for name, wanted in (_STARTED | _NOTHING_WARMING).items() if found.get(name) != wanted}
        return f"{self.node}: {lacking or ''}" if lacking else ""
