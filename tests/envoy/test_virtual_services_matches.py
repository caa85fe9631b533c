"""Which requests a rule of a VirtualService is for: paths, methods, headers, parameters, clients, gateways."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from stage.stage import Stage
from stage.worlds import entry, gateway, mesh, service, to, virtual_service

pytestmark = [pytest.mark.envoy, pytest.mark.root]

YES, NO = "10.0.0.1", "10.0.0.2"
SHOP = (service("yes", YES), service("no", NO), service("web", "10.0.0.3"))


def world(match: str, **spec: str) -> tuple[str, ...]:
    """Requests to `web` that are as one of the matches says land at `yes`, all others at `no`."""
    return (*SHOP, virtual_service("r", "web", http=f"[{to('yes', f'match: [{match}]')}, {to('no')}]", **spec))


@pytest.mark.rule("VS-20")
@pytest.mark.parametrize(
    ("path", "method", "expected"), [("/a", "GET", YES), ("/a", "POST", NO), ("/b", "GET", NO), ("/b", "POST", YES), ("/c", "POST", NO)]
)
def test_matches_are_alternatives_and_their_fields_conditions(stage: Stage, path: str, method: str, expected: str) -> None:
    stage.world(*world("{uri: {prefix: /a}, method: {exact: GET}}, {uri: {prefix: /b}, method: {exact: POST}}"))
    assert stage.sidecar().request(f"http://web{path}", method=method).at == expected


@pytest.mark.rule("VS-20")
@pytest.mark.parametrize(
    "catch_all",
    [
        "",
        "match: [{uri: {prefix: /x}}, {}]",
        "match: [{uri: {prefix: /}}]",
        'match: [{uri: {regex: ".*"}}]',
        "match: [{name: all, uri: {prefix: /}}]",
    ],
)
def test_after_a_rule_that_catches_all_nothing_is_routed(stage: Stage, catch_all: str) -> None:
    later = to("yes", "match: [{uri: {prefix: /later}}]")
    stage.world(*SHOP, virtual_service("r", "web", http=f"[{to('no', catch_all)}, {later}]"))
    client = stage.sidecar()
    assert client.get("http://web/later").at == NO
    assert "/later" not in client.admin("/config_dump")


@pytest.mark.rule("VS-20")
@pytest.mark.parametrize(
    "condition", ["headers: {x-a: {exact: b}}", "method: {exact: POST}", "queryParams: {a: {exact: b}}", "authority: {exact: b}"]
)
def test_a_slash_with_another_condition_catches_not_all(stage: Stage, condition: str) -> None:
    stage.world(*world(f"{{uri: {{prefix: /}}, {condition}}}"))
    assert stage.sidecar().get("http://web/").at == NO


@pytest.mark.rule("VS-20")
def test_rules_are_tried_in_the_order_in_which_they_are_written(stage: Stage) -> None:
    rules = [to("no", "match: [{uri: {prefix: /a}}]"), to("yes", "match: [{uri: {exact: /a/b}}, {uri: {prefix: /b}}]")]
    stage.world(*SHOP, virtual_service("r", "web", http=f"[{', '.join(rules)}]"))
    client = stage.sidecar()
    assert [client.get(f"http://web{path}").outcome for path in ("/a/b", "/b", "/c")] == [NO, YES, "404"]


@pytest.mark.rule("VS-2")
@pytest.mark.rule("VS-21")
@pytest.mark.parametrize(
    ("path", "expected"), [("/foo", YES), ("/foobar", YES), ("/foo/bar", YES), ("/fo", NO), ("/Foo", NO), ("/foo?x=1", YES), ("/bar/foo", NO)]
)
def test_a_prefix_is_a_prefix_of_text(stage: Stage, path: str, expected: str) -> None:
    stage.world(*world("{uri: {prefix: /foo}}"))
    assert stage.sidecar().get(f"http://web{path}").at == expected


@pytest.mark.rule("VS-2")
@pytest.mark.parametrize(("path", "expected"), [("/foo", YES), ("/foo?x=/bar", YES), ("/foo/", NO), ("/foo/bar", NO), ("/FOO", NO)])
def test_an_exact_path_is_the_path_without_its_query(stage: Stage, path: str, expected: str) -> None:
    stage.world(*world("{uri: {exact: /foo}}"))
    assert stage.sidecar().get(f"http://web{path}").at == expected


@pytest.mark.rule("VS-22")
@pytest.mark.parametrize(
    ("path", "expected"),
    [("/v1/items", YES), ("/v22/items", YES), ("/v1/items/3", NO), ("/x/v1/items", NO), ("/v1/items?a=/b", YES), ("/v/items", NO)],
)
def test_a_regular_expression_matches_the_whole_path_without_its_query(stage: Stage, path: str, expected: str) -> None:
    stage.world(*world('{uri: {regex: "/v[0-9]+/items"}}'))
    assert stage.sidecar().get(f"http://web{path}").at == expected


@pytest.mark.rule("VS-22")
def test_a_query_is_not_part_of_what_a_regular_expression_sees(stage: Stage) -> None:
    stage.world(*world(r'{uri: {regex: "/a\\?b=c"}}'))
    assert stage.sidecar().get("http://web/a?b=c").at == NO


@pytest.mark.rule("VS-23")
@pytest.mark.parametrize(
    ("condition", "headers", "expected"),
    [
        ("{exact: a}", {"x-kind": "a"}, YES),
        ("{exact: a}", {"X-KIND": "a"}, YES),
        ("{exact: a}", {"x-kind": "A"}, NO),
        ("{exact: a}", {}, NO),
        ("{prefix: can}", {"x-kind": "canary"}, YES),
        ("{prefix: can}", {"x-kind": "a can"}, NO),
        ('{regex: "[a-c]+"}', {"x-kind": "abc"}, YES),
        ('{regex: "[a-c]+"}', {"x-kind": "abcd"}, NO),
        ("{}", {"x-kind": "anything"}, YES),
        ("{}", {"x-kind": ""}, YES),
        ("{}", {}, NO),
        ('{regex: "*"}', {"x-kind": "anything"}, YES),
        ('{regex: "*"}', {}, NO),
    ],
)
def test_a_header_must_be_as_said_or_be_there(stage: Stage, condition: str, headers: Mapping[str, str], expected: str) -> None:
    stage.world(*world(f"{{headers: {{X-Kind: {condition}}}}}"))
    assert stage.sidecar().get("http://web/", headers=headers).at == expected


@pytest.mark.rule("VS-23")
@pytest.mark.parametrize(
    ("condition", "headers", "expected"),
    [
        ("{exact: a}", {}, YES),
        ("{exact: a}", {"x-kind": "a"}, NO),
        ("{exact: a}", {"x-kind": "b"}, YES),
        ("{prefix: a}", {"x-kind": "ab"}, NO),
        ('{regex: "a.*"}', {"x-kind": "ab"}, NO),
        ('{regex: "a.*"}', {}, YES),
        ("{}", {"x-kind": "a"}, NO),
        ("{}", {}, YES),
    ],
)
def test_without_headers_holds_also_for_a_header_that_is_missing(stage: Stage, condition: str, headers: Mapping[str, str], expected: str) -> None:
    stage.world(*world(f"{{withoutHeaders: {{x-kind: {condition}}}}}"))
    assert stage.sidecar().get("http://web/", headers=headers).at == expected


@pytest.mark.rule("VS-23")
@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ('{":method": {exact: GET}}', YES),
        ('{":path": {prefix: /some?q=}}', YES),
        ('{":authority": {exact: web}}', YES),
        ('{":scheme": {exact: https}}', NO),
    ],
)
def test_pseudo_headers_may_be_matched(stage: Stage, condition: str, expected: str) -> None:
    stage.world(*world(f"{{headers: {condition}}}"))
    assert stage.sidecar().get("http://web/some?q=1").at == expected


@pytest.mark.rule("VS-2")
@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("method: {exact: GET}", YES),
        ("method: {regex: 'GET|HEAD'}", YES),
        ("method: {prefix: P}", NO),
        ("scheme: {exact: http}", YES),
        ("scheme: {exact: https}", NO),
        ("authority: {exact: web}", YES),
        ("authority: {prefix: we}", YES),
        ("authority: {regex: 'w.b'}", YES),
        ("authority: {exact: other}", NO),
    ],
)
def test_method_scheme_and_authority_are_conditions(stage: Stage, condition: str, expected: str) -> None:
    stage.world(*world(f"{{{condition}}}"))
    assert stage.sidecar().get("http://web/").at == expected


@pytest.mark.rule("VS-24")
@pytest.mark.parametrize(
    ("condition", "query", "expected"),
    [
        ("{exact: a}", "v=a", YES),
        ("{exact: a}", "v=ab", NO),
        ("{exact: a}", "", NO),
        ("{prefix: a}", "x=1&v=ab", YES),
        ("{prefix: a}", "v=ba", NO),
        ('{regex: "[0-9]+"}', "v=12", YES),
        ('{regex: "[0-9]+"}', "v=12a", NO),
        ("{}", "v=", YES),
        ("{}", "v", YES),
        ("{}", "w=v", NO),
    ],
)
def test_a_parameter_must_be_as_said_or_be_there(stage: Stage, condition: str, query: str, expected: str) -> None:
    stage.world(*world(f"{{queryParams: {{v: {condition}}}}}"))
    assert stage.sidecar().get(f"http://web/?{query}").at == expected


@pytest.mark.rule("VS-25")
def test_conditions_on_the_client_hold_for_those_who_are_so_and_for_no_others(stage: Stage) -> None:
    stage.world(*world("{sourceLabels: {app: client}, sourceNamespace: default}"))
    found = [each.get("http://web.default/").at for each in (stage.sidecar(), stage.sidecar(labels={"app": "other"}), stage.sidecar("shop"))]
    assert found == [YES, NO, NO]


@pytest.mark.rule("VS-25")
def test_conditions_on_the_client_do_not_apply_to_gateways_that_are_named(stage: Stage) -> None:
    match = "{gateways: [mesh, edge], sourceLabels: {app: client}, sourceNamespace: default}"
    stage.world(*world(match, gateways="[mesh, edge]"), gateway("edge"))
    assert stage.outside().get("http://web.default.svc.cluster.local/", to=stage.gateway()).at == YES
    assert stage.sidecar(labels={"app": "other"}).get("http://web/").at == NO


@pytest.mark.rule("VS-25")
@pytest.mark.parametrize("condition", ["sourceLabels: {app: client}", "sourceNamespace: default"])
def test_a_gateway_that_is_not_named_is_a_client_like_others(stage: Stage, condition: str) -> None:
    rules = f"[{to('yes', f'match: [{{{condition}}}]')}, {to('no')}]"
    stage.world(*SHOP, gateway("edge"), virtual_service("r", "a.example", gateways="[edge]", http=rules))
    assert stage.outside().get("http://a.example/", to=stage.gateway()).at == NO


@pytest.mark.rule("VS-26")
def test_a_match_may_be_for_some_gateways_only(stage: Stage) -> None:
    second = gateway("back", "{port: {number: 81, name: http, protocol: HTTP}, hosts: ['*']}")
    rules = [to("yes", "match: [{gateways: [edge]}]"), to("no", "match: [{gateways: [mesh]}]"), to("web")]
    stage.world(*SHOP, gateway("edge"), second, virtual_service("r", "a.example", http=f"[{', '.join(rules)}]", gateways="[edge, back, mesh]"))
    outside, at = stage.outside(), stage.gateway()
    found = [outside.get(f"http://a.example:{port}/", to=at).at for port in (80, 81)]
    assert [*found, stage.sidecar().get("http://a.example/").at] == [YES, "10.0.0.3", NO]


@pytest.mark.rule("VS-28")
@pytest.mark.parametrize(
    ("uri", "path", "expected"),
    [
        ("{exact: /Foo}", "/fOO", YES),
        ("{prefix: /Foo}", "/FOOBAR", YES),
        ("{exact: /Foo}", "/foo/", NO),
        ('{regex: "/Foo"}', "/Foo", YES),
        ('{regex: "/Foo"}', "/foo", NO),
    ],
)
def test_case_may_be_ignored_in_exact_paths_and_prefixes(stage: Stage, uri: str, path: str, expected: str) -> None:
    stage.world(*world(f"{{uri: {uri}, ignoreUriCase: true}}"))
    assert stage.sidecar().get(f"http://web{path}").at == expected


@pytest.mark.rule("VS-29")
@pytest.mark.parametrize(
    ("rule", "match", "expected"), [("name: r,", "name: m,", "r.m"), ("name: r,", "", "r"), ("", "name: m,", "m"), ("", "", "default")]
)
def test_routes_are_named_by_rule_and_match(stage: Stage, rule: str, match: str, expected: str) -> None:
    log = mesh('{accessLogFile: /dev/stdout, accessLogFormat: "took %ROUTE_NAME% for %REQ(:PATH)%\\n"}')
    path = f"/{expected}"
    stage.world(*SHOP, log, virtual_service("r", "web", http=f"[{to('no', f'{rule} match: [{{{match} uri: {{prefix: {path}}}}}]')}]"))
    client = stage.sidecar()
    client.get(f"http://web{path}")
    assert client.logged(f"for {path}$")[-1] == f"took {expected} for {path}"


@pytest.mark.rule("VS-2")
def test_what_is_matched_may_have_a_prefix_of_its_own_in_statistics(stage: Stage) -> None:
    stage.world(*world("{uri: {prefix: /a}, statPrefix: counted}"))
    assert '"stat_prefix": "counted"' in stage.sidecar().admin("/config_dump")


@pytest.mark.rule("VS-2")
def test_a_match_may_ask_for_the_port_that_was_called(stage: Stage) -> None:
    ports = "{number: 80, name: one, protocol: HTTP}, {number: 81, name: two, protocol: HTTP}"
    rule = virtual_service("r", "a.example", http=f"[{to('yes', 'match: [{port: 81}]')}, {to('no')}]")
    stage.world(*SHOP, entry("a", "a.example", "10.0.3.1", ports=ports), rule)
    client = stage.sidecar()
    assert [client.get(f"http://a.example:{port}/").at for port in (80, 81)] == [NO, YES]


@pytest.mark.rule("VS-2")
def test_at_a_gateway_a_match_may_ask_for_the_port_of_its_server(stage: Stage) -> None:
    servers = [f"{{port: {{number: {port}, name: http{port}, protocol: HTTP}}, hosts: ['*']}}" for port in (80, 81)]
    rules = f"[{to('yes', 'match: [{port: 81}]')}, {to('no')}]"
    stage.world(*SHOP, gateway("edge", *servers), virtual_service("r", "a.example", gateways="[edge]", http=rules))
    outside, edge = stage.outside(), stage.gateway()
    assert [outside.get(f"http://a.example:{port}/", to=edge).at for port in (80, 81)] == [NO, YES]


@pytest.mark.rule("VS-23")
@pytest.mark.parametrize(("cookie", "expected"), [("user=jason", YES), ("a=b;user=jason;c=d", YES), ("user=jasonx", NO), ("", NO)])
def test_a_user_may_be_known_by_a_cookie(stage: Stage, cookie: str, expected: str) -> None:
    stage.world(*world("{headers: {cookie: {regex: '^(.*?;)?(user=jason)(;.*)?$'}}}"))
    assert stage.sidecar().get("http://web/", headers={"cookie": cookie} if cookie else ()).at == expected
