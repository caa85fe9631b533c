"""EnvoyFilters in real Envoys: what a patch changes of the traffic, that a bad one harms nothing else, and that all is as it was once it is gone."""

from __future__ import annotations

from collections import Counter

import pytest

from lateen.values.ref import Ref
from stage.stage import Stage
from stage.worlds import gateway, service, to, virtual_service

pytestmark = [pytest.mark.envoy, pytest.mark.root]

A, B, SERVER = "10.0.0.1", "10.0.0.2", "10.1.0.9"
MANAGER = "filter: {name: envoy.filters.network.http_connection_manager"
AT_ROUTER = f"{{filterChain: {{{MANAGER}, subFilter: {{name: envoy.filters.http.router}}}}}}}}"
EXTENSIONS = "type.googleapis.com/envoy.extensions"


def envoy_filter(*patches: str, name: str = "it", namespace: str = "default", more: str = "") -> str:
    head = f"apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: {{name: {name}, namespace: {namespace}}}"
    return f"\n---\n{head}\nspec: {{configPatches: [{', '.join(patches)}]{more}}}\n"


def patch(target: str, operation: str, value: str = "{}", match: str = "", reach: str = "SIDECAR_OUTBOUND") -> str:
    inside = f", {match}" if match else ""
    return f"{{applyTo: {target}, match: {{context: {reach}{inside}}}, patch: {{operation: {operation}, value: {value}}}}}"


def lua(script: str) -> str:
    return f'{{name: mine, typed_config: {{"@type": {EXTENSIONS}.filters.http.lua.v3.Lua, default_source_code: {{inline_string: "{script}"}}}}}}'


def says(header: str) -> str:
    """A script that puts a header into responses."""
    return lua(f"function envoy_on_response(handle) handle:headers():add('{header}', 'yes') end")


@pytest.mark.rule("EX-1")
@pytest.mark.rule("EX-2")
def test_a_script_at_the_server_changes_what_its_callers_get_until_it_is_gone(stage: Stage) -> None:
    server, outside = stage.sidecar(labels={"app": "reviews"}, ip=SERVER), stage.outside()
    script = patch("HTTP_FILTER", "INSERT_BEFORE", says("x-lua"), f"listener: {AT_ROUTER}", "SIDECAR_INBOUND")
    stage.world(service("reviews", SERVER), envoy_filter(script, more=", workloadSelector: {labels: {app: reviews}}"))
    answer = outside.get("http://reviews:8080/", to=server)
    assert (answer.status, answer.header("x-lua")) == (200, "yes")
    stage.world(service("reviews", SERVER))
    assert not outside.get("http://reviews:8080/", to=server).header("x-lua")


@pytest.mark.rule("HC-1")
def test_a_script_may_choose_another_route_and_with_it_a_fault(stage: Stage) -> None:
    faulty = "match: [{headers: {x-pick: {exact: faulty}}}], fault: {abort: {httpStatus: 418, percentage: {value: 100}}}"
    rules = virtual_service("reviews", "reviews", http=f"[{to('reviews', faulty)}, {to('reviews')}]")
    chooses = lua("function envoy_on_request(handle) handle:headers():add('x-pick', 'faulty') handle:clearRouteCache() end")
    stage.world(service("reviews", A), rules)
    assert stage.sidecar().get("http://reviews/").status == 200
    stage.world(
        service("reviews", A), rules, envoy_filter(patch("HTTP_FILTER", "INSERT_FIRST", chooses, f"listener: {{filterChain: {{{MANAGER}}}}}}}"))
    )
    assert stage.sidecar().get("http://reviews/").status == 418


