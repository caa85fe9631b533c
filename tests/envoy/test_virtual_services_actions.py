"""What a rule of a VirtualService does with a request: weights, subsets, redirects, rewrites, headers, direct answers."""

from __future__ import annotations

import pytest

from stage.stage import Stage
from stage.worlds import destination_rule, entry, gateway, mesh, service, to, virtual_service

pytestmark = [pytest.mark.envoy, pytest.mark.root]

A, B, C = "10.0.0.1", "10.0.0.2", "10.0.0.3"
SHOP = (service("a", A), service("b", B), service("c", C), service("web", "10.0.0.9"))
NO_CLUSTER = 503


def world(*rules: str, **spec: str) -> tuple[str, ...]:
    return (*SHOP, virtual_service("r", "web", http=f"[{', '.join(rules)}]", **spec))


@pytest.mark.rule("VS-3")
@pytest.mark.rule("VS-40")
def test_weights_divide_requests_and_need_not_add_up_to_a_hundred(stage: Stage) -> None:
    stage.world(*world(to("a 3, b 1")))
    landed = stage.sidecar().spread(400, "http://web/")
    # 3 of 4: 300 with a standard deviation of 8.7.
    assert landed.keys() == {A, B}
    assert 248 < landed[A] < 352


@pytest.mark.rule("VS-40")
@pytest.mark.parametrize(
    ("route", "expected"), [("a", {A}), ("a 0", {A}), ("a 7", {A}), ("a 1, b 0", {A}), ("a 0, b 1, c 0", {B}), ("a 1, b 0, c 1", {A, C})]
)
def test_a_single_destination_has_all_and_of_several_those_with_weight_0_have_none(stage: Stage, route: str, expected: set[str]) -> None:
    stage.world(*world(to(route)))
    assert stage.sidecar().spread(40, "http://web/").keys() == expected


@pytest.mark.rule("VS-41")
def test_a_subset_that_is_not_there_is_answered_with_503_and_not_by_the_host(stage: Stage) -> None:
    log = mesh('{accessLogFile: /dev/stdout, accessLogFormat: "%RESPONSE_FLAGS% %REQ(:PATH)%\\n"}')
    stage.world(*world(to("a/none")), destination_rule("d", "a", "subsets: [{name: v1}]"), log)
    client = stage.sidecar()
    assert client.get("http://web/subset").status == NO_CLUSTER
    assert client.logged("/subset$")[-1].startswith("NC ")
    assert stage.seen() == []


@pytest.mark.rule("VS-41")
def test_a_subset_without_endpoints_is_answered_with_503_too(stage: Stage) -> None:
    stage.world(*world(to("a/v2")), destination_rule("d", "a", "subsets: [{name: v2, labels: {version: v2}}]"))
    assert stage.sidecar().get("http://web/").status == NO_CLUSTER


@pytest.mark.rule("VS-3")
def test_a_subset_has_those_endpoints_that_have_its_labels(stage: Stage) -> None:
    several = service("several", "10.0.1.1 version=v1", "10.0.1.2 version=v2", "10.0.1.3 version=v2")
    subsets = destination_rule("d", "several", "subsets: [{name: v2, labels: {version: v2}}]")
    stage.world(several, subsets, *world(to("several/v2")))
    client = stage.sidecar()
    assert client.spread(20, "http://web/").keys() == {"10.0.1.2", "10.0.1.3"}
    assert client.spread(40, "http://several/").keys() == {"10.0.1.1", "10.0.1.2", "10.0.1.3"}


# Redirects


def redirect(spec: str, match: str = "uri: {prefix: /old}") -> str:
    return f"{{match: [{{{match}}}], redirect: {{{spec}}}}}"


@pytest.mark.rule("VS-4")
@pytest.mark.rule("VS-45")
@pytest.mark.parametrize(
    ("spec", "location"),
    [
        ("uri: /new", "http://web/new?x=1"),
        ("authority: other.example", "http://other.example/old/a?x=1"),
        ("uri: /new, authority: other.example", "http://other.example/new?x=1"),
        ("scheme: https", "https://web/old/a?x=1"),
        ("port: 8443, scheme: https", "https://web:8443/old/a?x=1"),
        ("port: 80", "http://web/old/a?x=1"),
        ("port: 443, scheme: https", "https://web/old/a?x=1"),
        ("port: 443", "http://web:443/old/a?x=1"),
        ("port: 80, scheme: https", "https://web:80/old/a?x=1"),
        ("authority: 'other.example:81'", "http://other.example:81/old/a?x=1"),
        ("uri: '/new?y=1'", "http://web/new?y=1"),
        ("scheme: https, derivePort: FROM_PROTOCOL_DEFAULT", "https://web/old/a?x=1"),
        ("uri: '%PREFIX()%/more'", "http://web/more/a?x=1"),
    ],
)
def test_a_redirect_keeps_what_it_does_not_replace(stage: Stage, spec: str, location: str) -> None:
    stage.world(*world(redirect(spec)))
    answer = stage.sidecar().get("http://web/old/a?x=1")
    assert (answer.status, answer.header("location")) == (301, location)


