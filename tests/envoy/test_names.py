"""Names, hosts and visibility: whom a host means, who sees an object, and which of two wins, by where calls land."""

from __future__ import annotations

import pytest

from stage.caller import ELSEWHERE
from stage.stage import Stage
from stage.worlds import destination_rule, entry, gateway, mesh, service, to, vip, virtual_service

pytestmark = [pytest.mark.envoy, pytest.mark.root]

SHOP = (service("web", "10.0.0.1"), service("web", "10.0.1.1", namespace="shop"), service("store", "10.0.1.2", namespace="shop"))
NOT_FOUND_CLUSTER = 503


def leading(name: str, host: str, where: str, namespace: str = "default", created: str = "", **spec: str) -> str:
    return virtual_service(name, host, namespace, created, http=f"[{to(where)}]", **spec)


@pytest.mark.rule("N-1")
def test_short_hosts_are_of_the_namespace_of_the_rule_and_not_of_the_caller(stage: Stage) -> None:
    stage.world(*SHOP, service("store", "10.0.0.2"), leading("r", "web", "store", "shop"))
    client = stage.sidecar()
    assert client.get("http://web.shop/").at == "10.0.1.2"
    assert client.get("http://web/").at == "10.0.0.1"


@pytest.mark.rule("N-1")
def test_a_destination_with_a_dot_is_taken_as_written(stage: Stage) -> None:
    stage.world(*SHOP, leading("dotted", "web", "store.shop"), leading("full", "web.shop.svc.cluster.local", "store.shop.svc.cluster.local"))
    client = stage.sidecar()
    assert client.get("http://web/").status == NOT_FOUND_CLUSTER
    assert client.get("http://web.shop/").at == "10.0.1.2"


def asked(stage: Stage, *namespaces: str) -> list[list[str]]:
    """Where calls to a service of the namespace `shop` land, by its short name and by its full one, of apps of these namespaces."""
    names = ("web.shop", "web.shop.svc.cluster.local")
    return [[stage.sidecar(namespace).get(f"http://{name}/", to=vip("web", "shop")).at for name in names] for namespace in namespaces]


@pytest.mark.rule("N-1")
def test_a_rules_host_with_a_dot_is_what_was_asked_for_and_not_the_service_of_that_name(stage: Stage) -> None:
    stage.world(*SHOP, leading("dotted", "web.shop", "web"))
    assert asked(stage, "default", "shop", "third") == [["10.0.0.1", "10.0.1.1"]] * 3
    stage.world(*SHOP)
    assert asked(stage, "default", "shop", "third") == [["10.0.1.1", "10.0.1.1"]] * 3


@pytest.mark.rule("N-1")
def test_a_short_name_stays_with_its_service_where_the_rule_about_it_is_not_seen(stage: Stage) -> None:
    stage.world(*SHOP, leading("dotted", "web.shop", "web", exportTo='["."]'))
    assert asked(stage, "default", "third") == [["10.0.0.1", "10.0.1.1"], ["10.0.1.1", "10.0.1.1"]]
    scope = """
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: default, namespace: default}
spec: {egress: [{hosts: ["./*", "shop/*"]}]}
"""
    stage.world(*SHOP, leading("dotted", "web.shop", "web", "third"), scope)
    assert asked(stage, "default") == [["10.0.1.1", "10.0.1.1"]]


@pytest.mark.rule("N-1")
@pytest.mark.parametrize(("created", "expected"), [("2020", ["10.0.1.2", "10.0.1.2"]), ("2022", ["10.0.0.1", "10.0.1.2"])])
def test_of_a_rule_about_a_short_name_and_one_about_its_service_the_older_has_the_name(stage: Stage, created: str, expected: list[str]) -> None:
    dotted = leading("dotted", "web.shop", "web.default.svc.cluster.local", created="2021")
    stage.world(*SHOP, dotted, leading("full", "web", "store", "shop", created))
    assert asked(stage, "default", "shop") == [expected] * 2


