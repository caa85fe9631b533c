"""Bootstrap and command line."""

import msgspec
import pytest

from lateen.agent import bootstrap, network
from lateen.agent.bootstrap import Mesh, Options, Sockets
from lateen.agent.workload import Port, ProxySettings, Workload

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
        "LATEEN": {"virtualHosts": True, "endpoints": True, "onDemand": True, "fewStatistics": True},
    }


def test_a_gateway_never_asks_for_hosts_on_demand() -> None:
    gateway = Workload("ingress", "10.1.0.3", kind="gateway")
    can = bootstrap.metadata(gateway, Mesh(), Options())["LATEEN"]
    assert can == {"virtualHosts": True, "endpoints": True, "onDemand": False, "fewStatistics": True}


@pytest.mark.rule("TE-10")
def test_who_keeps_more_than_the_usual_statistics_has_them_counted() -> None:
    usual, more = REVIEWS, msgspec.structs.replace(REVIEWS, settings=ProxySettings(prefixes=("cluster.outbound",)))
    patched = msgspec.structs.replace(REVIEWS, settings=ProxySettings(patch="{}"))
    found = [bootstrap.metadata(each, Mesh(), Options())["LATEEN"]["fewStatistics"] for each in (usual, more, patched)]
    assert found == [True, False, False]
    assert not bootstrap.metadata(usual, Mesh(), Options(stat_prefixes=("cluster",)))["LATEEN"]["fewStatistics"]


def test_explicit_mode_says_where_the_sidecar_is_to_listen() -> None:
    proxy, explicit = network.explicit("m1", 0, [9080], ["mysql.db:3306"])
    metadata = bootstrap.metadata(Workload("a", proxy.address, proxy=proxy, explicit=explicit), Mesh(), Options())
    assert (metadata["INTERCEPTION_MODE"], metadata["HTTP_PROXY_PORT"], "DNS_CAPTURE" in metadata) == ("NONE", "15007", False)
    assert metadata["LATEEN"] == {
        "virtualHosts": True,
        "endpoints": True,
        "onDemand": False,
        "fewStatistics": True,
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


@pytest.mark.rule("MESH-9")
@pytest.mark.rule("AG-1")
def test_files_connections_and_what_is_merged_are_as_the_settings_say() -> None:
    settings = ProxySettings(flush=0.25, flush_size=4, connections=7, patch='{"header_prefix":"x"}')
    told = msgspec.structs.replace(REVIEWS, settings=settings)
    words = bootstrap.arguments("/m/envoy.json", told)
    options = ("--file-flush-interval-msec", "--file-flush-min-size-kb", "--config-yaml")
    assert [words[words.index(option) + 1] for option in options] == ["250", "4", '{"header_prefix":"x"}']
    assert not set(options) & set(bootstrap.arguments("/m/envoy.json", REVIEWS))
    limits = [bootstrap.bootstrap(each, Mesh(), SOCKETS)["overload_manager"]["resource_monitors"][0]["typed_config"] for each in (told, REVIEWS)]
    assert [each["max_active_downstream_connections"] for each in limits] == [7, 2**31 - 1]


@pytest.mark.rule("WE-3")
def test_where_nothing_is_captured_who_registers_itself_names_its_ports() -> None:
    proxy, explicit = network.explicit("m1", 0, [9080, 9090], [])
    joined = Workload("a", proxy.address, proxy=proxy, explicit=explicit, ports=(Port(9080, "http"), Port(9090)), joins="vms")
    told = bootstrap.metadata(joined, Mesh(), Options())["LATEEN"]["explicit"]["inbound"]
    assert told == [{"port": 9080, "bind": 20000, "name": "http"}, {"port": 9090, "bind": 20001}]


@pytest.mark.rule("AG-6")
def test_envoy_says_who_calls_the_agent_whatever_the_caller_says() -> None:
    merged = next(each for each in bootstrap.bootstrap(REVIEWS, Mesh(), SOCKETS)["static_resources"]["listeners"] if each["name"] == "merged_metrics")
    routes = merged["filter_chains"][0]["filters"][0]["typed_config"]["route_config"]
    assert routes["request_headers_to_add"] == [
        {
            "header": {"key": "x-lateen-peer", "value": "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%"},
            "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
        }
    ]


@pytest.mark.rule("DR-4")
def test_a_sidecar_that_is_to_know_its_peers_asks_for_them_and_says_so() -> None:
    knowing = msgspec.structs.replace(REVIEWS, settings=ProxySettings(peers=True))
    config = bootstrap.bootstrap(knowing, Mesh(), SOCKETS)
    (peers,) = (each for each in config["static_resources"]["clusters"] if each["type"] == "EDS")
    assert config["cluster_manager"]["local_cluster_name"] == peers["name"] == "local_cluster"
    assert config["node"]["metadata"]["ENABLE_SELF_DISCOVERY"] == "true"
    for other in (REVIEWS, msgspec.structs.replace(knowing, kind="gateway")):
        assert "cluster_manager" not in bootstrap.bootstrap(other, Mesh(), SOCKETS)