@pytest.mark.rule("VS-45")
@pytest.mark.parametrize(
    ("derive", "location"), [("FROM_REQUEST_PORT", "http://other.example:81/"), ("FROM_PROTOCOL_DEFAULT", "http://other.example/")]
)
def test_a_redirect_may_keep_the_port_that_was_called_or_drop_it(stage: Stage, derive: str, location: str) -> None:
    server = "{port: {number: 81, name: http, protocol: HTTP}, hosts: ['*']}"
    rule = virtual_service(
        "r", "a.example", gateways="[edge]", http=f"[{redirect(f'authority: other.example, derivePort: {derive}', 'uri: {prefix: /}')}]"
    )
    stage.world(gateway("edge", server), rule)
    assert stage.outside().get("http://a.example:81/", to=stage.gateway(), headers={"host": "a.example"}).header("location") == location


@pytest.mark.rule("VS-45")
@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_may_have_another_status(stage: Stage, code: int) -> None:
    stage.world(*world(redirect(f"uri: /new, redirectCode: {code}")))
    assert stage.sidecar().get("http://web/old").status == code


@pytest.mark.rule("VS-4")
def test_a_direct_response_needs_no_destination(stage: Stage) -> None:
    texts = "{match: [{uri: {prefix: /text}}], directResponse: {status: 418, body: {string: short and stout}}}"
    octets = "{match: [{uri: {prefix: /bytes}}], directResponse: {status: 201, body: {bytes: aGVsbG8=}}}"
    stage.world(*world(texts, octets, "{directResponse: {status: 204}}"))
    client = stage.sidecar()
    found = [client.get(f"http://web/{path}") for path in ("text", "bytes", "")]
    assert [(each.status, each.body) for each in found] == [(418, "short and stout"), (201, "hello"), (204, "")]


# Rewrites


@pytest.mark.rule("VS-4")
@pytest.mark.rule("VS-46")
@pytest.mark.parametrize(
    ("match", "rewrite", "asked", "arrived"),
    [
        ("uri: {prefix: /old}", "uri: /new", "/old/a?x=1", "/new/a?x=1"),
        ("uri: {prefix: /old}", "uri: /new", "/older", "/newer"),
        ("uri: {prefix: /old/}", "uri: /", "/old/a", "/a"),
        ("uri: {prefix: /old}", "uri: /", "/old/a", "//a"),
        ("uri: {exact: /old}", "uri: /new", "/old?x=1", "/new?x=1"),
        ("uri: {regex: '/old/.*'}", "uri: /new", "/old/a/b?x=1", "/new?x=1"),
        ("uri: {prefix: /old}", r"uriRegexRewrite: {match: '^/old/([a-z]+)/(.*)$', rewrite: '/\2/\1'}", "/old/a/b?x=1", "/b/a?x=1"),
        ("method: {exact: GET}", "uri: /new", "/old", "/newold"),
    ],
)
def test_a_rewrite_replaces_the_prefix_that_matched_or_the_whole_path(stage: Stage, match: str, rewrite: str, asked: str, arrived: str) -> None:
    stage.world(*world(to("a", f"match: [{{{match}}}], rewrite: {{{rewrite}}}")))
    assert stage.sidecar().get(f"http://web{asked}").seen.path == arrived


@pytest.mark.rule("VS-46")
def test_a_rewrite_of_the_authority_is_what_the_destination_sees(stage: Stage) -> None:
    stage.world(*world(to("a", "rewrite: {authority: inner.example}")))
    seen = stage.sidecar().get("http://web/p").seen
    assert (seen.at, seen.host, seen.path) == (A, "inner.example", "/p")


# Headers


@pytest.mark.rule("VS-47")
@pytest.mark.parametrize("name", ["Host", "host", '":authority"'])
def test_setting_host_rewrites_the_authority(stage: Stage, name: str) -> None:
    stage.world(*world(to("a", f"headers: {{request: {{set: {{{name}: inner.example}}}}}}")))
    assert stage.sidecar().get("http://web/").seen.host == "inner.example"


@pytest.mark.rule("VS-47")
def test_of_several_hosts_a_rewrite_wins_then_the_rules_then_the_destinations(stage: Stage) -> None:
    destination = "{destination: {host: a}, headers: {request: {set: {Host: from.destination}}}}"
    rule = "headers: {request: {set: {Host: from.rule}}}"
    first, second, third = (f"match: [{{uri: {{prefix: /{number}}}}}], route: [{destination}]" for number in (1, 2, 3))
    stage.world(*world(f"{{{first}, {rule}, rewrite: {{authority: from.rewrite}}}}", f"{{{second}, {rule}}}", f"{{{third}}}"))
    client = stage.sidecar()
    assert [client.get(f"http://web/{number}").seen.host for number in (1, 2, 3)] == ["from.rewrite", "from.rule", "from.destination"]


