"""Virtual hosts and the rules in them."""

from __future__ import annotations

import pytest

from lateen.flow import Graph, query
from lateen.ir.destination import BLACK_HOLE, PASSTHROUGH
from lateen.ir.match import Match, Path, PathManner
from lateen.ir.routes import Answer, Forward, HashKey, HeaderChanges, Redirect, Replacement, Retry, Rule, Share, VirtualHost
from lateen.ir.view import PUBLIC, Perspective
from lateen.translate import extra_hosts, routes, virtual_services
from lateen.translate.route_matches import Clients
from lateen.values.ref import Ref
from tests.given.objects import REVIEWS
from tests.given.worlds import world, write

SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: reviews, namespace: default}
spec: {clusterIP: 10.0.0.1, ports: [{name: http, port: 80}, {name: http-alt, port: 8080}]}
"""
USUAL = Retry(2, ("connect-failure", "refused-stream", "unavailable", "cancelled", "retriable-status-codes"))


def rule(http: str, name: str = "reviews", hosts: str = "reviews", more: str = "") -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: {name}, namespace: default}}
spec: {{hosts: ["{hosts}"], http: {http}{more}}}
"""


def rules(http: str, clients: Clients | None = None, *more: str) -> tuple[Rule, ...]:
    g = world(SERVICE, rule(http), *more)
    return routes.rules(g, Ref("VirtualService", "default", "reviews"), clients or Clients(PUBLIC, 80))


def forward(http: str, *more: str) -> Forward:
    action = rules(http, None, *more)[0].action
    assert isinstance(action, Forward)
    return action


@pytest.mark.rule("LI-8")
@pytest.mark.rule("VS-43")
def test_a_service_without_rules_takes_what_is_meant_for_it():
    g = world(SERVICE)

    seen = routes.virtual_host(g, PUBLIC, False, "default", REVIEWS, 80, False)

    assert seen == VirtualHost(
        f"{REVIEWS}:80",
        (REVIEWS, f"{REVIEWS}.", "reviews.default", "reviews.default.svc", "10.0.0.1"),
        (Rule(Forward((Share(f"outbound|80||{REVIEWS}"),), retry=USUAL), operation=f"{REVIEWS}:80/*"),),
        origins=(Ref("Service", "default", "reviews"),),
    )


@pytest.mark.rule("LI-8")
def test_in_its_own_namespace_a_service_has_its_bare_name_too():
    g = world(SERVICE)

    seen = routes.virtual_host(g, PUBLIC, True, "default", REVIEWS, 80, False)

    assert seen is not None and "reviews" in seen.domains
    assert seen.rules == routes.mesh_rules(g, PUBLIC, REVIEWS, 80)


@pytest.mark.rule("HC-1")
@pytest.mark.parametrize(("port", "grpc"), [("http", False), ("grpc-x", True), ("http2", True), ("nothing", True)])
def test_requests_may_be_grpc_unless_the_port_is_declared_to_be_something_else(port: str, grpc: bool):
    seen = routes.virtual_host(world(SERVICE.replace("name: http", f"name: {port}")), PUBLIC, False, "default", REVIEWS, 80, False)

    assert seen is not None and seen.grpc is grpc


@pytest.mark.rule("LI-8")
def test_a_listener_of_its_own_takes_any_host():
    seen = routes.virtual_host(world(SERVICE), PUBLIC, False, "default", REVIEWS, 80, True)

    assert seen is not None and seen.domains == ("*",)


@pytest.mark.rule("VS-14")
def test_a_rule_without_ports_holds_for_each_port_and_goes_to_the_same():
    g = world(SERVICE, rule("[{route: [{destination: {host: reviews, subset: v1}}]}]"))

    for port in (80, 8080):
        (seen,) = routes.mesh_rules(g, PUBLIC, REVIEWS, port)
        assert isinstance(seen.action, Forward)
        assert seen.action.shares == (Share(f"outbound|{port}|v1|{REVIEWS}"),)


@pytest.mark.rule("VS-14")
def test_a_service_with_one_port_is_called_there_wherever_the_call_came():
    ratings = SERVICE.replace("reviews", "ratings").replace("80}, {name: http-alt, port: 8080}", "9080}")

    assert forward("[{route: [{destination: {host: ratings}}]}]", ratings).shares == (Share("outbound|9080||ratings.default.svc.cluster.local"),)


@pytest.mark.rule("VS-14")
def test_where_no_rule_concerns_the_port_the_service_takes_its_calls_itself():
    g = world(SERVICE, rule("[{match: [{port: 80}], route: [{destination: {host: elsewhere.example}}]}]"))

    (seen,) = routes.mesh_rules(g, PUBLIC, REVIEWS, 8080)

    assert seen.origin is None


