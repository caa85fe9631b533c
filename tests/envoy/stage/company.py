"""Starting the stage's `actor` programs and giving them orders, from the tests' process."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

_WITHIN = 60.0


class ActorFailed(AssertionError):
    """The program in a namespace ended, or made a mistake: a bug of the stage."""


class Actor:
    """One running `actor`, in the namespace that the words before its command lead to."""

    def __init__(self, leading: Sequence[str], folder: Path) -> None:
        environment = {**os.environ, "PYTHONPATH": ":".join((str(Path(__file__).parents[1]), *sys.path))}
        command = [*leading, sys.executable, "-m", "stage.actor", str(folder)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._asked: dict[int, Future[Any]] = {0: Future()}
        ready = self._asked[0]
        threading.Thread(target=self._read, daemon=True).start()
        ready.result(_WITHIN)

    @property
    def pid(self) -> int:
        """Its process, which holds its namespace."""
        return self._process.pid

    def order(self, order: str, *arguments: Any) -> Future[Any]:
        """Give an order; its answer is the future's."""
        answer: Future[Any] = Future()
        with self._lock:
            number = next(self._numbers)
            self._asked[number] = answer
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps({"id": number, "order": order, "arguments": arguments}) + "\n")
            self._process.stdin.flush()
        return answer

    def ask(self, order: str, *arguments: Any) -> Any:
        """Give an order and wait for what it comes to."""
        return self.order(order, *arguments).result(_WITHIN)

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(_WITHIN)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told = json.loads(line)
            asked = self._asked.pop(told["id"])
            if "bug" in told:
                asked.set_exception(ActorFailed(told["bug"]))
            else:
                asked.set_result(told.get("answer"))
        for asked in self._asked.values():
            asked.set_exception(ActorFailed("The program in the namespace ended."))
