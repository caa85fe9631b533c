"""The guide is true: its files are written, its commands are run, page by page, and what they print is what the page says.

In a page, ```` ```yaml mesh.yaml ```` is a file, and ```` ```console ```` holds commands (`$ …`) with what they print. There `…` stands for
anything, spaces are as wide as they like, and a command that ends with `&` goes on while the page lasts. Ports are swapped for free ones.
Commands must end with 0.
"""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.given.running import free_port

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "guide").glob("*.md"))
READ_FIRST = ROOT / "README.md"

PORTS = ("8080", "15012", "15014", "15010")
"""Ports that pages name."""

READING = re.compile(r"(curl|lateen (get|proxy-status|proxy-config)|for) ")
"""Commands that may be asked again until the mesh is where the page has it."""
PATIENCE = 60.0
ENDED = re.compile(r"\n?<ended (\d+)>\n")


class Block(NamedTuple):
    """A fenced block: its language, what stands behind that, and its text."""

    language: str
    title: str
    text: str


class Step(NamedTuple):
    """A command, and the lines that it prints according to the page."""

    command: str
    printed: tuple[str, ...]


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page."""
    found = re.findall(r"^```(\w*) ?(.*?)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return [Block(*each) for each in found]


def steps(text: str) -> Iterator[Step]:
    """The commands of a console block; lines that begin with `> ` go on with the command above."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, *printed = part.rstrip("\n").split("\n")
        while printed and printed[0].startswith("> "):
            command += "\n" + printed.pop(0)[2:]
        yield Step(command, tuple(printed))


def says(printed: str, expected: tuple[str, ...]) -> bool:
    """Whether what was printed is what the page has."""
    lines = [" ".join(line.split()) for line in expected]
    patterns = ["(.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*") + "\n" for line in lines]
    actual = "".join(f"{' '.join(line.split())}\n" for line in printed.rstrip("\n").split("\n")) if printed.strip() else ""
    return not expected or re.fullmatch("".join(patterns), actual) is not None


class Shell:
    """A shell in a folder, in which one command is run after another."""

    def __init__(self, folder: Path) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("LATEEN") and "proxy" not in name.lower()}
        path = f"{Path(sys.executable).parent}:{clean.get('PATH', '')}"
        environment = clean | {"PATH": path, "HOME": str(folder), "NO_COLOR": "1", "COLUMNS": "200", "KUBECONFIG": "", "USER": "me"}
        pipe, together = subprocess.PIPE, subprocess.STDOUT
        self._bash = subprocess.Popen(["bash"], cwd=folder, env=environment, stdin=pipe, stdout=pipe, stderr=together, start_new_session=True)
        self._log = folder / "background.log"

    def run(self, command: str) -> tuple[str, int]:
        """What a command prints, and how it ends."""
        assert self._bash.stdin is not None
        self._bash.stdin.write(f"{{ {command}\n}} < /dev/null\nprintf '\\n<ended %d>\\n' $?\n".encode())
        self._bash.stdin.flush()
        return self._until_ended(command)

    def _until_ended(self, command: str) -> tuple[str, int]:
        assert self._bash.stdout is not None
        until, heard = time.monotonic() + 2 * PATIENCE, ""
        while not (end := ENDED.search(heard)):
            ready, _, _ = select.select([self._bash.stdout], [], [], max(until - time.monotonic(), 0))
            assert ready, f"$ {command}\n{heard}\n… and does not end."
            heard += os.read(self._bash.stdout.fileno(), 65536).decode()
        return heard[: end.start()], int(end[1])

    def start(self, command: str) -> None:
        """Run a command in the background."""
        self.run(f"{command} > {self._log} 2>&1 & true")

    def background(self) -> str:
        """What the command in the background has said so far."""
        return self._log.read_text() if self._log.exists() else ""

    def close(self) -> None:
        """End what goes on in the background as Ctrl-C does, then the shell."""
        try:
            self.run("for job in $(jobs -p); do kill -TERM $job; wait $job; done")
        finally:
            os.killpg(self._bash.pid, signal.SIGKILL)
            self._bash.wait()


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    opened = Shell(tmp_path)
    yield opened
    opened.close()


def free_ports(text: str) -> dict[str, str]:
    """A free port for each port that a page names."""
    return {port: str(free_port()) for port in PORTS if re.search(rf"\b{port}\b", text)}


def with_ports(text: str, free: dict[str, str]) -> str:
    """The text with its ports swapped."""
    for port, other in free.items():
        text = re.sub(rf"\b{port}\b", other, text)
    return text


def carry_out(step: Step, shell: Shell) -> None:
    """Run a command, as often as it takes when it only reads."""
    if step.command.endswith(" &"):
        shell.start(step.command.removesuffix(" &"))
        wait_for_words(step, shell)
        return
    until = time.monotonic() + PATIENCE
    printed, code = shell.run(step.command)
    while not (code == 0 and says(printed, step.printed)) and READING.match(step.command) and time.monotonic() < until:
        time.sleep(0.3)
        printed, code = shell.run(step.command)
    background = ["In the background:", shell.background()[-1500:]]
    told = "\n".join([f"$ {step.command}", printed, f"… ended with {code}. The page has:", *step.printed, *background])
    assert code == 0, told
    assert says(printed, step.printed), told


def wait_for_words(step: Step, shell: Shell) -> None:
    """Wait until the command in the background has printed what the page has."""
    until = time.monotonic() + 2 * PATIENCE
    expected = ("…", *step.printed, "…")
    while not says(shell.background(), expected):
        assert time.monotonic() < until, "\n".join([f"$ {step.command}", shell.background(), "The page has:", *step.printed])
        time.sleep(0.1)


def work_through(page: Path, folder: Path, shell: Shell) -> None:
    """Write the files of a page and run its commands, from top to bottom."""
    text = page.read_text(encoding="utf-8")
    free = free_ports(text)
    for block in blocks(with_ports(text, free)):
        if block.language == "console":
            if "kubectl" in block.title and shutil.which("kubectl") is None:
                continue
            for step in steps(block.text):
                carry_out(step, shell)
        elif block.title:
            file = folder / block.title
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, encoding="utf-8")


@pytest.mark.envoy
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_of_the_guide_is_true(page: Path, tmp_path: Path, shell: Shell) -> None:
    work_through(page, tmp_path, shell)


@pytest.mark.envoy
def test_the_first_mesh_of_the_readme_is_true(tmp_path: Path, shell: Shell) -> None:
    work_through(READ_FIRST, tmp_path, shell)


@pytest.mark.parametrize("page", [*PAGES, READ_FIRST], ids=lambda page: page.stem)
def test_no_block_goes_unread(page: Path) -> None:
    """Each is a file, commands, a drawing, or text that says so."""
    found = blocks(page.read_text(encoding="utf-8"))
    assert [block for block in found if not block.title and block.language not in ("console", "mermaid", "text", "sh")] == []