@pytest.mark.rule("N-1")
def test_short_hosts_of_destination_rules_and_mirrors_are_of_the_rules_namespace(stage: Stage) -> None:
    subsets = destination_rule("d", "store", "subsets: [{name: all}]", "shop")
    copied = virtual_service("r", "web.shop.svc.cluster.local", "shop", http=f"[{to('store/all', 'mirror: {host: web}')}]")
    stage.world(*SHOP, subsets, copied)
    assert stage.sidecar().get("http://web.shop/").at == "10.0.1.2"
    stage.seen(1, at="10.0.1.1")
    assert stage.seen(at="10.0.0.1") == []


@pytest.mark.rule("N-2")
@pytest.mark.parametrize("name", ["edge", "./edge", "shop/edge", "edge.shop.svc.cluster.local"])
def test_a_gateways_name_is_of_the_rules_namespace_unless_it_says_another(stage: Stage, name: str) -> None:
    http = gateway("edge", namespace="shop")
    other = gateway("edge", "{port: {number: 81, name: http, protocol: HTTP}, hosts: ['*']}")
    stage.world(*SHOP, http, other, leading("r", "a.example", "web", "shop", gateways=f'["{name}"]'))
    edge, outside = stage.gateway(), stage.outside()
    assert outside.get("http://a.example/", to=edge).at == "10.0.1.1"
    assert outside.get("http://a.example:81/", to=edge).status == 404


@pytest.mark.rule("N-2")
def test_without_gateways_a_rule_is_for_all_sidecars_and_mesh_says_so(stage: Stage) -> None:
    rules = [leading("silent", "one.example", "web"), leading("said", "two.example", "web", gateways="[mesh, edge]")]
    stage.world(*SHOP, gateway("edge"), *rules, leading("edge", "three.example", "web", gateways="[edge]"))
    client, edge, outside = stage.sidecar(), stage.gateway(), stage.outside()
    assert [client.get(f"http://{host}.example/").at for host in ("one", "two", "three")] == ["10.0.0.1", "10.0.0.1", ELSEWHERE]
    assert [outside.get(f"http://{host}.example/", to=edge).status for host in ("one", "two", "three")] == [404, 200, 200]


@pytest.mark.rule("N-3")
def test_a_wildcard_stands_for_one_part_or_more_and_not_for_none(stage: Stage) -> None:
    stage.world(*SHOP, leading("any", "*.foo.example", "web"))
    client = stage.sidecar()
    found = [client.get(f"http://{host}/").at for host in ("a.foo.example", "a.b.foo.example", "foo.example", "afoo.example")]
    assert found == ["10.0.0.1", "10.0.0.1", ELSEWHERE, ELSEWHERE]


@pytest.mark.rule("N-3")
def test_an_exact_host_beats_a_wildcard_and_a_longer_wildcard_a_shorter_whatever_their_age(stage: Stage) -> None:
    stage.world(
        *SHOP,
        service("third", "10.0.0.3"),
        leading("short", "*.example", "web", created="2020"),
        leading("long", "*.foo.example", "store.shop.svc.cluster.local", created="2021"),
        leading("exact", "a.foo.example", "third", created="2022"),
    )
    client = stage.sidecar()
    found = [client.get(f"http://{host}/").at for host in ("a.foo.example", "b.foo.example", "foo.example")]
    assert found == ["10.0.0.3", "10.0.1.2", "10.0.0.1"]


@pytest.mark.rule("N-4")
@pytest.mark.parametrize(
    ("export", "seen"),
    [("", "both"), ('exportTo: ["*"]', "both"), ('exportTo: ["."]', "shop"), ("exportTo: [default]", "default"), ('exportTo: ["~"]', "nobody")],
)
def test_a_service_is_seen_where_it_is_exported_to(stage: Stage, export: str, seen: str) -> None:
    stage.world(entry("e", "e.example", "10.0.5.1", namespace="shop", more=export))
    inside = stage.sidecar("shop").get("http://e.example/").at == "10.0.5.1"
    outside = stage.sidecar().get("http://e.example/").at == "10.0.5.1"
    assert (inside, outside) == {"both": (True, True), "shop": (True, False), "default": (False, True), "nobody": (False, False)}[seen]


