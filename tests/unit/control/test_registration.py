"""What becomes of a WorkloadGroup when a workload joins it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from envoy.config.core.v3.base_pb2 import Node
from google.protobuf import json_format

from lateen.api import decode
from lateen.api.resource import Resource
from lateen.control import registration
from lateen.values.ref import Ref
from lateen.xds.node import Proxy, proxy

REF = Ref("WorkloadEntry", "default", "vm-10.0.0.1")
GROUP = Ref("WorkloadGroup", "default", "vm")
AT = "2026-01-01T00:00:00.000000Z"
LATER = "2026-01-01T00:01:00.000000Z"


def node(address: str = "10.0.0.1", locality: dict[str, str] | None = None, **metadata: Any) -> Proxy:
    given = {"NAMESPACE": "default", "AUTO_REGISTER_GROUP": "vm"} | metadata
    message = {"id": f"sidecar~{address}~vm.default~default.svc.cluster.local", "metadata": given, "locality": locality or {}}
    return proxy(json_format.ParseDict(message, Node()))


def group(**spec: Any) -> Resource[Any]:
    whole = {"template": {"serviceAccount": "robot", "ports": {"http": 8080}, "labels": {"app": "vm", "from": "template"}}} | spec
    manifest = {"apiVersion": "networking.istio.io/v1", "kind": "WorkloadGroup", "metadata": {"name": "vm", "namespace": "default"}, "spec": whole}
    found, findings = decode.decode(manifest)
    assert found is not None
    assert not findings
    return found


@pytest.mark.rule("WE-3")
@pytest.mark.parametrize(
    ("address", "network", "name"),
    [("10.0.0.1", "", "vm-10.0.0.1"), ("10.0.0.1", "net", "vm-10.0.0.1-net"), ("2001:db8::1", "", "vm-2001-db8--1")],
)
def test_an_entry_is_called_after_its_group_address_and_network(address: str, network: str, name: str) -> None:
    assert registration.subject(node(address, NETWORK=network)) == Ref("WorkloadEntry", "default", name)


def test_a_proxy_may_name_an_entry_that_is_there_already_or_none() -> None:
    assert registration.subject(node(AUTO_REGISTER_GROUP="", WORKLOAD_ENTRY="mine")) == Ref("WorkloadEntry", "default", "mine")
    assert registration.subject(node(AUTO_REGISTER_GROUP="")) is None


@pytest.mark.rule("WE-3")
def test_an_entry_has_what_the_template_says_and_what_the_node_says_of_itself() -> None:
    of = node(LABELS={"from": "node"}, NETWORK="net", locality={"region": "r", "zone": "z"})
    made = registration.entry(REF, of, group(metadata={"labels": {"from": "group", "g": "1"}, "annotations": {"a": "b"}}), "here", AT)
    assert made["spec"] == {
        "address": "10.0.0.1",
        "ports": {"http": 8080},
        "labels": {"app": "vm", "from": "node", "g": "1"},
        "network": "net",
        "locality": "r/z",
        "serviceAccount": "robot",
    }
    assert made["metadata"]["labels"] == made["spec"]["labels"]
    assert made["metadata"]["annotations"] == {
        "a": "b",
        "istio.io/autoRegistrationGroup": "vm",
        "istio.io/workloadController": "here",
        "istio.io/connectedAt": AT,
    }
    found, findings = decode.decode(made)
    assert found is not None
    assert not findings


@pytest.mark.rule("WE-2")
def test_an_agent_that_will_tell_of_health_is_waited_for() -> None:
    checked = registration.entry(REF, node(PROXY_CONFIG={"readinessProbe": {"httpGet": {"port": 80}}}), group(), "here", AT)
    assert checked["metadata"]["annotations"]["proxy.istio.io/health-checks-enabled"] == "true"
    assert registration.is_checked(node(LATEEN={"health": True}))
    assert not registration.is_checked(node())


@pytest.mark.rule("WE-3")
def test_only_the_service_account_of_the_group_may_join() -> None:
    assert registration.refusal(node(SERVICE_ACCOUNT="robot"), GROUP, group()) is None
    assert registration.refusal(node(), GROUP, group(template={})) is None
    assert registration.refusal(node(SERVICE_ACCOUNT="other"), GROUP, group()) == (
        "sidecar~10.0.0.1~vm.default~default.svc.cluster.local cannot join WorkloadGroup default/vm: "
        'it has the service account "other", and the group\'s is "robot".'
    )
    assert "it has no service account" in str(registration.refusal(node(), GROUP, group()))
    assert "does not exist" in str(registration.refusal(node(), GROUP, None))


@pytest.mark.rule("WE-3")
def test_the_marks_of_an_entry_say_whether_somebody_is_connected() -> None:
    made = registration.present({"metadata": {"annotations": {"a": "b"}}}, "here", AT)
    gone = registration.gone(made, LATER)
    assert registration.marks(gone) == {"a": "b", "istio.io/workloadController": "here", "istio.io/disconnectedAt": LATER}
    back = registration.present(gone, "there", LATER)
    assert registration.marks(back) == {"a": "b", "istio.io/workloadController": "there", "istio.io/connectedAt": LATER}


@pytest.mark.rule("WE-2")
def test_a_status_says_since_when_a_workload_is_so_and_nothing_twice() -> None:
    well = registration.status({}, None, AT)
    assert well == {"conditions": [{"type": "Healthy", "status": "True", "message": "", "lastProbeTime": AT, "lastTransitionTime": AT}]}
    assert registration.status({"status": well}, None, LATER) is None
    ill = registration.status({"status": well}, "no answer", LATER)
    assert ill is not None
    assert ill["conditions"] == [{"type": "Healthy", "status": "False", "message": "no answer", "lastProbeTime": LATER, "lastTransitionTime": LATER}]
    other = registration.status({"status": {"conditions": [{"type": "Other"}, *ill["conditions"]]}}, "still none", AT)
    assert other is not None
    assert [each["type"] for each in other["conditions"]] == ["Other", "Healthy"]
    assert other["conditions"][1]["lastTransitionTime"] == LATER


def test_what_is_no_time_is_very_old() -> None:
    now = datetime(2026, 1, 1, 0, 1, tzinfo=UTC)
    assert registration.age(AT, now) == 60.0
    assert registration.age(registration.timestamp(now), now) == 0.0
    assert registration.age("", now) == float("inf")
    assert registration.age("2026-01-01", now) == float("inf")


@pytest.mark.rule("WE-3")
def test_where_nothing_is_captured_an_entry_has_the_ports_of_the_sidecar() -> None:
    inbound = [{"port": 8080, "bind": 20000}, {"port": 9090, "bind": 20001, "name": "grpc"}]
    of = node(LATEEN={"explicit": {"proxyAddress": "127.64.0.2", "inbound": inbound}})
    written = {"template": {"serviceAccount": "robot", "ports": {"http": 8080, "other": 1}}}
    assert registration.entry(REF, of, group(**written), "here", AT)["spec"]["ports"] == {"http": 20000, "other": 1, "grpc": 20001}
