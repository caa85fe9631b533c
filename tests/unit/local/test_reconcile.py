"""What to do when mesh.yaml has changed."""

from __future__ import annotations

import msgspec

from lateen.agent.workload import Workload
from lateen.local.reconcile import Steps, steps

WEB = Workload("web", "", command=("web",))
API = Workload("api", "", command=("api",))


def test_what_is_written_as_before_is_left_alone() -> None:
    assert steps({WEB.key: WEB}, [WEB]) == Steps((), ())


def test_what_is_new_or_differs_is_started_and_what_is_gone_is_stopped() -> None:
    changed = msgspec.structs.replace(WEB, environment=(("A", "1"),))
    new = Workload("new", "")
    assert steps({WEB.key: WEB, API.key: API}, [changed, new]) == Steps((changed, new), ("api.default",))
