"""The stage's network: a hub that answers for nearly every address, and lodgings that hang off it, each a network namespace.

    10.0.0.0/8, 240.240.0.0/16, fd00::/8   are the hub's: every port of each address reaches its echo, but for
    10.254.0.0/16                          where packets vanish, and
    10.255.0.0/16                          where every connection is refused; and
    the address of a lodging               which has a route of its own

A namespace lives as long as the process that was started in it, so there is nothing to remove. All of it is done by root, or by an ordinary user in
a user namespace that the hub is started in; the tests' own process never moves.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

from lateen.agent import capture, mode
from lateen.agent.capture import Capture

NEXT_HOP = "169.254.1.1"
NEXT_HOP_6 = "fd00:ffff::1"
ECHO_PORT = 9
ENVOY_PORTS = "15000-15100"
_TIMEOUT = 60.0

_HUB = [
    "link set lo up",
    "route add local 10.0.0.0/8 dev lo table main",
    "route add local 240.240.0.0/16 dev lo table main",
    "route add local fd00::/8 dev lo table main",
]
_HUB_RULES = f"""
table inet stage {{
  set refused {{ type ipv4_addr . inet_service; flags interval; }}
  chain vanishing {{ type filter hook prerouting priority raw; policy accept; ip daddr 10.254.0.0/16 drop; }}
  chain echo {{
    type nat hook prerouting priority dstnat; policy accept;
    ip daddr 10.255.0.0/16 return
    ip daddr . tcp dport @refused return
    fib daddr type local meta l4proto tcp redirect to :{ECHO_PORT}
  }}
}}
"""
_APP_RULES = f"""
table inet stage {{
  set refused {{ type ipv4_addr . inet_service; flags interval; }}
  chain arriving {{
    type nat hook prerouting priority -90; policy accept;
    ip daddr . tcp dport @refused return
    tcp dport != {{ {ENVOY_PORTS} }} redirect to :{ECHO_PORT}
  }}
  chain within {{
    type nat hook output priority -90; policy accept;
    oifname lo ip daddr . tcp dport @refused return
    oifname lo tcp dport != {{ {ECHO_PORT}, {ENVOY_PORTS} }} redirect to :{ECHO_PORT}
  }}
}}
"""


class NetworkError(Exception):
    """A tool refused; the sentence says what was tried and what it said."""


def obstacle() -> str:
    """Why there can be no stage here; empty when there can."""
    try:
        mode.choose_mode("transparent")
    except mode.ModeError as error:
        return str(error)
    return ""


def unsharing() -> list[str]:
    """The words before the program of the hub."""
    return ["unshare", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"]), "--net"]


def entering(pid: int) -> list[str]:
    """The words before a command that is to run in the namespace of a process."""
    user = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
    return ["nsenter", f"--target={pid}", *user, "--net", "--"]


def prepare_hub(hub: int) -> None:
    """Make the hub answer for its networks, and forward between lodgings."""
    _run([*entering(hub), "ip", "-batch", "-"], "\n".join(_HUB))
    switches = ["ipv4/ip_forward", "ipv4/conf/all/forwarding", "ipv6/conf/all/forwarding"]
    words = "; ".join(f"echo 1 > /proc/sys/net/{switch}" for switch in switches)
    _run([*entering(hub), "sh", "-c", words])
    _run([*entering(hub), "nft", "-f", "-"], _HUB_RULES)


def lodge(hub: int, pid: int, index: int, addresses: Sequence[str], rules: Capture | None, has_app: bool) -> None:
    """Connect the namespace of a process to the hub under these addresses; `rules` capture its traffic; an app's echo is reached on all ports."""
    link = f"lodging{index}"
    outside = [f"link add {link} type veth peer name eth0 netns {pid}", f"addr add {NEXT_HOP}/32 dev {link}", f"link set {link} up"]
    outside += [f"addr add {NEXT_HOP_6}/128 dev {link} nodad"]
    outside += [f"route add {address} dev {link}" for address in addresses]
    inside = ["link set lo up", "link set eth0 up", *(f"addr add {address} dev eth0 nodad" for address in addresses)]
    inside += [f"route add {NEXT_HOP} dev eth0 scope link", f"route add default via {NEXT_HOP}"]
    if any(":" in address for address in addresses):
        inside += [f"route add {NEXT_HOP_6} dev eth0", f"route add default via {NEXT_HOP_6}"]
    _run([*entering(hub), "ip", "-batch", "-"], "\n".join(outside))
    _run([*entering(pid), "ip", "-batch", "-"], "\n".join(inside))
    _run([*entering(pid), "sh", "-c", "echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start"])
    wanted = (capture.ruleset(rules) if rules is not None else "") + (_APP_RULES if has_app else "")
    if wanted:
        _run([*entering(pid), "nft", "-f", "-"], wanted)


def dislodge(hub: int, index: int) -> None:
    """Take a lodging's link away, before its address is given to another; its processes may still be ending."""
    _run([*entering(hub), "ip", "link", "delete", f"lodging{index}"])


def _run(command: Sequence[str], stdin: str = "") -> None:
    done = subprocess.run(command, input=stdin + "\n", capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    if done.returncode:
        raise NetworkError(f"`{' '.join(command)}` ended with code {done.returncode}: {(done.stderr or done.stdout).strip()}\n{stdin}")
