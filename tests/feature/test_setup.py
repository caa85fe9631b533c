"""`tools/setup`, on which `make demo` and `make test` stand: it goes on from what an interrupted run left, and says what it cannot work with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "tiny"
version = "1"

[tool.setuptools]
py-modules = []
"""


def run(folder: Path, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHON": python, "VENV": "venv"}
    return subprocess.run(["bash", str(ROOT / "tools" / "setup")], cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_an_environment_that_was_interrupted_before_it_had_pip_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "requirements.lock").write_text("")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    done = run(tmp_path)
    assert done.stdout == "Making venv with all that Lateen needs, once. This takes a minute.\n", done.stderr
    assert subprocess.run([str(tmp_path / "venv" / "bin" / "python"), "-m", "pip", "show", "-q", "pip"], check=False).returncode == 0


def test_a_python_that_is_too_old_is_named_with_what_to_do(tmp_path: Path) -> None:
    old = tmp_path / "python3.10"
    old.write_text("#!/bin/sh\necho 3.10\n")
    old.chmod(0o755)
    done = run(tmp_path, str(old))
    assert done.returncode == 1
    assert done.stderr == f"{old} is Python 3.10. Lateen needs 3.11 or newer; name one: make PYTHON=python3.11\n"


def test_a_word_that_is_no_python_is_told_as_such(tmp_path: Path) -> None:
    done = run(tmp_path, "python-that-is-not-there")
    assert done.returncode == 1
    assert done.stderr.endswith('"python-that-is-not-there" is no Python. Name one of 3.11 or newer: make PYTHON=python3.11\n')
