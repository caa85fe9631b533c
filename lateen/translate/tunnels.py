"""Tunnels through the explicit HTTP proxy: an app that asks for `CONNECT host:443` is joined to that port, and what it says there is its own affair.

Ports that speak HTTP are asked as a proxy is asked, with a whole URL, and get no tunnel, for rules of requests would not see what is said in it. The
refusal says so. Where it is to be found out what a port speaks, both ways are open.
"""

from __future__ import annotations

import msgspec

from lateen.flow import Graph, query
from lateen.ir.match import Match
from lateen.ir.routes import Answer, Forward, Rule, Share, VirtualHost, outbound
from lateen.ir.view import Perspective
from lateen.registry import services
from lateen.registry.service import Service
from lateen.translate.domains import domains
from lateen.translate.routes import BLOCKED
from lateen.values.protocol import Protocol

TUNNEL = Match(tunnel=True)
NO_TUNNEL = Answer(405, b"This port speaks HTTP: ask the proxy for http://HOST:PORT/PATH, without a tunnel.\n")


def ports(service: Service | None) -> tuple[int, ...]:
    """The ports of a service to which tunnels lead."""
    found = service.ports if service is not None else ()
    return tuple(port.number for port in found if not (port.protocol.is_http or port.protocol.is_auto or port.protocol is Protocol.UDP))


@query
def virtual_host(g: Graph, perspective: Perspective, own: bool, namespace: str, host: str, port: int) -> VirtualHost | None:
    """The virtual host of such a port; None when there is no such service."""
    service = services.service(g, namespace, host)
    if service is None:
        return None
    rule = Rule(Forward((Share(outbound(host, port, "")),)), match=TUNNEL, name="tunnel")
    return VirtualHost(f"{host}:{port}", domains(g, perspective, service, port, own), (rule,), origins=(service.origin,))


def beside(found: VirtualHost, service: Service | None) -> VirtualHost:
    """The virtual host of a port where requests are understood, with what it says to who asks for a tunnel. It is named `host:port`."""
    number = int(found.name.rpartition(":")[2])
    port = service.port(number) if service is not None else None
    action: Forward | Answer = NO_TUNNEL
    if service is not None and port is not None and port.protocol.is_auto:
        action = Forward((Share(outbound(service.host, number, "")),))
    return msgspec.structs.replace(found, rules=(Rule(action, match=TUNNEL, name="tunnel"), *found.rules))


def catch_all(found: VirtualHost, *, resolves: bool) -> VirtualHost:
    """The virtual host of unknown hosts with tunnels to them, where such hosts are looked up; elsewhere they are refused."""
    action = found.rules[0].action if resolves else Answer(BLOCKED)
    return msgspec.structs.replace(found, rules=(Rule(action, match=TUNNEL, name="tunnel"), *found.rules))
