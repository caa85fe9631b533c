"""Calls from workloads to the outside: the host passes their packets on under its own address, where it has a way out itself.

Needs the kernel to forward packets between the mesh's bridge and the host's way out. Where that was off it is turned on for these two links,
and turned off again on the way out when the last mesh of the host has gone.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from pathlib import Path

from lateen.agent.network import Network

_PREFIX = "lateen_"
_FORWARDED = "forwarded.json"
_TIMEOUT = 10.0


def table(network: Network) -> str:
    """The name of the mesh's table on the host."""
    return f"{_PREFIX}{network.bridge}"


def ruleset(network: Network) -> str:
    """For `nft -f -` on the host; replaces a table that is there."""
    name = table(network)
    rule = f'ip saddr {network.subnet} oifname != "{network.bridge}" masquerade'
    chain = f"  chain outside {{\n    type nat hook postrouting priority srcnat; policy accept;\n    {rule}\n  }}"
    return f"table ip {name}\ndelete table ip {name}\ntable ip {name} {{\n{chain}\n}}\n"


def ways_out() -> list[str]:
    """The links of the host's default routes."""
    try:
        said = subprocess.run(["ip", "-j", "-4", "route", "show", "default"], capture_output=True, text=True, timeout=_TIMEOUT, check=False)
        return [route["dev"] for route in json.loads(said.stdout or "[]") if "dev" in route]
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return []


def is_possible() -> bool:
    """Whether this process may let packets out, and there is a way out."""
    return os.geteuid() == 0 and os.access("/proc/sys/net/ipv4/ip_forward", os.W_OK) and bool(ways_out())


def forward(folder: Path, network: Network) -> None:
    """Let packets pass between the bridge and the ways out; what was changed on the host's own links is written down in `folder`."""
    changed = _changed(folder)
    for link in ways_out():
        switch = _switch(link)
        with contextlib.suppress(OSError):
            if switch.read_text().strip() == "0":
                changed = [*changed, link]
                (folder / _FORWARDED).write_text(json.dumps(changed))
                switch.write_text("1")
    with contextlib.suppress(OSError):
        _switch(network.bridge).write_text("1")


def restore(folder: Path) -> None:
    """When no mesh of this host is left, turn off again what was turned on."""
    said = subprocess.run(["nft", "-j", "list", "tables"], capture_output=True, text=True, timeout=_TIMEOUT, check=False).stdout
    if f'"{_PREFIX}' in said:
        return
    for link in _changed(folder):
        with contextlib.suppress(OSError):
            _switch(link).write_text("0")
    (folder / _FORWARDED).unlink(missing_ok=True)


def _changed(folder: Path) -> list[str]:
    try:
        found: list[str] = json.loads((folder / _FORWARDED).read_text())
    except (OSError, ValueError):
        return []
    return found


def _switch(link: str) -> Path:
    return Path(f"/proc/sys/net/ipv4/conf/{link}/forwarding")
