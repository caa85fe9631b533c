"""Bytes that once broke something break it no more, and a fuzzer finds none in the first seconds that would. `make fuzz` runs it for longer."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS

HERE = Path(__file__).parent
KEPT = sorted(path for path in (HERE / "corpus").glob("*/*") if path.is_file())
SECONDS = 10


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_once_broke_something_does_so_no_more(path: Path) -> None:
    TARGETS[path.parent.name](path.read_bytes())


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed: pip install 'lateen[fuzz]'")
@pytest.mark.parametrize("target", TARGETS)
def test_a_few_seconds_of_fuzzing_find_nothing(target: str, tmp_path: Path) -> None:
    root = HERE.parents[1]
    command = [sys.executable, "-m", "tests.fuzz", target, str(SECONDS), str(tmp_path)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, errors="replace", timeout=180, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