@pytest.mark.rule("EX-6")
def test_a_gateway_answers_no_more_than_a_local_limit_allows(stage: Stage) -> None:
    kind = f'"@type": {EXTENSIONS}.filters.http.local_ratelimit.v3.LocalRateLimit, stat_prefix: limit'
    always = "{runtime_key: none, default_value: {numerator: 100, denominator: HUNDRED}}"
    bucket = "token_bucket: {max_tokens: 3, tokens_per_fill: 3, fill_interval: 3600s}"
    first = patch(
        "HTTP_FILTER", "INSERT_FIRST", f"{{name: limit, typed_config: {{{kind}}}}}", f"listener: {{filterChain: {{{MANAGER}}}}}}}", "GATEWAY"
    )
    limit = f"{{typed_per_filter_config: {{limit: {{{kind}, {bucket}, filter_enabled: {always}, filter_enforced: {always}}}}}}}"
    host = patch("VIRTUAL_HOST", "MERGE", limit, 'routeConfiguration: {portNumber: 80, vhost: {name: "limited.example:80"}}', "GATEWAY")
    edge, outside = stage.gateway(), stage.outside()
    stage.world(
        service("a", A),
        gateway("edge", "{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}"),
        virtual_service("limited", "limited.example", gateways="[edge]", http=f"[{to('a')}]"),
        virtual_service("free", "free.example", gateways="[edge]", http=f"[{to('a')}]"),
        envoy_filter(first, host, namespace="istio-system"),
    )
    assert Counter(outside.get("http://limited.example/", to=edge).status for _ in range(5)) == {200: 3, 429: 2}
    assert Counter(outside.get("http://free.example/", to=edge).status for _ in range(5)) == {200: 5}


@pytest.mark.rule("EX-1")
@pytest.mark.rule("EX-2")
def test_routes_and_virtual_hosts_are_patched_where_they_are_told_one_by_one(stage: Stage) -> None:
    vhost = 'vhost: {name: "a.default.svc.cluster.local:80"}'
    closed = patch(
        "HTTP_ROUTE", "INSERT_FIRST", "{match: {prefix: /admin}, direct_response: {status: 403}}", f"routeConfiguration: {{portNumber: 80, {vhost}}}"
    )
    extra = "{name: extra, domains: [extra.example], routes: [{match: {prefix: /}, direct_response: {status: 418}}]}"
    added = patch("VIRTUAL_HOST", "ADD", extra, 'routeConfiguration: {name: "80"}')
    gone = '{applyTo: VIRTUAL_HOST, match: {routeConfiguration: {vhost: {name: "b.default.svc.cluster.local:80"}}}, patch: {operation: REMOVE}}'
    client = stage.sidecar()
    stage.world(service("a", A), service("b", B), envoy_filter(closed, added, gone))
    assert [client.get(url).status for url in ("http://a/admin", "http://extra.example/")] == [403, 418]
    assert client.get("http://a/other").at == A
    assert client.get("http://b/").at not in (A, B)
    stage.world(service("a", A), service("b", B))
    assert [client.get(url).at for url in ("http://a/admin", "http://b/")] == [A, B]


@pytest.mark.rule("EX-1")
@pytest.mark.rule("LI-21")
@pytest.mark.parametrize(
    "match",
    ["{vhost: {name: 'inbound|http|80'}}", "{portNumber: 80}", "{portNumber: 8080}", "{name: 'inbound|8080||', vhost: {route: {name: default}}}"],
)
def test_a_route_of_the_workload_itself_is_known_by_its_service_s_port(stage: Stage, match: str) -> None:
    server = stage.sidecar(labels={"app": "server"}, ip="10.1.0.30")
    add = "{requestHeadersToAdd: [{header: {key: x-in, value: 'yes'}}]}"
    of_route = patch("HTTP_ROUTE", "MERGE", add, f"routeConfiguration: {match}", "SIDECAR_INBOUND")
    stage.world(service("server", "10.1.0.30"), envoy_filter(of_route))
    assert stage.outside().get("http://server/", to=server, port=8080).seen.header("x-in") == "yes"


@pytest.mark.rule("EX-2")
def test_a_cluster_that_is_added_can_be_routed_to_and_one_that_is_removed_cannot(stage: Stage) -> None:
    place = f"{{address: {{socket_address: {{address: {B}, port_value: 8080}}}}}}"
    endpoints = f"endpoints: [{{lb_endpoints: [{{endpoint: {place}}}]}}]"
    mine = f"{{name: mine, type: STATIC, connect_timeout: 1s, load_assignment: {{cluster_name: mine, {endpoints}}}}}"
    add = patch("CLUSTER", "ADD", mine)
    route = patch("HTTP_ROUTE", "INSERT_FIRST", "{match: {prefix: /mine}, route: {cluster: mine}}", "routeConfiguration: {vhost: {domainName: a}}")
    client = stage.sidecar()
    stage.world(service("a", A), envoy_filter(add, route))
    assert (client.get("http://a/mine").at, client.get("http://a/").at) == (B, A)
    remove = "{applyTo: CLUSTER, match: {cluster: {service: a.default.svc.cluster.local}}, patch: {operation: REMOVE}}"
    stage.world(service("a", A), envoy_filter(remove))
    assert client.get("http://a/").status == 503


