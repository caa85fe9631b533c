"""What an app finds in its environment, and how a workload ends."""

import pytest

from lateen.agent import network
from lateen.agent.lifecycle import Policy
from lateen.agent.sidecar import app_environment, policy
from lateen.agent.workload import ProxySettings, Workload


def test_in_transparent_mode_an_app_is_told_its_address_and_what_the_user_set() -> None:
    workload = Workload("a", "10.1.0.2", environment=(("COLOUR", "blue"), ("PATH", "/bin")))
    assert app_environment(workload, {"PATH": "/usr/bin"}) == {"PATH": "/bin", "COLOUR": "blue", "LATEEN_ADDRESS": "10.1.0.2"}


def test_in_explicit_mode_http_goes_by_proxy_variables_and_tcp_by_kubernetes_names() -> None:
    proxy, explicit = network.explicit("m", 0, [9080], ["my-sql.db.svc.cluster.local:3306"])
    environment = app_environment(Workload("a", proxy.address, proxy=proxy, explicit=explicit), {})
    assert environment["http_proxy"] == environment["HTTP_PROXY"] == f"http://{proxy.address}:15007"
    assert environment["no_proxy"] == f"localhost,127.0.0.1,{explicit.app_address},{proxy.address}"
    assert (environment["MY_SQL_SERVICE_HOST"], environment["MY_SQL_SERVICE_PORT"]) == (proxy.address, "21000")
    assert environment["LATEEN_ADDRESS"] == explicit.app_address


@pytest.mark.rule("AG-8")
def test_how_long_draining_takes_is_as_its_proxy_is_set_up() -> None:
    usual = Policy(drain=0.1, drain_until_idle=True, drain_longest=5.0)
    assert policy(usual, Workload("a", "")) == usual
    assert policy(usual, Workload("a", "", settings=ProxySettings(ending=9.0))).drain == 9.0
    patient = policy(Policy(drain_longest=5.0), Workload("a", "", settings=ProxySettings(ending=2.0, until_idle=True)))
    assert (patient.drain, patient.drain_until_idle, patient.drain_longest) == (2.0, True, 45.0)


@pytest.mark.rule("AG-8", "WE-3")
def test_who_registers_itself_waits_until_its_callers_have_heard_that_it_leaves() -> None:
    assert policy(Policy(drain=0.1), Workload("a", "", joins="vms")).drain == 1.0
    assert policy(Policy(drain=5.0), Workload("a", "", joins="vms")).drain == 5.0
    assert policy(Policy(drain=0.0), Workload("a", "", joins="vms")).drain == 0.0
