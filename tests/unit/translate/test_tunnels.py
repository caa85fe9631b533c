"""Which hosts and ports a tunnel through the HTTP proxy leads to."""

from __future__ import annotations

import pytest

from lateen.flow import Graph
from lateen.ir.destination import BLACK_HOLE, DYNAMIC_DNS
from lateen.ir.routes import Answer, Forward, Rule, Share
from lateen.ir.view import PUBLIC
from lateen.registry import services
from lateen.translate import routes, tunnels
from tests.given import worlds

HOST = "vault.example"
WORLD = """
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: vault}
spec:
  hosts: [vault.example]
  resolution: DNS
  ports:
  - {number: 443, name: tls, protocol: TLS}
  - {number: 5432, name: tcp, protocol: TCP}
  - {number: 80, name: http, protocol: HTTP}
  - {number: 53, name: udp, protocol: UDP}
  - {number: 9000, name: any}
"""


def world() -> Graph:
    return worlds.world(WORLD)


def tunnel(action: Forward | Answer) -> Rule:
    return Rule(action, match=tunnels.TUNNEL, name="tunnel")


def test_tunnels_lead_to_ports_of_bytes_alone() -> None:
    g = world()
    assert tunnels.ports(services.service(g, "default", HOST)) == (443, 5432)
    found = tunnels.virtual_host(g, PUBLIC, False, "default", HOST, 443)
    assert found is not None
    assert (found.name, found.rules) == ("vault.example:443", (tunnel(Forward((Share("outbound|443||vault.example"),))),))
    assert tunnels.virtual_host(g, PUBLIC, False, "default", "nobody.example", 443) is None


@pytest.mark.parametrize(("port", "action"), [(80, tunnels.NO_TUNNEL), (9000, Forward((Share("outbound|9000||vault.example"),)))])
def test_a_port_of_requests_says_why_it_gets_no_tunnel_and_one_of_which_nobody_knows_gets_one(port: int, action: Forward | Answer) -> None:
    g = world()
    service = services.service(g, "default", HOST)
    before = routes.virtual_host(g, PUBLIC, False, "default", HOST, port, False)
    assert before is not None
    assert tunnels.beside(before, service).rules == (tunnel(action), *before.rules)


def test_unknown_hosts_get_tunnels_where_they_are_looked_up() -> None:
    asked, refused = (tunnels.catch_all(routes.catch_all(to), resolves=to == DYNAMIC_DNS).rules[0] for to in (DYNAMIC_DNS, BLACK_HOLE))
    assert (asked, refused) == (tunnel(Forward((Share(DYNAMIC_DNS),))), tunnel(Answer(502)))