@pytest.mark.rule("VS-20")
def test_alternatives_are_rules_of_their_own_and_nothing_comes_after_what_fits_everything():
    seen = rules("""[
      {name: a, match: [{uri: {exact: /x}}, {name: second, uri: {prefix: /y}}], route: [{destination: {host: a.example}}]},
      {name: b, route: [{destination: {host: b.example}}]},
      {name: c, match: [{uri: {prefix: /z}}], route: [{destination: {host: c.example}}]},
    ]""")

    assert [(each.name, each.match.path) for each in seen] == [
        ("a", Path(PathManner.EXACT, "/x")),
        ("a.second", Path(PathManner.PREFIX, "/y")),
        ("b", Path()),
    ]


@pytest.mark.rule("VS-25")
def test_conditions_on_the_client_are_decided_before_any_request():
    http = """[
      {match: [{sourceLabels: {app: a}}], route: [{destination: {host: labels.example}}]},
      {match: [{sourceNamespace: x}], route: [{destination: {host: namespace.example}}]},
      {route: [{destination: {host: rest.example}}]},
    ]"""

    def goes(perspective: Perspective) -> list[str]:
        found = rules(http, Clients(perspective, 80))
        return [each.action.shares[0].destination for each in found if isinstance(each.action, Forward)]

    assert goes(PUBLIC) == ["outbound|80||rest.example"]
    assert goes(Perspective(labels=(("app", "a"), ("v", "1")))) == ["outbound|80||labels.example"]
    assert goes(Perspective("x")) == ["outbound|80||namespace.example"]


@pytest.mark.rule("VS-26")
def test_a_match_for_some_gateways_holds_only_there_and_then_ignores_who_calls():
    http = """[
      {match: [{gateways: [edge], sourceNamespace: x}], route: [{destination: {host: edge.example}}]},
      {route: [{destination: {host: rest.example}}]},
    ]"""

    assert len(rules(http, Clients(PUBLIC, 80))) == 1
    assert rules(http, Clients(Perspective(gateway=True), 80, "default/edge"))[0].operation == "edge.example:80/*"
    assert len(rules(http, Clients(Perspective(gateway=True), 80, "default/other"))) == 1


@pytest.mark.rule("VS-40")
def test_several_destinations_share_by_weight_and_those_of_weight_zero_get_nothing():
    parts = "[{destination: {host: a.example}, weight: 3}, {destination: {host: b.example}, weight: 1}, {destination: {host: c.example}}]"

    assert forward(f"[{{route: {parts}}}]").shares == (Share("outbound|80||a.example", 3), Share("outbound|80||b.example", 1))


@pytest.mark.rule("VS-47")
@pytest.mark.rule("VS-48")
def test_changes_of_the_only_destination_come_after_those_of_the_route_and_host_is_a_rewrite():
    (seen,) = rules("""[{
      headers: {request: {set: {x-a: "1", Host: route.example, ":path": /}}, response: {remove: [server]}},
      route: [{destination: {host: a.example}, headers: {request: {set: {x-a: "2", host: part.example}, add: {x-b: "3"}}}}],
    }]""")

    assert isinstance(seen.action, Forward)
    assert (seen.action.authority, seen.action.shares) == ("route.example", (Share("outbound|80||a.example"),))
    assert seen.request == HeaderChanges(put=(("x-a", "1"), ("x-a", "2")), append=(("x-b", "3"),))
    assert seen.response == HeaderChanges(remove=("server",))


@pytest.mark.rule("VS-47")
def test_each_of_several_destinations_has_its_own_host_unless_the_route_has_one():
    parts = "[{destination: {host: a.example}, weight: 1, headers: {request: {set: {Host: a}}}}, {destination: {host: b.example}, weight: 1}]"

    assert [share.authority for share in forward(f"[{{route: {parts}}}]").shares] == ["a", ""]
    rewritten = forward(f"[{{rewrite: {{authority: all}}, route: {parts}}}]")
    assert (rewritten.authority, [share.authority for share in rewritten.shares]) == ("all", ["", ""])


@pytest.mark.rule("VS-46")
@pytest.mark.parametrize(
    ("match", "rewrite", "expected"),
    [
        ("{prefix: /a}", "{uri: /b}", Replacement(prefix="/b")),
        ("{exact: /a}", "{uri: '/b\\1'}", Replacement(pattern="^.*$", substitution="/b\\\\1")),
        ("{regex: '/a.*'}", "{uri: /b}", Replacement(pattern="^.*$", substitution="/b")),
        ("{prefix: /a}", "{uriRegexRewrite: {match: '^/a/(.*)', rewrite: '/\\1'}}", Replacement(pattern="^/a/(.*)", substitution="/\\1")),
        ("{prefix: /a}", "{authority: b}", None),
    ],
)
def test_paths_are_rewritten_by_what_was_matched(match: str, rewrite: str, expected: Replacement | None):
    assert forward(f"[{{match: [{{uri: {match}}}], rewrite: {rewrite}, route: [{{destination: {{host: a}}}}]}}]").path == expected


