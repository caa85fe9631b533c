"""What to do when `mesh.yaml` has changed: which workloads to start, to run anew, and to end. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from lateen.agent.workload import Workload


class Steps(msgspec.Struct, frozen=True):
    """`start` are new or differ from what runs; `stop` are keys of those that are gone."""

    start: tuple[Workload, ...]
    stop: tuple[str, ...]


def steps(running: Mapping[str, Workload], wanted: Iterable[Workload]) -> Steps:
    """From what was asked for before (by key) to what is asked for now; a workload that is written as before is left alone."""
    now = {each.key: each for each in wanted}
    start = tuple(each for key, each in now.items() if running.get(key) != each)
    return Steps(start, tuple(sorted(running.keys() - now.keys())))
