"""The demo, run as a user runs it: every step behaves, and without a terminal it ends by itself."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import lateen

SHOP = Path(__file__).parents[2] / "samples" / "meshes" / "shop"
SECONDS = 600
PYTHON_FOR_ALL = shutil.which(f"python3.{sys.version_info.minor}", path="/usr/bin:/usr/local/bin")
UNBUFFERED = os.environ | {"PYTHONUNBUFFERED": "1"}

pytestmark = [pytest.mark.envoy, pytest.mark.root, pytest.mark.slow]


@pytest.mark.skipif(os.geteuid() != 0 and not os.environ.get("CI"), reason="network namespaces need root")
@pytest.mark.parametrize("capture", ["transparent", "explicit"])
def test_every_step_of_the_demo_behaves(capture: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lateen.cli.main", "demo", "--capture", capture, str(SHOP)]
    done = subprocess.run(command, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("✓") == 6


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")
@pytest.mark.skipif(PYTHON_FOR_ALL is None, reason="no Python of this version that every user may run")
def test_without_root_the_demo_shows_the_same(tmp_path: Path) -> None:
    shop = Path(tempfile.mkdtemp(prefix="ltdemo")) / "shop"  # A folder of pytest's is its user's alone.
    shutil.copytree(SHOP, shop)
    shop.parent.chmod(0o755)
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", str(PYTHON_FOR_ALL), "-m", "lateen.cli.main", "demo", str(shop)]
    environment = os.environ | {"PYTHONPATH": ":".join((str(Path(lateen.__file__).parents[1]), *sys.path)), "HOME": str(shop)}
    try:
        done = subprocess.run(
            command, cwd=shop, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    finally:
        shutil.rmtree(shop.parent)
    assert "in a user namespace" in done.stdout, done.stdout + done.stderr
    assert done.stdout.count("✓") == 6, done.stdout + done.stderr
    assert done.returncode == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")
def test_a_demo_that_is_interrupted_says_so_by_its_code_and_leaves_nothing_of_itself_nor_of_one_that_was_killed() -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    former = Path(tempfile.mkdtemp(prefix=f"lateen-demo-{ended.pid}-"))
    demo = subprocess.Popen([sys.executable, "-m", "lateen.cli.main", "demo", str(SHOP)], stdout=subprocess.PIPE, text=True, env=UNBUFFERED)
    assert demo.stdout is not None
    assert demo.stdout.readline().startswith("Starting the shop")
    demo.send_signal(signal.SIGINT)
    assert demo.wait(SECONDS) == 130
    assert not former.exists()
    assert not list(former.parent.glob(f"lateen-demo-{demo.pid}-*"))