@pytest.mark.rule("VS-45")
@pytest.mark.parametrize(
    ("redirect", "port", "expected"),
    [
        ("{uri: /new}", 80, Redirect(path="/new")),
        ("{authority: b, redirectCode: 308}", 80, Redirect(308, authority="b")),
        ("{derivePort: FROM_REQUEST_PORT}", 80, Redirect()),
        ("{derivePort: FROM_REQUEST_PORT}", 85, Redirect(port=85)),
        ("{derivePort: FROM_REQUEST_PORT, scheme: https}", 80, Redirect(scheme="https", port=80)),
        ("{derivePort: FROM_PROTOCOL_DEFAULT}", 85, Redirect()),
        ("{port: 443, scheme: https}", 80, Redirect(scheme="https")),
        ("{uri: '%PREFIX()%/new'}", 80, Redirect(rewrite=Replacement(prefix="/new"))),
    ],
)
def test_redirects_leave_out_the_port_that_goes_without_saying(redirect: str, port: int, expected: Redirect):
    assert rules(f"[{{redirect: {redirect}}}]", Clients(PUBLIC, port))[0].action == expected


@pytest.mark.rule("VS-4")
def test_an_answer_may_be_text_or_bytes():
    assert rules("[{directResponse: {status: 503, body: {string: later}}}]")[0].action == Answer(503, b"later")
    assert rules("[{directResponse: {status: 200, body: {bytes: aGk=}}}]")[0].action == Answer(200, b"hi")


@pytest.mark.rule("VS-54")
@pytest.mark.rule("VS-43")
def test_requests_stick_by_what_the_destinations_rule_says_and_are_then_retried_anywhere():
    sticky = """
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews, namespace: default}
spec: {host: reviews, trafficPolicy: {loadBalancer: {consistentHash: {httpHeaderName: x-user}}}}
"""
    g = world(SERVICE, sticky)

    (seen,) = routes.mesh_rules(g, PUBLIC, REVIEWS, 80)

    assert isinstance(seen.action, Forward) and seen.action.retry is not None
    assert seen.action.hash_keys == (HashKey(header="x-user"),)
    assert not seen.action.retry.other_hosts


@pytest.mark.rule("LI-7")
def test_what_nobody_knows_passes_through_or_is_blocked():
    assert routes.catch_all(PASSTHROUGH).rules[0].action == Forward((Share("PassthroughCluster"),))
    assert routes.catch_all(BLACK_HOLE).rules[0].action == Answer(502)


@pytest.mark.rule("VS-13")
def test_at_gateways_rules_of_several_objects_are_joined_and_what_fits_everything_comes_last():
    first, second = Match(Path(PathManner.EXACT, "/a")), Match(Path(PathManner.EXACT, "/b"))
    action = Answer(200)

    seen = routes.merged([(Rule(action, first), Rule(action, name="all")), (Rule(action, second), Rule(action, name="too late"))])

    assert [(each.match, each.name) for each in seen] == [(first, "default"), (second, "default"), (Match(), "all")]


@query
def told(g: Graph, host: str) -> VirtualHost | None:
    return routes.virtual_host(g, PUBLIC, False, "default", host, 80, False)


def test_a_change_of_one_rule_runs_nothing_for_other_hosts():
    other = SERVICE.replace("reviews", "ratings").replace("10.0.0.1", "10.0.0.2")
    g = world(SERVICE, other, rule("[{route: [{destination: {host: reviews}}]}]"))
    for host in (REVIEWS, REVIEWS.replace("reviews", "ratings")):
        g.watch(told.key(host))
    list(g.pull())
    g.ran.clear()

    write(g, rule("[{timeout: 1s, route: [{destination: {host: reviews}}]}]"))

    assert [change.key for change in g.pull()] == [told.key(REVIEWS)]
    assert g.ran["test_routes.told"] == 1
    assert g.ran["routes.rules"] == 1


@pytest.mark.rule("SC-4")
def test_a_rule_that_is_not_imported_is_not_followed():
    g = world(SERVICE, rule("[{route: [{destination: {host: a.example}}]}]"))
    hidden = Perspective(hidden=(Ref("VirtualService", "default", "reviews"),))

    assert routes.mesh_rules(g, hidden, REVIEWS, 80)[0].origin is None


