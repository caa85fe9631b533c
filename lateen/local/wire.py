"""What `lateen up` and its agent tell each other: JSON lines over the agent's standard input and output.

The agent is a process of its own so that one may die without the other. When its input ends, it ends all that it runs; when it is killed, all
that it ran goes on, and the next agent takes it over.
"""

from __future__ import annotations

import msgspec

from lateen.agent.mode import Choice
from lateen.agent.workload import Workload


class AgentSettings(msgspec.Struct, frozen=True):
    """What the agent is started with; `home` is the state folder, in which it finds the control plane and the key for join tokens.

    `owner` is the id of `lateen up`; `link` and `held` are descriptors that the agent inherits (`held_sockets`)."""

    directory: str
    home: str
    mesh_id: str
    choice: Choice
    envoy: str = ""
    app_user: int | None = None
    trust_domain: str = "cluster.local"
    lifetime: float = 86_400.0
    on_demand: bool = True
    owner: int = 0
    link: int = -1
    held: dict[str, tuple[int, ...]] = {}


class Keep(msgspec.Struct, frozen=True, tag=True):
    """These are all workloads: what an earlier agent has started for others is ended."""

    keys: tuple[str, ...]


class Prepare(msgspec.Struct, frozen=True, tag=True):
    """Make the place of a workload; answered by `Prepared`."""

    workload: Workload


class Run(msgspec.Struct, frozen=True, tag=True):
    """Run a prepared workload, or, where it runs already, what it is now."""

    workload: Workload


class Stop(msgspec.Struct, frozen=True, tag=True):
    """End the workloads of these keys, or all; answered by `Ended` for each."""

    keys: tuple[str, ...] = ()


Command = Keep | Prepare | Run | Stop


class Prepared(msgspec.Struct, frozen=True, tag=True):
    """The workload with its address and ports."""

    workload: Workload


class Said(msgspec.Struct, frozen=True, tag=True):
    """A line of output of a workload's app or Envoy."""

    key: str
    source: str
    text: str


class Announced(msgspec.Struct, frozen=True, tag=True):
    """A sentence about a workload, for the user."""

    key: str
    text: str


class Healthy(msgspec.Struct, frozen=True, tag=True):
    """Whether a workload may be sent to."""

    key: str
    healthy: bool


class Ended(msgspec.Struct, frozen=True, tag=True):
    """A workload has ended."""

    key: str
    code: int


class Failed(msgspec.Struct, frozen=True, tag=True):
    """Something cannot be done; the text is a sentence. `key` is empty when it is about the agent as a whole."""

    key: str
    text: str


Event = Prepared | Said | Announced | Healthy | Ended | Failed
