"""The nftables rules that lead a workload's traffic through its sidecar (AG-11). Pure: text out; `namespaces` applies it.

Outbound TCP goes to 15001, inbound TCP to 15006, the app's DNS to the agent. What Envoy itself sends is left alone, known by its user
or group id, or by a socket mark where one user id is all there is; except towards the workload's own address, which is a call that
came back to this workload and must pass its inbound side. Envoy calls its app from 127.0.0.6, which is never captured.
"""

from __future__ import annotations

import msgspec

TABLE = "lateen"
PROXY_ID = 1337
PROXY_MARK = 1337
RETURN_PATH = "127.0.0.6"
# Envoy's own listeners for statistics, readiness and merged metrics are reached as they are; so is HBONE's.
NOT_INBOUND = (15008, 15020, 15021, 15090)


class Capture(msgspec.Struct, frozen=True):
    """What to capture. Ports are TCP; ranges are CIDRs of destinations.

    `by_mark` tells Envoy by SO_MARK instead of by user and group id 1337. An empty `inbound` means every port; an empty `users` the
    traffic of every user (on a VM: only of these user ids). `outbound` ports are captured wherever they lead. What is not taken at all
    (`takes_inbound`, `takes_outbound`) is not captured, but for `outbound`.
    """

    by_mark: bool = False
    dns: bool = True
    inbound: tuple[int, ...] = ()
    not_inbound: tuple[int, ...] = ()
    outbound: tuple[int, ...] = ()
    not_outbound: tuple[int, ...] = ()
    outbound_ranges: tuple[str, ...] = ()
    not_outbound_ranges: tuple[str, ...] = ()
    users: tuple[int, ...] = ()
    takes_inbound: bool = True
    takes_outbound: bool = True
    drop_invalid: bool = False
    outbound_port: int = 15001
    inbound_port: int = 15006
    dns_port: int = 15053


def ruleset(capture: Capture) -> str:
    """The whole table, replacing one that is there; for `nft -f -` in the workload's network namespace."""
    chains = [_chain("inbound", "type nat hook prerouting priority dstnat", _inbound(capture))]
    chains.append(_chain("outbound", "type nat hook output priority -100", _outbound(capture)))
    if capture.drop_invalid:
        chains.append(_chain("invalid", "type filter hook input priority filter", ["ct state invalid drop"]))
    return f"table inet {TABLE}\ndelete table inet {TABLE}\ntable inet {TABLE} {{\n" + "\n".join(chains) + "\n}\n"


def removal() -> str:
    """Take the table away; no error when there is none."""
    return f"table inet {TABLE}\ndelete table inet {TABLE}\n"


def _inbound(capture: Capture) -> list[str]:
    redirect = f"redirect to :{capture.inbound_port}"
    rules = [f"tcp dport {_set(sorted({*NOT_INBOUND, *capture.not_inbound}))} return"]
    if not capture.takes_inbound:
        return rules
    if capture.inbound:
        return [*rules, f"tcp dport {_set(capture.inbound)} {redirect}"]
    return [*rules, f"meta l4proto tcp {redirect}"]


def _outbound(capture: Capture) -> list[str]:
    rules = [f"oifname lo ip saddr {RETURN_PATH} return"]
    own_calls = _from_proxy(capture) if capture.takes_inbound else ()
    rules += [f"oifname lo {own} ip daddr != 127.0.0.1 tcp dport != 15008 redirect to :{capture.inbound_port}" for own in own_calls]
    rules += [f"{own} return" for own in _from_proxy(capture)]
    if capture.users:
        rules.append(f"meta skuid != {_set(capture.users)} return")
    if capture.dns:
        rules += [f"{protocol} dport 53 redirect to :{capture.dns_port}" for protocol in ("udp", "tcp")]
    # What the app says to itself stays with it.
    rules += ["oifname lo return", "ip daddr 127.0.0.0/8 return", "ip6 daddr ::1 return"]
    return rules + _chosen(capture)


def _chosen(capture: Capture) -> list[str]:
    rules = []
    if capture.not_outbound:
        rules.append(f"tcp dport {_set(capture.not_outbound)} return")
    if capture.not_outbound_ranges:
        rules.append(f"ip daddr {_set(capture.not_outbound_ranges)} return")
    if capture.outbound:
        rules.append(f"tcp dport {_set(capture.outbound)} redirect to :{capture.outbound_port}")
    if not capture.takes_outbound:
        return rules
    wanted = f"ip daddr {_set(capture.outbound_ranges)} " if capture.outbound_ranges else ""
    return [*rules, f"{wanted}meta l4proto tcp redirect to :{capture.outbound_port}"]


def _from_proxy(capture: Capture) -> tuple[str, ...]:
    return (f"meta mark {PROXY_MARK}",) if capture.by_mark else (f"meta skuid {PROXY_ID}", f"meta skgid {PROXY_ID}")


def _set(members: tuple[object, ...] | list[int]) -> str:
    return "{ " + ", ".join(map(str, members)) + " }"


def _chain(name: str, head: str, rules: list[str]) -> str:
    return "\n".join([f"  chain {name} {{", f"    {head}; policy accept;", *(f"    {rule}" for rule in rules), "  }"])
