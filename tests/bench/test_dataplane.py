"""The programs of the data plane's figures: the generator counts what it should, and the Envoys that ours are held against are well-formed."""

import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.dataplane import pair
from bench.dataplane.load import percentile, told
from lateen.agent import find

ROOT = Path(__file__).parents[2]


@contextmanager
def origin() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "bench.dataplane.origin", str(port)], cwd=ROOT)
    try:
        while process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5):
                break
        yield port
    finally:
        process.kill()
        process.wait()


def test_each_request_of_the_rate_is_answered_once_and_counted_once() -> None:
    with origin() as port:
        found = told(("127.0.0.1", port), ["localhost"], 200.0, 0.05, 0.5)
    assert (len(found["microseconds"]), found["failures"]) == (100, {})


def test_requests_that_nobody_answers_are_failures() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    found = told(("127.0.0.1", port), ["localhost"], 200.0, 0.0, 0.1)
    assert (found["microseconds"], found["failures"]) == ([], {"ConnectionRefusedError": 20})


def test_a_percentile_is_one_of_the_values() -> None:
    assert [percentile(range(1, 101), part) for part in (0.5, 0.99, 1.0)] == [51, 100, 100]


@pytest.mark.envoy
@pytest.mark.parametrize("side", [0, 1])
def test_the_pair_set_up_by_hand_is_taken_by_envoy(side: int, tmp_path: Path) -> None:
    file = tmp_path / "envoy.json"
    file.write_text(json.dumps(pair.configurations("192.0.2.1", 8080)[side]))
    done = subprocess.run([str(find("").path), "--mode", "validate", "-c", str(file)], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr[-500:]
