"""Child processes."""

import signal
import sys
from pathlib import Path

import pytest

from lateen.agent.process import Launch, StartError, start, words


async def test_output_comes_line_by_line_and_then_the_exit_code() -> None:
    lines: list[str] = []
    process = await start(Launch((sys.executable, "-c", "print('one'); import sys; print('two', file=sys.stderr); sys.exit(3)")), lines.append)
    assert await process.exit_code() == 3
    assert sorted(lines) == ["one", "two"]


async def test_a_signal_reaches_the_whole_group_and_gives_a_negative_code() -> None:
    process = await start(Launch(("sleep", "600")), lambda _: None)
    process.signal(signal.SIGTERM)
    assert await process.exit_code() == -signal.SIGTERM
    process.signal(signal.SIGKILL)


async def test_a_working_directory_that_is_not_there_is_said() -> None:
    with pytest.raises(StartError, match=r"true could not be started: No such file or directory \(/nowhere\)"):
        await start(Launch(("true",), cwd="/nowhere"), lambda _: None)


def test_wrappers_come_first_and_the_program_is_run_by_descriptor() -> None:
    launch = Launch(("envoy", "--version"), namespace=Path("/m/a.net"), user=1337)
    line = words(launch, 7)
    assert line[:3] == ["nsenter", "--net=/m/a.net", "--"]
    assert line[4:] == ["--reuid=1337", "--regid=1337", "--clear-groups", "--pdeathsig=SIGKILL", "--", "/proc/self/fd/7", "--version"]
