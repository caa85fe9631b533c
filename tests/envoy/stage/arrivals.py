"""What reached an echo, and how the echo is to answer it. Part of `actor`: pure but for a lock and the clock of whoever waits.

An arrival is a JSON object with the fields of `answers.Arrival`; names of headers are in lower case.
"""

from __future__ import annotations

import threading
import time
from typing import Any

Json = dict[str, Any]


class Arrivals:
    """All that arrived since it was last forgotten, and the behaviours of addresses."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._seen: list[Json] = []
        self._behaviours: list[Json] = []

    def forget(self) -> None:
        """A new world: nothing has arrived, every address answers 200, and no answer is held back any more."""
        with self._changed:
            self._seen, self._behaviours = [], []
            self._changed.notify_all()

    def behave(self, behaviour: Json) -> None:
        """From now on answer so where it applies; what was said last wins."""
        with self._changed:
            self._behaviours.insert(0, dict(behaviour))

    def wait(self, behaviour: Json) -> None:
        """Return when what behaves so may answer."""
        time.sleep(behaviour.get("delay", 0))
        with self._changed:
            self._changed.wait_for(lambda: not (behaviour.get("held") and behaviour in self._behaviours))

    def release(self) -> None:
        """Let go of the answers that are held back, and hold none from now on."""
        with self._changed:
            self._behaviours = [each for each in self._behaviours if not each.get("held")]
            self._changed.notify_all()

    def add(self, arrival: Json) -> Json:
        """Note an arrival; how to answer it."""
        with self._changed:
            arrival["number"] = 1 + sum(each["at"] == arrival["at"] and each["port"] == arrival["port"] for each in self._seen)
            self._seen.append(arrival)
            self._changed.notify_all()
            return self._behaviour(arrival)

    def _behaviour(self, arrival: Json) -> Json:
        for each in self._behaviours:
            if not _applies(each, arrival):
                continue
            if "times" in each:
                if not each["times"]:
                    continue
                each["times"] -= 1
            return each
        return {}

    def seen(self, wanted: Json, count: int, timeout: float) -> list[Json]:
        """What arrived and is as wanted, as soon as there are `count` of them or the time (seconds) is over."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._matching(wanted)) >= count, timeout)
            return self._matching(wanted)

    def _matching(self, wanted: Json) -> list[Json]:
        return [each for each in self._seen if all(each.get(key) == value for key, value in wanted.items())]


def _applies(behaviour: Json, arrival: Json) -> bool:
    return all(behaviour.get(key) in (None, arrival.get(key)) for key in ("at", "port", "path"))
