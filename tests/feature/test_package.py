"""What is shipped: the wheel builds, holds what it must, and works where nothing of the sources is."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

import lateen

ROOT = Path(__file__).parents[2]
SOURCES = ("lateen", "pyproject.toml", "README.md", "LICENSE")


def run(*words: str | Path, cwd: Path, environment: Mapping[str, str] | None = None) -> str:
    """What a program prints; it must end well."""
    ended = subprocess.run(
        list(map(str, words)), cwd=cwd, env=os.environ | dict(environment or {}), capture_output=True, text=True, check=False, timeout=300
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy, so that the build leaves nothing in the sources."""
    copy = tmp_path_factory.mktemp("sources")
    run("cp", "-r", *(ROOT / each for each in SOURCES), copy, cwd=ROOT)
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", copy / "dist", copy, cwd=copy)
    (built,) = (copy / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the wheel was unpacked into, by itself; what it depends on is where the tests have it."""
    target = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", target, wheel, cwd=target)
    return target


def lateen_of(installed: Path, *words: str) -> str:
    """The installed `lateen`, run in a folder where there are no sources."""
    return run(installed / "bin" / "lateen", *words, cwd=installed, environment={"PYTHONPATH": str(installed)})


def test_the_wheel_holds_every_module_the_types_and_the_licence(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "lateen").rglob("*.py")}
    assert modules - names == set()
    assert "lateen/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_wheel_holds_nothing_but_the_package(wheel: Path) -> None:
    tops = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert tops == {"lateen", f"lateen-{lateen.__version__}.dist-info"}


def test_the_version_is_said_once(wheel: Path) -> None:
    assert wheel.name == f"lateen-{lateen.__version__}-py3-none-any.whl"


def test_the_installed_package_is_the_one_that_runs(installed: Path) -> None:
    where = run(sys.executable, "-c", "import lateen; print(lateen.__file__)", cwd=installed, environment={"PYTHONPATH": str(installed)})
    assert Path(where.strip()).is_relative_to(installed)


def test_the_command_says_its_version(installed: Path) -> None:
    assert lateen_of(installed, "--version") == f"lateen {lateen.__version__}\n"
    assert lateen.__version__ in lateen_of(installed, "version").splitlines()[0]


def test_every_command_imports_and_explains_itself(installed: Path) -> None:
    listed = [line.split()[0] for line in lateen_of(installed, "--help").splitlines() if line.startswith("  ")]
    assert "up" in listed
    for command in listed:
        assert "Usage: lateen" in lateen_of(installed, command, "--help"), command


@pytest.mark.parametrize(("shell", "says"), [("bash", "complete -o"), ("zsh", "#compdef lateen"), ("fish", "complete --command lateen")])
def test_shells_are_taught_the_commands(installed: Path, shell: str, says: str) -> None:
    assert says in lateen_of(installed, "completion", shell)
