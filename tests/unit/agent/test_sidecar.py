"""What an app finds in its environment."""

from lateen.agent import network
from lateen.agent.sidecar import app_environment
from lateen.agent.workload import Workload


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
