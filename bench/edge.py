"""A real Envoy as the gateway of a measured mesh, on loopback, told everything by the control plane; the server behind it, and requests through it.

The bootstrap says what an agent's would, but that Envoy asks the control plane itself, in plain text.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from bench.plane import Failed, free_port
from lateen.agent import envoy_binary

NAMESPACE: Final = "istio-system"
LABELS: Final = {"istio": "ingressgateway"}
LOOPBACK: Final = "127.0.0.1"
APART: Final = {"virtualHosts": True}
"""What an agent says that takes virtual hosts one by one."""
WHOLE: Final[Mapping[str, bool]] = {}
"""What other clients say."""

_ADS: Final = {"ads": {}, "resource_api_version": "V3"}
_HTTP2: Final = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
_ANSWERED_WITHIN: Final = 60.0
_STOPPED_WITHIN: Final = 10.0
_ONCE_IN: Final = 0.003
_PATIENCE: Final = 5.0


class Edge:
    """The gateway's Envoy. It listens where the mesh's Gateway says, at `port`."""

    def __init__(self, xds: str, port: int, capabilities: Mapping[str, bool], folder: Path) -> None:
        self.port = port
        self._admin = str(folder / "admin.sock")
        secrets = str(folder / "secrets.sock")
        self._log = (folder / "envoy.log").open("wb")
        config = folder / "envoy.json"
        config.write_text(json.dumps(bootstrap(xds, capabilities, self._admin, secrets)))
        self._secrets = subprocess.Popen([sys.executable, "-m", "bench.secrets", secrets])
        words = ["-c", str(config), "--use-dynamic-base-id", "--concurrency", "1", "--drain-time-s", "2", "-l", "warning"]
        self.process = subprocess.Popen([str(envoy_binary.find().path), *words], stdout=self._log, stderr=self._log)

    def statistic(self, pattern: str) -> int:
        """The sum of its statistics whose names match."""
        with httpx.Client(transport=httpx.HTTPTransport(uds=self._admin), base_url="http://envoy", timeout=30) as client:
            told = client.get("/stats", params={"filter": pattern}).text
        return sum(int(number) for number in re.findall(r": (\d+)$", told, re.MULTILINE))

    def cpu(self) -> float:
        """Seconds of processor time so far."""
        used = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return sum(map(int, used)) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        try:
            self.process.wait(_STOPPED_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._secrets.kill()
        self._secrets.wait()
        self._log.close()


@contextmanager
def gateway(xds: str, port: int, capabilities: Mapping[str, bool] = APART) -> Iterator[Edge]:
    """A gateway's Envoy for as long as the block runs."""
    folder = Path(tempfile.mkdtemp(prefix="lateen-bench-edge-"))
    edge = Edge(xds, port, capabilities, folder)
    try:
        yield edge
    finally:
        edge.stop()
        shutil.rmtree(folder, ignore_errors=True)


def bootstrap(xds: str, capabilities: Mapping[str, bool], admin: str, secrets: str) -> dict[str, Any]:
    """Its bootstrap: delta ADS from the control plane, certificates and administration at Unix sockets, statistics made when first counted."""
    host, _, port = xds.rpartition(":")
    asking = {"api_type": "DELTA_GRPC", "transport_api_version": "V3", "grpc_services": [{"envoy_grpc": {"cluster_name": "xds"}}]}
    metadata = {"NAMESPACE": NAMESPACE, "LABELS": LABELS, "INSTANCE_IPS": LOOPBACK, "LATEEN": dict(capabilities)}
    control = _cluster("xds", {"socket_address": {"address": host, "port_value": int(port)}})
    return {
        "node": {"id": f"router~{LOOPBACK}~edge.{NAMESPACE}~{NAMESPACE}.svc.cluster.local", "cluster": "edge", "metadata": metadata},
        "admin": {"address": {"pipe": {"path": admin}}},
        "dynamic_resources": {"ads_config": asking, "cds_config": _ADS, "lds_config": _ADS},
        "static_resources": {"clusters": [control, _cluster("sds-grpc", {"pipe": {"path": secrets}})]},
        "deferred_stat_options": {"enable_deferred_creation_stats": True},
    }


def _cluster(name: str, address: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "type": "STATIC",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}]},
        "typed_extension_protocol_options": {
            _HTTP2: {"@type": f"type.googleapis.com/{_HTTP2}", "explicit_http_config": {"http2_protocol_options": {}}},
        },
    }


@contextmanager
def server(delay: float = 0.0) -> Iterator[int]:
    """A server that answers every GET with 1 kB after so many seconds, on all addresses of loopback; its port."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.dataplane.origin", str(port), str(delay)])
    try:
        yield port
    finally:
        process.kill()
        process.wait()


class Asking:
    """Requests through a gateway, one after the other, over one connection."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection: socket.socket | None = None

    def ask(self, host: str) -> tuple[int, str]:
        """Status and the head of the answer; 0 when there is none."""
        try:
            if self._connection is None:
                self._connection = socket.create_connection((LOOPBACK, self._port), _PATIENCE)
                self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connection.sendall(f"GET / HTTP/1.1\r\nhost: {host}\r\n\r\n".encode())
            head = _head(self._connection)
        except OSError:
            self.close()
            return 0, ""
        if "connection: close" in head:
            self.close()
        return int(head[9:12]), head

    def until(self, host: str, word: str, within: float = _PATIENCE) -> float:
        """When the first answer came that is good and has the word in its head, as `time.time_ns` tells; infinity when none came in time."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            status, head = self.ask(host)
            if status == httpx.codes.OK and word in head:
                return float(time.time_ns())
            time.sleep(_ONCE_IN)
        return float("inf")

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _head(connection: socket.socket) -> str:
    received = b""
    while True:
        more = connection.recv(1 << 16)
        if not more:
            raise OSError("ended")
        received += more
        head, found, body = received.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head)
        if found and len(body) >= (int(length[1]) if length else 0):
            return head.decode()


def answering(edge: Edge, hosts: Iterable[str]) -> None:
    """Wait until each of the hosts is answered for. Raises `Failed`."""
    asking = Asking(edge.port)
    for host in hosts:
        if asking.until(host, "", _ANSWERED_WITHIN) == float("inf"):
            raise Failed(f"The gateway did not answer for {host}: {asking.ask(host)}")
    asking.close()


class Traffic:
    """Requests at a rate that go on beside what is measured: until `ended`, which tells what came of them."""

    def __init__(self, port: int, hosts: Sequence[str], rate: float) -> None:
        words = ["-m", "bench.dataplane.load", LOOPBACK, str(port), "--rate", str(rate), "--warm", "0", "--seconds", "0"]
        words += [word for host in hosts for word in ("--name", host)]
        self._process = subprocess.Popen([sys.executable, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ended(self) -> dict[str, Any]:
        """Stop; what `bench.dataplane.load` tells."""
        out, _ = self._process.communicate(timeout=60)
        told: dict[str, Any] = json.loads(out)
        return told

    def stop(self) -> None:
        """Stop, whatever came of it."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


@contextmanager
def traffic(edge: Edge, hosts: Sequence[str], rate: float) -> Iterator[Traffic]:
    """Requests for these hosts in turn through the gateway."""
    running = Traffic(edge.port, hosts, rate)
    try:
        yield running
    finally:
        running.stop()
