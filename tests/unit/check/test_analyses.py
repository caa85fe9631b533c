"""All analyses of a namespace together, and that a change runs no more of them than it must."""

from lateen.check.analyses import findings
from lateen.values.ref import Ref
from tests.given.worlds import world, write

WORLD = """
{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: a}, spec: {hosts: [a.b], tcp: [{route: [{destination: {host: x.y}}]}]}}
---
{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: b}, spec: {host: x.y}}
---
{apiVersion: networking.istio.io/v1, kind: Sidecar, metadata: {name: c}, spec: {egress: [{hosts: ["./*"]}]}}
---
{apiVersion: networking.istio.io/v1, kind: Sidecar, metadata: {name: d}, spec: {egress: [{hosts: ["./*"]}]}}
"""
ENTRY = """
{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: e},
 spec: {hosts: [x.y], ports: [{number: 1, name: tcp, protocol: TCP}], resolution: DNS}}
"""


def test_a_service_that_comes_clears_what_was_missing_and_leaves_the_rest() -> None:
    g = world(WORLD)
    assert [(found.code, found.ref) for found in findings(g, "default")] == [
        ("IST0101", Ref("VirtualService", "default", "a")),
        ("IST0174", Ref("DestinationRule", "default", "b")),
        ("IST0111", Ref("Sidecar", "default", "d")),
    ]
    write(g, ENTRY)
    g.ran.clear()
    assert [found.code for found in findings(g, "default")] == ["IST0111"]
    assert g.ran["references.missing"] == g.ran["destination_rules.idle"] == 1
    assert g.ran["sidecars.conflicts"] == g.ran["virtual_services.conflicts"] == 0