@pytest.mark.rule("VS-13")
def test_at_a_gateway_the_older_rules_come_first():
    http = "[{match: [{uri: {prefix: /%s}}], redirect: {derivePort: FROM_REQUEST_PORT}}, {directResponse: {status: %d}}]"
    dated = [
        rule(http % (name, status), name, "a.example").replace("default}", f'default, creationTimestamp: "{year}-01-01T00:00:00Z"}}')
        for name, status, year in (("young", 201, 2021), ("old", 200, 2020))
    ]
    g = world(*dated)
    refs = (Ref("VirtualService", "default", "young"), Ref("VirtualService", "default", "old"))

    clients = Clients(Perspective("edge", (), True), 8443, "edge/public", secure=True)
    seen = routes.merged(routes.rules(g, ref, clients) for ref in virtual_services.by_age(g, refs))

    assert [each.match.path.value for each in seen] == ["/old", "/young", "/"]
    assert seen[0].action == Redirect(port=8443)
    assert seen[-1].action == Answer(200)


@pytest.mark.rule("SD-14")
def test_an_alias_is_led_as_its_service_is_and_a_rule_about_it_has_its_full_name_only():
    alias = """
apiVersion: v1
kind: Service
metadata: {name: alias, namespace: default}
spec: {type: ExternalName, externalName: reviews.default.svc.cluster.local}
"""
    host = "alias.default.svc.cluster.local"
    concrete = rule("[{route: [{destination: {host: ratings, port: {number: 80}}}]}]")
    own = rule("[{route: [{destination: {host: details, port: {number: 80}}}]}]", name="alias", hosts="alias")

    def led_to(found: VirtualHost | None) -> tuple[tuple[str, ...], str]:
        assert found is not None
        assert isinstance(found.rules[0].action, Forward)
        return found.domains, found.rules[0].action.shares[0].destination

    def of_alias(g: Graph) -> tuple[tuple[str, ...], str]:
        return led_to(routes.virtual_host(g, PUBLIC, False, "default", host, 80, False))

    others = (f"{host}.", "alias.default", "alias.default.svc")
    assert of_alias(world(SERVICE, alias)) == ((host, *others), f"outbound|80||{REVIEWS}")
    assert of_alias(world(SERVICE, alias, concrete)) == ((host, *others), "outbound|80||ratings.default.svc.cluster.local")
    g = world(SERVICE, alias, concrete, own)
    assert of_alias(g) == (others, "outbound|80||ratings.default.svc.cluster.local")
    assert led_to(routes.extra_virtual_host(g, PUBLIC, host)) == ((host,), "outbound|80||details.default.svc.cluster.local")


@pytest.mark.rule("SD-14")
def test_a_rule_about_an_alias_that_is_not_for_a_client_leaves_it_the_name():
    alias = """
apiVersion: v1
kind: Service
metadata: {name: alias, namespace: default}
spec: {type: ExternalName, externalName: reviews.default.svc.cluster.local}
"""
    host = "alias.default.svc.cluster.local"
    g = world(SERVICE, alias, rule("[{match: [{sourceLabels: {a: b}}], route: [{destination: {host: details}}]}]", "alias", "alias"))

    def has_it(perspective: Perspective) -> list[bool]:
        found = routes.virtual_host(g, perspective, False, "default", host, 80, False), routes.extra_virtual_host(g, perspective, host)
        return [each is not None and host in each.domains for each in found]

    assert extra_hosts.extra_hosts(g, "default") == (host,)
    assert has_it(PUBLIC) == [True, False]
    assert has_it(Perspective("", (("a", "b"),))) == [False, True]


@pytest.mark.rule("VS-10")
def test_of_rules_that_name_the_host_the_oldest_with_a_route_for_the_client_decides():
    older = rule("[{match: [{sourceLabels: {a: b}}], route: [{destination: {host: ratings}}]}]", "a", "reviews")
    younger = rule("[{route: [{destination: {host: details}}]}]", "b", "reviews")

    def origin(g: Graph, *labels: tuple[str, str]) -> Ref | None:
        return routes.mesh_rules(g, Perspective("", labels), REVIEWS, 80)[0].origin

    g = world(SERVICE, older, younger)
    assert origin(g, ("a", "b")) == Ref("VirtualService", "default", "a")
    assert origin(g) == Ref("VirtualService", "default", "b")
    assert origin(world(SERVICE, older, younger.replace('"reviews"', '"*.local"'))) is None


@pytest.mark.rule("VS-1")
def test_a_rule_about_an_address_is_asked_for_by_it_in_brackets_if_need_be():
    g = world(rule("[{directResponse: {status: 200}}]", "four", "10.9.9.9"), rule("[{directResponse: {status: 200}}]", "six", "fd00::9"))

    found = [routes.extra_virtual_host(g, PUBLIC, host) for host in ("10.9.9.9", "fd00::9")]

    assert [each.domains for each in found if each is not None] == [("10.9.9.9",), ("[fd00::9]",)]
