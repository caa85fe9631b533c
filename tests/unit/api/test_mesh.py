"""MeshConfig in the graph, a query a field."""

from __future__ import annotations

from lateen.api import decode, inputs, mesh
from lateen.api.networking.sidecar import OutboundTrafficPolicyMode
from lateen.flow import Graph


def write(g: Graph, text: str) -> None:
    lines = "\n".join(f"    {line}" for line in text.splitlines())
    found, findings = decode.resources(f"""
apiVersion: v1
kind: ConfigMap
metadata: {{name: istio, namespace: istio-system}}
data:
  mesh: |
{lines}
""")
    assert not findings
    with g.batch() as batch:
        inputs.write(g, batch, [(each.ref, each) for each in found])


def test_without_mesh_config_istios_defaults_hold():
    g = Graph()

    assert (mesh.connect_timeout(g).nanoseconds, mesh.outbound_mode(g)) == (10_000_000_000, OutboundTrafficPolicyMode.ALLOW_ANY)


def test_a_field_is_read_from_the_config_map_istio():
    g = Graph()
    write(g, "outboundTrafficPolicy: {mode: REGISTRY_ONLY}\naccessLogFile: /dev/stdout")

    assert (mesh.outbound_mode(g), mesh.access_log_file(g)) == (OutboundTrafficPolicyMode.REGISTRY_ONLY, "/dev/stdout")


def test_a_change_of_one_field_moves_no_other():
    g = Graph()
    write(g, "accessLogFile: /dev/stdout")
    g.watch(mesh.connect_timeout.key())
    g.watch(mesh.access_log_file.key())
    list(g.pull())
    write(g, "accessLogFile: /dev/stderr")

    assert [change.key.node for change in g.pull()] == [mesh.access_log_file]
