"""Copies of requests, and who may call from a page of another origin: mirrors and CORS in the rules of VirtualServices."""

from __future__ import annotations

import pytest

from stage.stage import Stage
from stage.worlds import destination_rule, service, to, virtual_service

pytestmark = [pytest.mark.envoy, pytest.mark.root]

A, B, C = "10.0.0.1", "10.0.0.2", "10.0.0.3"
SHOP = (service("a", A), service("b", B), service("c", C), service("web", "10.0.0.9"))


def world(*rules: str) -> tuple[str, ...]:
    return (*SHOP, virtual_service("r", "web", http=f"[{', '.join(rules)}]"))


@pytest.mark.rule("VS-5")
@pytest.mark.rule("VS-49")
def test_a_mirror_gets_every_request_and_nobody_waits_for_it(stage: Stage) -> None:
    stage.world(*world(to("a", "mirror: {host: b}")))
    stage.behave(B, status=500, delay=5)
    answers = stage.sidecar().many(5, "http://web/copied")
    assert [each.at for each in answers] == [A] * 5
    copies = stage.seen(5, at=B)
    assert [(each.path, each.host) for each in copies] == [("/copied", "web")] * 5


@pytest.mark.rule("VS-49")
def test_a_mirror_may_get_a_share_or_nothing(stage: Stage) -> None:
    none = to("a", "match: [{uri: {prefix: /none}}], mirror: {host: b}, mirrorPercentage: {value: 0}")
    stage.world(*world(none, to("a", "mirror: {host: c}, mirrorPercentage: {value: 50}")))
    client = stage.sidecar()

    def copied(name: str) -> int:
        return sum(client.endpoints(f"outbound|80||{name}.default.svc.cluster.local").values())

    none_before, half_before = copied("b"), copied("c")
    client.many(20, "http://web/none")
    assert client.spread(200, "http://web/half") == {A: 200}
    # Half of 200: 100 with a standard deviation of 7.
    assert 57 < copied("c") - half_before < 143
    assert copied("b") == none_before


@pytest.mark.rule("VS-49")
@pytest.mark.parametrize("mirror", ["{host: nobody}", "{host: b, subset: none}"])
def test_a_mirror_that_is_not_there_does_not_touch_the_request(stage: Stage, mirror: str) -> None:
    stage.world(*world(to("a", f"mirror: {mirror}")))
    assert stage.sidecar().get("http://web/").at == A


@pytest.mark.rule("VS-49")
def test_a_copy_has_the_body_too_and_may_go_to_a_subset(stage: Stage) -> None:
    subsets = destination_rule("d", "several", "subsets: [{name: v2, labels: {version: v2}}]")
    stage.world(service("several", "10.0.1.1", "10.0.1.2 version=v2"), subsets, *world(to("a", "mirror: {host: several, subset: v2}")))
    stage.sidecar().request("http://web/", method="POST", body="long" * 1000)
    assert stage.seen(1, at="10.0.1.2")[0].body == "long" * 1000


@pytest.mark.rule("VS-49")
def test_there_may_be_several_mirrors(stage: Stage) -> None:
    stage.world(*world(to("a", "mirrors: [{destination: {host: b}}, {destination: {host: c}, percentage: {value: 100}}]")))
    assert stage.sidecar().get("http://web/").at == A
    assert (len(stage.seen(1, at=B)), len(stage.seen(1, at=C))) == (1, 1)


# CORS

ORIGIN = {"origin": "https://a.example"}
PREFLIGHT = {**ORIGIN, "access-control-request-method": "GET"}
CORS = "allowOrigins: [{exact: 'https://a.example'}, {prefix: 'https://b.'}, {regex: 'https://.*[.]c[.]example'}]"


@pytest.mark.rule("VS-5")
@pytest.mark.rule("VS-50")
@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://a.example", True),
        ("https://b.anything", True),
        ("https://x.c.example", True),
        ("https://a.example.org", False),
        ("http://a.example", False),
    ],
)
def test_a_preflight_of_a_known_origin_is_answered_and_of_another_forwarded(stage: Stage, origin: str, allowed: bool) -> None:
    more = "allowMethods: [GET, PUT], allowHeaders: [x-a, x-b], exposeHeaders: [x-c], maxAge: 2h, allowCredentials: true"
    stage.world(*world(to("a", f"corsPolicy: {{{CORS}, {more}}}")))
    answer = stage.sidecar().request("http://web/", method="OPTIONS", headers={**PREFLIGHT, "origin": origin})
    names = ("origin", "methods", "headers", "credentials")
    if allowed:
        assert [answer.header(f"access-control-allow-{name}") for name in names] == [origin, "GET,PUT", "x-a,x-b", "true"]
        assert (answer.at, answer.header("access-control-max-age")) == ("", "7200")
    else:
        assert (answer.at, answer.header("access-control-allow-origin")) == (A, None)


@pytest.mark.rule("VS-50")
def test_a_preflight_that_does_not_match_may_be_kept_from_the_destination(stage: Stage) -> None:
    stage.world(*world(to("a", f"corsPolicy: {{{CORS}, unmatchedPreflights: IGNORE}}")))
    answer = stage.sidecar().request("http://web/", method="OPTIONS", headers={**PREFLIGHT, "origin": "https://other.example"})
    assert (answer.status, answer.at, answer.header("access-control-allow-origin")) == (200, "", None)


@pytest.mark.rule("VS-50")
def test_an_answer_to_a_known_origin_says_so(stage: Stage) -> None:
    stage.world(*world(to("a", f"corsPolicy: {{{CORS}, exposeHeaders: [x-c]}}")))
    client = stage.sidecar()
    known, other = (client.get("http://web/", headers={"origin": origin}) for origin in ("https://a.example", "https://other.example"))
    assert (known.at, known.header("access-control-allow-origin"), known.header("access-control-expose-headers")) == (A, "https://a.example", "x-c")
    assert (other.at, other.header("access-control-allow-origin")) == (A, None)
