"""The same rules lead calls alike wherever they hold: at sidecars, at gateways, and at proxies that are not started by Lateen's own agent."""

from __future__ import annotations

from typing import Any

import pytest

from stage.answers import Answer
from stage.caller import Caller
from stage.stage import Stage
from stage.worlds import destination_rule, gateway, service, to, virtual_service

pytestmark = [pytest.mark.envoy, pytest.mark.root]

A, B, C = "10.0.0.1", "10.0.0.2", "10.0.0.3"
HOST = "web.default.svc.cluster.local"
SUBSETS = destination_rule("b", "b", "subsets: [{name: v1, labels: {version: v1}}]")
SHOP = (service("a", A), service("b", f"{B} version=v1", "10.0.0.4 version=v2"), service("c", C), service("web", "10.0.0.9"), SUBSETS)
ORDINARY = {"LATEEN": {"mark": 1337}}
"""Metadata of a proxy that says nothing of what Lateen's agent can do beyond Istio's."""


def match(uri: str) -> str:
    return f"match: [{{uri: {{{uri}}}}}]"


def changed(value: str) -> str:
    return f"headers: {{request: {{set: {{x-word: {value}}}}}, response: {{set: {{x-word: {value}}}, remove: [content-type]}}}}"


ABORT = "fault: {abort: {percentage: {value: 100}, httpStatus: 451}}"
CORS = "corsPolicy: {allowOrigins: [{exact: 'https://a.example'}], allowMethods: [GET]}"
PREFLIGHT = {"method": "OPTIONS", "headers": {"origin": "https://a.example", "access-control-request-method": "GET"}}

RULES = (
    to("a", match("exact: /exact")),
    to("b/v1", match("prefix: /subset")),
    to("b/none", match("prefix: /nowhere")),
    to("a", "match: [{uri: {regex: '/v[0-9]+'}, headers: {x-kind: {exact: canary}}}, {queryParams: {v: {exact: '2'}}}]"),
    f"{{{match('prefix: /redirect')}, redirect: {{uri: /elsewhere, authority: other.example, redirectCode: 308}}}}",
    f"{{{match('prefix: /answer')}, directResponse: {{status: 418, body: {{string: short and stout}}}}}}",
    to("a", f"{match('prefix: /rewrite/')}, rewrite: {{uri: /new/, authority: inner.example}}"),
    to("a", f"{match('prefix: /changed')}, {changed('said')}"),
    to("a", f"{match('prefix: /abort')}, {ABORT}"),
    to("a", f"{match('prefix: /cors')}, {CORS}"),
    to("a", f"{match('prefix: /again')}, retries: {{attempts: 2, retryOn: 5xx, backoff: 1ms}}"),
    to("a", f"{match('prefix: /slow')}, timeout: 0.1s"),
    to("a 0, c 1", match("prefix: /weights")),
    to("c"),
)


def told(answer: Answer) -> tuple[Any, ...]:
    """What of an answer depends on the rule."""
    seen = answer.echo
    return (
        answer.status,
        answer.at,
        answer.header("location"),
        answer.header("x-word"),
        seen and seen.path,
        seen and seen.host,
        seen and seen.header("x-word"),
    )


CALLS: list[tuple[str, dict[str, Any], tuple[Any, ...]]] = [
    ("/exact?x=1", {}, (200, A, None, None, "/exact?x=1", HOST, None)),
    ("/exact/more", {}, (200, C, None, None, "/exact/more", HOST, None)),
    ("/subset", {}, (200, B, None, None, "/subset", HOST, None)),
    ("/nowhere", {}, (503, "", None, None, None, None, None)),
    ("/v2", {"headers": {"x-kind": "canary"}}, (200, A, None, None, "/v2", HOST, None)),
    ("/v2", {}, (200, C, None, None, "/v2", HOST, None)),
    ("/any?v=2", {}, (200, A, None, None, "/any?v=2", HOST, None)),
    ("/redirect/me?x=1", {}, (308, "", "http://other.example/elsewhere?x=1", None, None, None, None)),
    ("/answer", {}, (418, "", None, None, None, None, None)),
    ("/rewrite/a?x=1", {}, (200, A, None, None, "/new/a?x=1", "inner.example", None)),
    ("/changed", {"headers": {"x-word": "mine"}}, (200, A, None, "said", "/changed", HOST, "said")),
    ("/abort", {}, (451, "", None, None, None, None, None)),
    ("/cors", PREFLIGHT, (200, "", None, None, None, None, None)),
    ("/again", {}, (200, A, None, None, "/again", HOST, None)),
    ("/slow", {}, (504, "", None, None, None, None, None)),
    ("/weights", {}, (200, C, None, None, "/weights", HOST, None)),
    ("/rest", {"manner": "http2"}, (200, C, None, None, "/rest", HOST, None)),
]


def call(stage: Stage, caller: Caller, path: str, **more: Any) -> tuple[Any, ...]:
    stage.behave(A, path="/again", status=500, times=2)
    stage.behave(A, path="/slow", delay=5)
    return told(caller.request(f"http://{HOST}{path}", **more))


def world(stage: Stage) -> None:
    rule = virtual_service("r", HOST, gateways="[mesh, edge]", http=f"[{', '.join(RULES)}]")
    stage.world(*SHOP, gateway("edge"), rule)


@pytest.mark.rule("VS-1")
@pytest.mark.parametrize(("path", "more", "expected"), CALLS, ids=[f"{number} {path}" for number, (path, *_) in enumerate(CALLS)])
@pytest.mark.parametrize("metadata", [{}, ORDINARY], ids=["ours", "ordinary"])
def test_rules_lead_alike_at_sidecars_and_at_gateways(
    stage: Stage, metadata: dict[str, Any], path: str, more: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    world(stage)
    own = {"metadata": metadata} if metadata else {}
    assert call(stage, stage.sidecar(**own), path, **more) == expected
    assert call(stage, stage.outside(), path, to=stage.gateway(**own), **more) == expected


@pytest.mark.rule("VS-1")
def test_a_proxy_that_takes_tables_as_a_whole_has_the_same_routes(stage: Stage) -> None:
    world(stage)
    ours, ordinary = (each.config("dynamic_route_configs") for each in (stage.sidecar(), stage.sidecar(metadata=ORDINARY)))
    assert routes(ours) == routes(ordinary)
    assert ("vhds" in str(ours), "vhds" in str(ordinary)) == (True, False)


def routes(config: Any) -> dict[str, Any]:
    """The routes of each domain of table 80."""
    tables = [each["route_config"] for each in config["configs"] if each["route_config"]["name"] == "80"]
    return {domain: host["routes"] for table in tables for host in table["virtual_hosts"] for domain in host["domains"]}
