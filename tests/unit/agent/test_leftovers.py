"""The record of what a mesh has made."""

import os
import subprocess
from pathlib import Path

import msgspec

from lateen.agent import leftovers
from lateen.agent.leftovers import Lodging, Process, Record
from lateen.agent.network import Network


def test_what_is_added_is_on_disk_at_once(tmp_path: Path) -> None:
    record = Record(tmp_path)
    lodgings = Lodging("a", "/m/a.net", "lt0-0", "10.0.0.2"), Lodging("b", "/m/b.net", "lt0-1", "10.0.0.3")
    record.add_network(Network("lt0", "10.0.0.0/20"), egress=True)
    record.add(lodgings[:1])
    record.add(lodgings[1:], files=("/m/x",))
    found = leftovers.found(tmp_path)
    assert found is not None
    assert (found.network, found.egress, found.lodgings, found.files) == (Network("lt0", "10.0.0.0/20"), True, lodgings, ("/m/x",))
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


def test_a_run_that_goes_on_is_recorded_on_and_another_begins_anew(tmp_path: Path) -> None:
    Record(tmp_path).add(files=("/m/x",))
    assert Record(tmp_path).made.files == ("/m/x",)
    assert Record(tmp_path, owner=os.getppid()).made.files == ()


def test_what_runs_is_found_by_what_it_runs_while_it_does(tmp_path: Path) -> None:
    record = Record(tmp_path)
    with subprocess.Popen(["sleep", "600"], process_group=0) as child:
        record.add_process(child.pid, "a.default app", "launch")
        found = Record(tmp_path).running("a.default app")
        assert found is not None and (found.pid, found.launch) == (child.pid, "launch")
        record.kill("a.default app")
        assert child.wait(10) == -9
    assert record.running("a.default app") is None
