"""The record of what a mesh has made."""

import os
import subprocess
from pathlib import Path

import msgspec

from lateen.agent import leftovers
from lateen.agent.leftovers import Process, Record


def test_what_is_added_is_on_disk_at_once(tmp_path: Path) -> None:
    record = Record(tmp_path)
    record.add(links=("lt0",), namespaces=("/m/a.net",))
    record.add(links=("lt0-0",), files=("/m/x",))
    found = leftovers.found(tmp_path)
    assert found is not None
    assert (found.links, found.namespaces, found.files) == (("lt0", "lt0-0"), ("/m/a.net",), ("/m/x",))
    assert leftovers.is_running(found) and found.owner.pid == os.getpid()
    record.close()
    assert leftovers.found(tmp_path) is None


def test_a_process_is_known_by_its_start_and_its_boot_too(tmp_path: Path) -> None:
    own = leftovers.process(os.getpid())
    assert own is not None and leftovers.is_alive(own)
    assert not leftovers.is_alive(Process(own.pid, own.started - 1))
    made = msgspec.structs.replace(Record(tmp_path).made, boot="another")
    assert not leftovers.is_running(made)


def test_only_processes_that_are_still_the_same_are_killed(tmp_path: Path) -> None:
    record = Record(tmp_path)
    with subprocess.Popen(["sleep", "600"], process_group=0) as kept, subprocess.Popen(["sleep", "600"], process_group=0) as killed:
        record.add_process(killed.pid)
        other = leftovers.process(kept.pid)
        assert other is not None
        made = record.made
        leftovers.kill(msgspec.structs.replace(made, processes=(*made.processes, Process(kept.pid, other.started - 1))))
        assert killed.wait(10) == -9
        assert kept.poll() is None
        kept.kill()


def test_a_damaged_record_is_no_record(tmp_path: Path) -> None:
    (tmp_path / leftovers.FILE).write_text("{")
    assert leftovers.found(tmp_path) is None
