"""Which way of capturing traffic works here: tried for real in throwaway namespaces, not guessed.

`choose_mode` gives the first that works, in this order, and says why: transparent as root; transparent in an unprivileged user
namespace that the whole program enters (`enter_user_namespace`); explicit, which needs nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Literal

import msgspec

from lateen.agent.capture import Capture, ruleset
from lateen.agent.workload import Mode

INSIDE = "LATEEN_IN_USER_NAMESPACE"
_TIMEOUT = 10.0
_TRY = "ip link set lo up && ip link add ltprobe type bridge && ip link add ltprobe0 type veth peer name ltprobe1 && nft -f - && echo fine"

_ROOTLESS = "Traffic is captured transparently, in a user namespace of this mesh's own. Without root, apps reach each other and nothing outside."

Asked = Literal["auto", "transparent", "explicit"]


class Choice(msgspec.Struct, frozen=True):
    """The mode, whether the program must enter a user namespace for it first, whether one user id is all there is (so Envoy is told by
    a mark), and a sentence that says which and why."""

    mode: Mode
    enter_user_namespace: bool
    by_mark: bool
    why: str


class ModeError(Exception):
    """The mode that was asked for does not work here; the sentence says why not."""


def choose_mode(asked: Asked = "auto") -> Choice:
    """The first mode that works. Raises `ModeError` when transparent was asked for and does not."""
    if asked == "explicit":
        return Choice("explicit", False, False, "Traffic is captured explicitly, as asked.")
    if os.environ.get(INSIDE):
        return Choice("transparent", False, True, _ROOTLESS)
    obstacle = _obstacle(["unshare", "--net"])
    if not obstacle:
        return Choice("transparent", False, False, "Traffic is captured transparently, with the rights of root.")
    obstacle = _obstacle(["unshare", "--user", "--map-root-user", "--net"])
    if not obstacle:
        return Choice("transparent", True, True, _ROOTLESS)
    if asked == "transparent":
        raise ModeError(f"Transparent capture does not work here: {obstacle}. Use --capture explicit, or run as root.")
    return Choice("explicit", False, False, f"Traffic is captured explicitly, because transparent capture does not work here: {obstacle}.")


def enter_user_namespace(arguments: Sequence[str], keep: Sequence[int] = ()) -> None:
    """Replace this process by `arguments` run as root of a new user, network and mount namespace. Returns only by raising OSError.

    The file descriptors in `keep` stay open: a socket bound before keeps listening where it was bound.
    """
    for descriptor in keep:
        os.set_inheritable(descriptor, True)
    os.environ[INSIDE] = "1"
    sys.stdout.flush()
    os.execvp("unshare", ["unshare", "--user", "--map-root-user", "--net", "--mount", "--", *arguments])


def _obstacle(unshare: Sequence[str]) -> str:
    """What stands in the way of making namespaces, a bridge, and a redirect; empty when nothing does."""
    try:
        done = subprocess.run([*unshare, "sh", "-c", _TRY], input=ruleset(Capture()), capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    except FileNotFoundError:
        return "the program `unshare` (util-linux) is missing"
    except subprocess.TimeoutExpired:
        return f"trying it took longer than {_TIMEOUT:.0f} s"
    if "fine" in done.stdout:
        return ""
    said = done.stderr.strip().splitlines()
    return (said[0] if said else f"a try ended with code {done.returncode}").rstrip(".")
