"""The demo, run as a user runs it: every step behaves, and without a terminal it ends by itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SHOP = Path(__file__).parents[2] / "samples" / "meshes" / "shop"
SECONDS = 240

pytestmark = [pytest.mark.envoy, pytest.mark.root, pytest.mark.slow]


@pytest.mark.skipif(os.geteuid() != 0 and not os.environ.get("CI"), reason="network namespaces need root")
@pytest.mark.parametrize("capture", ["transparent", "explicit"])
def test_every_step_of_the_demo_behaves(capture: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lateen.cli.main", "demo", "--capture", capture, str(SHOP)]
    done = subprocess.run(command, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("✓") == 6
