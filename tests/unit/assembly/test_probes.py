"""What agents are told of the group that their workload joins."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from google.protobuf.any_pb2 import Any as AnyMessage

from lateen.api import decode, inputs
from lateen.assembly import probes
from lateen.assembly.stacks import stacks
from lateen.assembly.views import view_of
from lateen.flow import Graph
from lateen.ir.view import View
from lateen.values.ref import Ref

GROUP = Ref("WorkloadGroup", "default", "vm")


def joined(**metadata: Any) -> View:
    return view_of("sidecar~10.0.0.1~vm.default~default.svc.cluster.local", metadata)


def write(g: Graph, **spec: Any) -> None:
    manifest = {"apiVersion": "networking.istio.io/v1", "kind": "WorkloadGroup", "metadata": {"name": "vm", "namespace": "default"}, "spec": spec}
    found, findings = decode.decode(manifest)
    assert not findings
    with g.batch() as batch:
        inputs.write(g, batch, [(GROUP, found)])


def told(g: Graph) -> Any:
    resource = probes.probe(g, GROUP)
    return None if resource is None else msgspec.json.decode(AnyMessage.FromString(resource.body).value)


@pytest.mark.rule("WE-2")
def test_who_joins_a_group_is_told_its_probe_as_it_is_written() -> None:
    g = Graph()
    write(g, template={}, probe={"httpGet": {"port": 8080, "path": "/ready", "httpHeaders": [{"name": "a", "value": "b"}]}, "periodSeconds": 5})
    assert told(g) == {"periodSeconds": 5, "httpGet": {"port": 8080, "path": "/ready", "httpHeaders": [{"name": "a", "value": "b"}]}}
    assert probes.PROBE in dict(stacks(g, joined(AUTO_REGISTER_GROUP="vm")))


def test_nobody_else_is_told_of_probes() -> None:
    assert probes.PROBE not in dict(stacks(Graph(), joined()))


@pytest.mark.rule("WE-2")
def test_a_group_without_probe_is_told_of_and_one_that_is_not_there_is_not() -> None:
    g = Graph()
    assert probes.probe(g, GROUP) is None
    write(g, template={})
    assert probes.probe(g, GROUP) is not None and told(g) is None
