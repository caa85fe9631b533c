"""Whose turn it is to be run anew when `mesh.yaml` was edited: of each service one workload after the other, each once the one before it is well, so
that callers always find somebody. Pure.
"""

from __future__ import annotations

from lateen.agent.workload import Workload

Service = tuple[str, str]


class Turns:
    """Workloads that wait, and those that have their turn."""

    def __init__(self) -> None:
        self._waiting: dict[str, Workload] = {}
        self._having: dict[Service, str] = {}

    def add(self, workload: Workload) -> None:
        """This one is well and is to be run anew, as it is now."""
        self._waiting[workload.key] = workload

    def drop(self, key: str) -> None:
        """That one need not be waited for any more."""
        self._waiting.pop(key, None)
        self.arrived(key)

    def arrived(self, key: str) -> None:
        """It is well again."""
        self._having = {service: having for service, having in self._having.items() if having != key}

    def clear(self) -> None:
        """All are run anew by somebody else."""
        self._waiting.clear()
        self._having.clear()

    def due(self) -> list[Workload]:
        """Those whose turn has come with this call."""
        found = []
        for key, workload in list(self._waiting.items()):
            if _service(workload) not in self._having:
                self._having[_service(workload)] = key
                found.append(self._waiting.pop(key))
        return found


def _service(workload: Workload) -> Service:
    return (workload.namespace, dict(workload.labels).get("app", workload.key))