@pytest.mark.rule("N-4")
@pytest.mark.parametrize(
    ("export", "found"), [("[.]", ("10.0.1.2", "10.0.1.1")), ("[default]", ("10.0.1.1", "10.0.1.2")), ('[".", "*"]', ("10.0.1.2",) * 2)]
)
def test_a_rule_holds_where_it_is_exported_to(stage: Stage, export: str, found: tuple[str, str]) -> None:
    stage.world(*SHOP, leading("r", "web", "store", "shop", exportTo=export.replace("[.]", '["."]')))
    assert (stage.sidecar("shop").get("http://web/").at, stage.sidecar().get("http://web.shop/").at) == found


@pytest.mark.rule("N-4")
def test_a_destination_rule_with_a_selector_is_for_the_selected_of_its_namespace_alone(stage: Stage) -> None:
    subsets = "subsets: [{name: all}], workloadSelector: {matchLabels: {app: client}}"
    stage.world(*SHOP, leading("r", "one.example", "web/all", "shop"), destination_rule("d", "web", subsets, "shop"))
    selected, other, far = stage.sidecar("shop"), stage.sidecar("shop", {"app": "other"}), stage.sidecar()
    found = [each.get("http://one.example/").status for each in (selected, other, far)]
    assert found == [200, NOT_FOUND_CLUSTER, NOT_FOUND_CLUSTER]


@pytest.mark.rule("N-4")
@pytest.mark.parametrize(("export", "found"), [(".", ("10.0.1.1", ELSEWHERE)), ("default", (ELSEWHERE, "10.0.1.1")), ("~", (ELSEWHERE, ELSEWHERE))])
def test_a_kubernetes_service_says_in_an_annotation_who_sees_it(stage: Stage, export: str, found: tuple[str, str]) -> None:
    annotated = 'metadata: {annotations: {networking.istio.io/exportTo: "EXPORT"}, name: web, namespace: shop}'.replace("EXPORT", export)
    stage.world(service("web", "10.0.1.1", namespace="shop").replace("metadata: {name: web, namespace: shop}", annotated, 1))
    callers = stage.sidecar("shop"), stage.sidecar()
    assert tuple(each.get("http://web.shop/", to=ELSEWHERE).at for each in callers) == found


@pytest.mark.rule("N-4")
def test_the_mesh_says_who_sees_what_does_not_say_itself(stage: Stage) -> None:
    private = "{defaultServiceExportTo: [.], defaultVirtualServiceExportTo: [.], defaultDestinationRuleExportTo: [.]}".replace("[.]", '["."]')
    documents = [entry("e", "e.example", "10.0.5.1", namespace="shop"), *SHOP, leading("r", "one.example", "web", "shop")]
    stage.world(*documents, mesh(private))
    near, far = stage.sidecar("shop"), stage.sidecar()
    assert [near.get(f"http://{host}/").at for host in ("e.example", "web", "one.example")] == ["10.0.5.1", "10.0.1.1", "10.0.1.1"]
    assert [far.get(f"http://{host}/", to=ELSEWHERE).at for host in ("e.example", "web.shop", "one.example")] == [ELSEWHERE] * 3


@pytest.mark.rule("N-5")
def test_the_older_wins_then_the_first_by_name_then_by_namespace(stage: Stage) -> None:
    host = "a.example"
    by_age = [leading("a", host, "web", created="2021"), leading("b", host, "store.shop.svc.cluster.local", created="2020")]
    by_name = [leading("b", host, "web", created="2020"), leading("a", host, "store", "shop", created="2020")]
    by_namespace = [leading("a", host, "store", "shop", created="2020"), leading("a", host, "web", "default", created="2020")]
    for rules, expected in ((by_age, "10.0.1.2"), (by_name, "10.0.1.2"), (by_namespace, "10.0.0.1")):
        stage.world(*SHOP, *rules)
        assert stage.sidecar().get(f"http://{host}/").at == expected


