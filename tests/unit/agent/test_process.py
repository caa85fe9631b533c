"""Child processes."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from lateen.agent import leftovers
from lateen.agent.process import Launch, StartError, adopt, start, words
from lateen.agent.tail import Tails


async def test_output_comes_line_by_line_and_then_the_exit_code(tmp_path: Path) -> None:
    lines: list[str] = []
    words = (sys.executable, "-c", "print('one'); import sys; print('two', file=sys.stderr); sys.exit(3)")
    process = start(Launch(words, tmp_path / "log"), lines.append, Tails())
    assert await process.exit_code() == 3
    assert sorted(lines) == ["one", "two"]


async def test_a_signal_reaches_the_whole_group_and_gives_a_negative_code(tmp_path: Path) -> None:
    process = start(Launch(("sleep", "600"), tmp_path / "log"), lambda _: None, Tails())
    process.signal(signal.SIGTERM)
    assert await process.exit_code() == -signal.SIGTERM
    process.signal(signal.SIGKILL)


async def test_a_working_directory_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"true could not be started: No such file or directory \(/nowhere\)"):
        start(Launch(("true",), tmp_path / "log", cwd="/nowhere"), lambda _: None, Tails())


def test_wrappers_come_first_and_the_program_is_run_by_descriptor() -> None:
    launch = Launch(("envoy", "--version"), Path("/m/log"), namespace=Path("/m/a.net"), user=1337)
    line = words(launch, 7)
    assert line[:3] == ["nsenter", "--net=/m/a.net", "--"]
    assert line[4:] == ["--reuid=1337", "--regid=1337", "--clear-groups", "--pdeathsig=SIGKILL", "--", "/proc/self/fd/7", "--version"]


def test_a_process_that_is_to_outlive_the_agent_is_not_tied_to_it() -> None:
    launch = Launch(("envoy",), Path("/m/log"), user=1337, tied=False)
    assert words(launch, None)[1:] == ["--reuid=1337", "--regid=1337", "--clear-groups", "--", "envoy"]
    assert words(Launch(("true",), Path("/m/log"), tied=False), None) == ["true"]


async def test_a_process_of_the_same_launch_is_adopted_with_the_lines_that_nobody_has_read(tmp_path: Path) -> None:
    log, lines = tmp_path / "log", []
    launch = Launch(("sh", "-c", "echo unread; exec sleep 600"), log, tied=False)
    with log.open("ab") as output, subprocess.Popen(launch.command, stdout=output, process_group=0) as child:
        known = leftovers.process(child.pid)
        assert known is not None
        known = msgspec.structs.replace(known, launch=launch.digest)
        assert adopt(known, msgspec.structs.replace(launch, environment={"A": "b"}), lines.append, Tails()) is None
        adopted = adopt(known, launch, lines.append, Tails())
        assert adopted is not None
        while not lines:
            await asyncio.sleep(0)
        adopted.signal(signal.SIGKILL)
        child.wait()
        assert await adopted.exit_code() is None
    assert lines == ["unread"]
