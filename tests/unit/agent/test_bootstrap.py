"""Bootstrap and command line."""

import msgspec
import pytest

from lateen.agent import bootstrap, network
from lateen.agent.bootstrap import Mesh, Options, Sockets
from lateen.agent.workload import ProxySettings, Workload
from lateen.render import http_connection_manager

SOCKETS = Sockets("/m/xds.sock", "/m/sds.sock", "/m/agent.sock", "/m/admin.sock")
REVIEWS = Workload(
    "reviews-v1-0", "10.1.0.2", "shop", "reviews", (("app", "reviews"), ("version", "v1")), group="reviews-v1", locality="eu/eu-1/rack-7"
)


def ports(config: bootstrap.Json) -> dict[str, tuple[str, int]]:
    addresses = {each["name"]: each["address"]["socket_address"] for each in config["static_resources"]["listeners"]}
    return {name: (address["address"], address["port_value"]) for name, address in addresses.items()}


@pytest.mark.rule("XD-9")
def test_the_node_id_has_istios_form() -> None:
    assert bootstrap.node_id(REVIEWS, Mesh()) == "sidecar~10.1.0.2~reviews-v1-0.shop~shop.svc.cluster.local"
    gateway = Workload("ingress", "10.1.0.3", "istio-system", kind="gateway")
    assert bootstrap.node_id(gateway, Mesh("mesh.test")) == "router~10.1.0.3~ingress.istio-system~istio-system.svc.mesh.test"


@pytest.mark.rule("XD-9")
@pytest.mark.rule("WE-3")
def test_a_workload_that_joins_a_group_says_so_and_that_its_health_will_be_told() -> None:
    metadata = bootstrap.metadata(Workload("a", "10.0.0.1", joins="vms"), Mesh(), Options())
    assert (metadata["AUTO_REGISTER_GROUP"], metadata["LATEEN"]["health"]) == ("vms", True)


def test_metadata_says_in_istios_words_who_the_workload_is_and_what_the_agent_can_do() -> None:
    node = bootstrap.bootstrap(REVIEWS, Mesh(mesh_id="m1"), SOCKETS)["node"]
    assert node["cluster"] == "reviews.shop"
    assert node["locality"] == {"region": "eu", "zone": "eu-1", "sub_zone": "rack-7"}
    assert node["metadata"] == {
        "NAMESPACE": "shop",
        "NAME": "reviews-v1-0",
        "WORKLOAD_NAME": "reviews-v1",
        "LABELS": {"app": "reviews", "version": "v1"},
        "SERVICE_ACCOUNT": "reviews",
        "CLUSTER_ID": "Kubernetes",
        "INSTANCE_IPS": "10.1.0.2",
        "ISTIO_VERSION": bootstrap.ISTIO_VERSION,
        "MESH_ID": "m1",
        "INTERCEPTION_MODE": "REDIRECT",
        "DNS_CAPTURE": "true",
        "ENVOY_STATUS_PORT": 15021,
        "ENVOY_PROMETHEUS_PORT": 15090,
        "LATEEN": {"virtualHosts": True, "endpoints": True, "onDemand": True},
    }


@pytest.mark.rule("TE-2")
def test_the_workload_as_its_peers_count_it_is_in_envoys_environment() -> None:
    node = bootstrap.node(REVIEWS, Mesh(), Options())
    assert bootstrap.environment(node) == {"LATEEN_PEER": "reviews-v1;shop;reviews;v1;Kubernetes"}
    assert bootstrap.PEER_VARIABLE == http_connection_manager.PEER_VARIABLE


def test_a_gateway_never_asks_for_hosts_on_demand() -> None:
    gateway = Workload("ingress", "10.1.0.3", kind="gateway")
    can = bootstrap.metadata(gateway, Mesh(), Options())["LATEEN"]
    assert can == {"virtualHosts": True, "endpoints": True, "onDemand": False}