@pytest.mark.rule("N-6")
def test_of_one_host_in_several_namespaces_one_takes_ones_own_then_kubernetes_then_the_oldest(stage: Stage) -> None:
    host = "web.shop.svc.cluster.local"
    stage.world(*SHOP, entry("e", host, "10.0.6.1", namespace="default"))
    assert stage.sidecar().get(f"http://{host}/").at == "10.0.6.1"
    assert stage.sidecar("third").get(f"http://{host}/").at == "10.0.1.1"
    young, old = (entry(name, "e.example", f"10.0.6.{number}", namespace=f"n{number}") for number, name in ((2, "a"), (3, "b")))
    stage.world(aged(young, "2022"), aged(old, "2021"))
    assert stage.sidecar("third").get("http://e.example/").at == "10.0.6.3"


@pytest.mark.rule("N-6")
def test_of_one_host_twice_in_a_namespace_the_oldest_wins_and_kubernetes_beats_both(stage: Stage) -> None:
    young, old = (entry(name, "e.example", f"10.0.6.{number}") for number, name in ((2, "a"), (3, "b")))
    own = aged(entry("c", "web.default.svc.cluster.local", "10.0.6.4"), "2019")
    stage.world(*SHOP, aged(young, "2022"), aged(old, "2021"), own)
    client = stage.sidecar()
    assert (client.get("http://e.example/").at, client.get("http://web/").at) == ("10.0.6.3", "10.0.0.1")


@pytest.mark.rule("N-7")
def test_clusters_and_routes_bear_the_names_that_are_known(stage: Stage) -> None:
    server = stage.sidecar(labels={"app": "named"}, ip="10.1.7.1")
    subsets = destination_rule("d", "named", "subsets: [{name: v1}]")
    log = mesh('{accessLogFile: /dev/stdout, accessLogFormat: "%ROUTE_NAME% to %UPSTREAM_CLUSTER_RAW%\\n"}')
    stage.world(service("named", "10.1.7.1"), subsets, virtual_service("r", "named", http=f"[{to('named/v1')}]"), log)
    host = "named.default.svc.cluster.local"
    known = {f"outbound|80||{host}", f"outbound|80|v1|{host}", "BlackHoleCluster", "PassthroughCluster", "InboundPassthroughCluster"}
    assert known | {"inbound|8080||", "agent", "prometheus_stats", "sds-grpc", "xds-grpc"} <= server.clusters()
    client = stage.sidecar()
    client.get("http://named/")
    assert client.logged(r"default to outbound\|80\|v1\|named")
    assert server.logged(r"default to inbound\|8080\|\|$")


@pytest.mark.rule("N-7")
def test_a_gateway_between_networks_names_its_clusters_as_they_are_asked_for(stage: Stage) -> None:
    passing = '{port: {number: 15443, name: tls, protocol: TLS}, hosts: ["*.local"], tls: {mode: AUTO_PASSTHROUGH}}'
    stage.world(*SHOP, gateway("east", passing))
    assert "outbound_.80_._.web.default.svc.cluster.local" in stage.gateway().clusters()


@pytest.mark.rule("N-8")
def test_the_mesh_may_name_the_clusters_of_what_a_workload_serves_too(stage: Stage) -> None:
    server = stage.sidecar(labels={"app": "named"}, ip="10.1.7.1")
    pattern = '{inboundClusterStatName: "%SERVICE%_%SERVICE_PORT_NAME%_%SERVICE_PORT%"}'
    stage.world(service("named", "10.1.7.1"), mesh(pattern))
    assert '"alt_stat_name": "named.default_http_80"' in server.admin("/config_dump?resource=dynamic_active_clusters")


@pytest.mark.rule("N-8")
def test_the_mesh_may_name_clusters_in_statistics_by_a_pattern(stage: Stage) -> None:
    pattern = '{outboundClusterStatName: "%SERVICE%|%SERVICE_FQDN%|%SERVICE_PORT%|%SERVICE_PORT_NAME%|%TARGET_PORT%|%SERVICE_NAME%|%SUBSET_NAME%"}'
    stage.world(*SHOP, mesh(pattern))
    client = stage.sidecar()
    client.get("http://web.shop/")
    dump = client.admin("/config_dump?resource=dynamic_active_clusters")
    assert '"alt_stat_name": "web.shop|web.shop.svc.cluster.local|80|http|8080|web|"' in dump