@pytest.mark.rule("EX-1")
def test_a_filter_whose_configuration_is_told_apart_is_told_it(stage: Stage) -> None:
    client = stage.sidecar()
    kind = f"{EXTENSIONS}.filters.http.lua.v3.Lua"
    found = f"{{config_source: {{ads: {{}}, resource_api_version: V3, initial_fetch_timeout: 5s}}, type_urls: [{kind}]}}"
    apart = patch("HTTP_FILTER", "INSERT_FIRST", f"{{name: mine, config_discovery: {found}}}", f"listener: {{filterChain: {{{MANAGER}}}}}}}")
    told = f"{{applyTo: EXTENSION_CONFIG, patch: {{operation: ADD, value: {says('x-apart')}}}}}"
    stage.world(service("a", A), envoy_filter(apart, told))
    assert client.get("http://a/").header("x-apart") == "yes"
    changed = f"{{applyTo: EXTENSION_CONFIG, patch: {{operation: ADD, value: {says('x-changed')}}}}}"
    stage.world(service("a", A), envoy_filter(apart, changed))
    assert client.get("http://a/").header("x-changed") == "yes"


@pytest.mark.rule("EX-3")
def test_a_patch_that_breaks_a_rule_of_envoy_harms_neither_other_patches_nor_other_traffic(stage: Stage) -> None:
    behind = patch(
        "NETWORK_FILTER",
        "INSERT_AFTER",
        f'{{name: late, typed_config: {{"@type": {EXTENSIONS}.filters.network.rbac.v3.RBAC, stat_prefix: x}}}}',
        f"listener: {{filterChain: {{{MANAGER}}}}}}}",
    )
    good = patch("HTTP_FILTER", "INSERT_FIRST", says("x-good"), f"listener: {{filterChain: {{{MANAGER}}}}}}}")
    client = stage.sidecar()
    stage.world(service("a", A), envoy_filter(behind, name="bad"), envoy_filter(good, name="good"))
    answer = client.get("http://a/")
    assert (answer.at, answer.header("x-good")) == (A, "yes")
    assert {str(each.origin) for _, each in stage.control.pusher.left_out()} == {"EnvoyFilter default/bad"}


@pytest.mark.rule("EX-3")
def test_what_only_envoy_can_refuse_is_told_on_the_envoy_filter_and_the_proxy_keeps_what_it_had(stage: Stage) -> None:
    client = stage.sidecar()
    stage.world(service("a", A))
    broken = patch("HTTP_FILTER", "INSERT_FIRST", lua("this is no Lua"), f"listener: {{filterChain: {{{MANAGER}}}}}}}")
    stage.world(service("a", A), envoy_filter(broken), refused=True)
    assert client.get("http://a/").at == A
    refusals = stage.control.pusher.states.refusals([Ref("EnvoyFilter", "default", "it")])
    assert refusals
    assert all("'=' expected near 'is'" in refusal.message for _, refusal in refusals)
    stage.world(service("a", A))
    assert client.get("http://a/").at == A


@pytest.mark.rule("EX-5")
def test_an_external_processor_that_is_not_there_stops_requests_unless_it_is_said_to_be_no_matter(stage: Stage) -> None:
    client = stage.sidecar()

    def processor(more: str) -> str:
        asked = "grpc_service: {envoy_grpc: {cluster_name: outbound|80||nobody.default.svc.cluster.local}, timeout: 0.5s}"
        value = f'{{name: mine, typed_config: {{"@type": {EXTENSIONS}.filters.http.ext_proc.v3.ExternalProcessor, {asked}, {more}}}}}'
        return envoy_filter(patch("HTTP_FILTER", "INSERT_BEFORE", value, f"listener: {AT_ROUTER}"))

    stage.world(service("a", A), service("nobody", "10.255.0.1"), processor("failure_mode_allow: false"))
    assert client.get("http://a/").status >= 500
    stage.world(service("a", A), service("nobody", "10.255.0.1"), processor("failure_mode_allow: true"))
    assert client.get("http://a/").at == A