def test_explicit_mode_says_where_the_sidecar_is_to_listen() -> None:
    proxy, explicit = network.explicit("m1", 0, [9080], ["mysql.db:3306"])
    metadata = bootstrap.metadata(Workload("a", proxy.address, proxy=proxy, explicit=explicit), Mesh(), Options())
    assert (metadata["INTERCEPTION_MODE"], metadata["HTTP_PROXY_PORT"], "DNS_CAPTURE" in metadata) == ("NONE", "15007", False)
    assert metadata["LATEEN"] == {
        "virtualHosts": True,
        "endpoints": True,
        "onDemand": False,
        "explicit": {
            "proxyAddress": proxy.address,
            "appAddress": explicit.app_address,
            "inbound": [{"port": 9080, "bind": 20000}],
            "outboundTcp": [{"destination": "mysql.db:3306", "bind": 21000}],
        },
    }


@pytest.mark.rule("AG-1")
def test_static_are_only_the_ways_to_the_agent_and_to_envoy_itself() -> None:
    config = bootstrap.bootstrap(REVIEWS, Mesh(), SOCKETS)
    paths = {
        each["name"]: each["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]["address"]["pipe"]["path"]
        for each in config["static_resources"]["clusters"]
    }
    assert paths == {"xds-grpc": "/m/xds.sock", "sds-grpc": "/m/sds.sock", "agent": "/m/agent.sock", "prometheus_stats": "/m/admin.sock"}
    assert ports(config) == {
        "admin": ("127.0.0.1", 15000),
        "merged_metrics": ("0.0.0.0", 15020),
        "readiness": ("0.0.0.0", 15021),
        "statistics": ("0.0.0.0", 15090),
    }
    assert config["dynamic_resources"]["ads_config"]["api_type"] == "DELTA_GRPC"


def test_many_envoys_share_a_loopback_at_addresses_of_their_own() -> None:
    proxy, explicit = network.explicit("m1", 1, [], [])
    config = bootstrap.bootstrap(Workload("a", proxy.address, proxy=proxy, explicit=explicit), Mesh(), SOCKETS)
    assert {address for address, _ in ports(config).values()} == {proxy.address}


def test_connections_are_marked_only_where_envoy_has_no_user_of_its_own() -> None:
    assert "cluster_manager" not in bootstrap.bootstrap(REVIEWS, Mesh(), SOCKETS)
    marked = bootstrap.bootstrap(REVIEWS, Mesh(), SOCKETS, Options(mark=True))
    option = marked["cluster_manager"]["upstream_bind_config"]["socket_options"][0]
    assert (option["level"], option["name"], option["int_value"]) == (1, 36, 1337)


def test_envoys_own_questions_go_to_the_forwarding_port() -> None:
    resolver = bootstrap.bootstrap(REVIEWS, Mesh(), SOCKETS)["typed_dns_resolver_config"]["typed_config"]
    assert resolver["resolvers"] == [{"socket_address": {"address": "127.0.0.1", "port_value": 15054, "protocol": "UDP"}}]


@pytest.mark.rule("AG-8")
def test_the_command_line_has_no_hot_restart_and_istios_drain_time() -> None:
    words = bootstrap.arguments("/m/envoy.json", REVIEWS)
    assert "--disable-hot-restart" in words
    assert words[words.index("--drain-time-s") + 1] == "45"
    assert words[words.index("--concurrency") + 1] == "1"


@pytest.mark.rule("MESH-9")
def test_threads_draining_and_runtime_are_as_the_settings_say() -> None:
    told = msgspec.structs.replace(REVIEWS, settings=ProxySettings(concurrency=3, drain=7.0, runtime=(("a.b", "1"),)))
    words = bootstrap.arguments("/m/envoy.json", told)
    assert (words[words.index("--concurrency") + 1], words[words.index("--drain-time-s") + 1]) == ("3", "7")
    assert "--concurrency" not in bootstrap.arguments("/m/envoy.json", msgspec.structs.replace(REVIEWS, settings=ProxySettings(concurrency=0)))
    static, _ = bootstrap.bootstrap(told, Mesh(), SOCKETS)["layered_runtime"]["layers"]
    assert static["static_layer"]["a.b"] == "1"
    assert "re2.max_program_size.error_level" in static["static_layer"]