@pytest.mark.rule("VS-47")
def test_other_pseudo_headers_stay_as_they_are(stage: Stage) -> None:
    stage.world(*world(to("a", 'headers: {request: {set: {":path": /other, ":method": POST, x-set: done}}}')))
    seen = stage.sidecar().get("http://web/own").seen
    assert (seen.path, seen.method, seen.header("x-set")) == ("/own", "GET", "done")


@pytest.mark.rule("VS-48")
def test_headers_are_set_added_and_removed_on_both_ways(stage: Stage) -> None:
    changes = "set: {x-set: new}, add: {x-more: again}, remove: [x-gone]"
    stage.world(*world(to("a", f"headers: {{request: {{{changes}}}, response: {{{changes}}}}}")))
    old = {"x-set": "old", "x-more": "first", "x-gone": "here", "x-kept": "kept"}
    stage.behave(A, headers=old)
    answer = stage.sidecar().get("http://web/", headers=old)
    for way in (answer.seen, answer):
        assert [way.header(name) for name in ("x-set", "x-more", "x-gone", "x-kept")] == ["new", "first,again", None, "kept"]


def both(word: str) -> str:
    return (
        f"headers: {{request: {{add: {{x-order: {word}}}, set: {{x-set: {word}}}}}, response: {{add: {{x-order: {word}}}, set: {{x-set: {word}}}}}}}"
    )


@pytest.mark.rule("VS-48")
@pytest.mark.parametrize("more", ["", ", weight: 1}, {destination: {host: b}, weight: 0"])
def test_the_rules_headers_come_before_those_of_a_single_destination(stage: Stage, more: str) -> None:
    stage.world(*world(f"{{route: [{{destination: {{host: a}}, {both('destination')}{more}}}], {both('rule')}}}"))
    answer = stage.sidecar().get("http://web/")
    for way in (answer.seen, answer):
        assert (way.header("x-order"), way.header("x-set")) == ("rule,destination", "destination")


@pytest.mark.rule("VS-48")
def test_the_headers_of_one_of_several_destinations_come_before_the_rules(stage: Stage) -> None:
    """Envoy applies what is more specific first (decision 14)."""
    shares = ", ".join(f"{{destination: {{host: {host}}}, weight: 1, {both('destination')}}}" for host in "ab")
    stage.world(*world(f"{{route: [{shares}], {both('rule')}}}"))
    answer = stage.sidecar().get("http://web/")
    for way in (answer.seen, answer):
        assert (way.header("x-order"), way.header("x-set")) == ("destination,rule", "rule")


@pytest.mark.rule("VS-3")
def test_a_destinations_headers_are_for_its_share_only(stage: Stage) -> None:
    route = "{route: [{destination: {host: a}, weight: 1, headers: {request: {set: {x-share: a}}}}, {destination: {host: b}, weight: 1}]}"
    stage.world(*world(route))
    answers = stage.sidecar().many(40, "http://web/")
    assert {(each.at, each.seen.header("x-share")) for each in answers} == {(A, "a"), (B, None)}


@pytest.mark.rule("VS-5")
def test_an_upgrade_to_websocket_follows_the_rule(stage: Stage) -> None:
    stage.world(*world(to("a", "rewrite: {uri: /socket}")))
    upgrade = {"upgrade": "websocket", "connection": "Upgrade", "sec-websocket-key": "x", "sec-websocket-version": "13"}
    answer = stage.sidecar().get("http://web/", headers=upgrade)
    assert (answer.status, answer.seen.at, answer.seen.path, answer.seen.protocol) == (101, A, "/socket", "websocket")


@pytest.mark.rule("VS-4")
@pytest.mark.parametrize("action", ["directResponse: {status: 200}", "redirect: {uri: /x}"])
def test_headers_may_be_changed_of_what_no_destination_answers(stage: Stage, action: str) -> None:
    stage.world(*world(f"{{{action}, headers: {{response: {{set: {{x-a: b}}}}}}}}"))
    assert stage.sidecar().get("http://web/").header("x-a") == "b"


@pytest.mark.rule("VS-5")
def test_one_rule_may_do_many_things_at_once(stage: Stage) -> None:
    everything = (
        "timeout: 5s, retries: {attempts: 1}, mirror: {host: b}, headers: {request: {set: {x-a: b}}}, corsPolicy: {allowOrigins: [{exact: x}]}"
    )
    stage.world(entry("e", "e.example", C), *world(to("a", f"{everything}, rewrite: {{uri: /inner}}")))
    seen = stage.sidecar().get("http://web/outer").seen
    assert (seen.at, seen.path, seen.header("x-a")) == (A, "/innerouter", "b")
    assert stage.seen(1, at=B)[0].path == "/innerouter"