def aged(document: str, year: str) -> str:
    return document.replace("metadata: {", f'metadata: {{creationTimestamp: "{year}-01-01T00:00:00Z", ')


STORE = service("store", "10.0.0.2")
ALIAS = """
apiVersion: v1
kind: Service
metadata: {name: alias, namespace: default}
spec: {type: ExternalName, externalName: web.default.svc.cluster.local}
"""


def landing(stage: Stage, *names: str) -> list[str | None]:
    """Where calls to the first service land that ask for these names."""
    client = stage.sidecar()
    return [client.get(f"http://{name}/", to=vip("web")).at for name in names]


@pytest.mark.rule("SD-14")
def test_a_rule_about_an_alias_is_for_its_full_name_alone(stage: Stage) -> None:
    names = ("alias.default.svc.cluster.local", "alias", "alias.default", "web")
    stage.world(*SHOP, STORE, ALIAS)
    assert landing(stage, *names) == ["10.0.0.1"] * 4
    stage.world(*SHOP, STORE, ALIAS, leading("r", "alias", "store"))
    assert landing(stage, *names) == ["10.0.0.2", *["10.0.0.1"] * 3]
    stage.world(*SHOP, STORE, ALIAS, leading("r", "alias", "store"), leading("s", "web", "store"))
    assert landing(stage, *names) == ["10.0.0.2"] * 4


@pytest.mark.rule("SD-14")
def test_a_service_may_become_an_alias_and_be_one_no_more(stage: Stage) -> None:
    names, real = ("alias.default.svc.cluster.local", "alias"), service("alias", "10.0.0.3")
    for world, where in ((ALIAS, "10.0.0.1"), (real, "10.0.0.3"), (ALIAS + "---" + leading("r", "alias", "store"), ""), (ALIAS, "10.0.0.1")):
        stage.world(*SHOP, STORE, world)
        assert landing(stage, *names) == ([where] * 2 if where else ["10.0.0.2", "10.0.0.1"])


@pytest.mark.rule("SD-14")
def test_names_that_lead_in_a_circle_are_nobodys(stage: Stage) -> None:
    circle = ALIAS.replace("web.default", "alias.default").replace("cluster.local", "cluster.local, ports: [{name: http, port: 80}]")
    stage.world(*SHOP, STORE, circle)
    assert stage.sidecar().get("http://alias/", to="10.0.0.9").at == "10.0.0.9"


@pytest.mark.rule("LI-8")
@pytest.mark.rule("N-3")
@pytest.mark.parametrize("metadata", [{}, {"LATEEN": {"mark": 1337}}], ids=["ours", "ordinary"])
def test_names_that_a_proxy_takes_for_one_do_not_spoil_its_table(stage: Stage, metadata: dict[str, object]) -> None:
    entries = [entry("a", "Api.example", "10.0.2.1"), entry("b", "api.example.", "10.0.2.2"), entry("c", "aPI.example", "10.0.2.3")]
    rules = [leading(name, host, "store") for name, host in (("r", "api.example"), ("s", "web.default.svc.cluster.local."), ("t", "WEB.default"))]
    stage.world(*SHOP, STORE, *entries, *rules, ALIAS, leading("u", "alias", "store"), leading("v", vip("web"), "store"))
    client = stage.sidecar(metadata=metadata) if metadata else stage.sidecar()

    def at(name: str) -> str | None:
        return client.get("http://web/", to=vip("web"), headers=[("host", name)]).at

    assert [at(name) for name in ("api.example", "API.EXAMPLE", "api.example.")] == ["10.0.2.1", "10.0.2.1", "10.0.2.2"]
    assert [at(name) for name in ("web.default.svc.cluster.local.", "web.default", "web", vip("web"))] == [
        "10.0.0.2",
        "10.0.0.2",
        "10.0.0.1",
        "10.0.0.2",
    ]
