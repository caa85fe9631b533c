"""What requests stick to: said in the DestinationRule, done by the route (VS-54)."""

from __future__ import annotations

import pytest

from stage.stage import Stage
from stage.worlds import destination_rule, service, to, virtual_service

pytestmark = [pytest.mark.envoy, pytest.mark.root]


def world(*rules: str) -> tuple[str, ...]:
    return (service("web", "10.0.0.9"), virtual_service("r", "web", http=f"[{', '.join(rules)}]"))


@pytest.mark.rule("VS-54")
@pytest.mark.parametrize(
    ("policy", "request_of"),
    [
        ("httpHeaderName: x-user", lambda user: {"headers": {"x-user": user}}),
        ("httpQueryParameterName: user", lambda user: {"path": f"/?user={user}"}),
        ("httpCookie: {name: user, ttl: 0s}", lambda user: {"headers": {"cookie": f"user={user}"}}),
    ],
)
def test_requests_that_are_alike_stick_to_one_endpoint(stage: Stage, policy: str, request_of: object) -> None:
    many = service("many", *(f"10.0.2.{number}" for number in range(1, 6)))
    stage.world(many, destination_rule("d", "many", f"trafficPolicy: {{loadBalancer: {{consistentHash: {{{policy}}}}}}}"), *world(to("many")))
    client = stage.sidecar()
    assert callable(request_of)
    places = []
    for user in range(20):
        asked = request_of(f"user{user}")
        landed = client.spread(4, f"http://web{asked.pop('path', '/')}", **asked)
        assert len(landed) == 1
        places += landed
    assert len(set(places)) > 1


@pytest.mark.rule("VS-54")
def test_a_cookie_with_a_lifetime_is_given_to_who_has_none(stage: Stage) -> None:
    many = service("many", *(f"10.0.2.{number}" for number in range(1, 6)))
    policy = "trafficPolicy: {loadBalancer: {consistentHash: {httpCookie: {name: user, path: /p, ttl: 60s}}}}"
    stage.world(many, destination_rule("d", "many", policy))
    client = stage.sidecar()
    first = client.get("http://many/")
    cookie = first.header("set-cookie") or ""
    assert cookie.endswith("; Max-Age=60; Path=/p; HttpOnly")
    assert client.spread(10, "http://many/", headers={"cookie": cookie.split(";")[0]}) == {first.at: 10}


@pytest.mark.rule("VS-54")
def test_connections_of_one_address_stick_to_one_endpoint(stage: Stage) -> None:
    many = service("many", *(f"10.0.2.{number}" for number in range(1, 6)))
    stage.world(many, destination_rule("d", "many", "trafficPolicy: {loadBalancer: {consistentHash: {useSourceIp: true}}}"))
    client = stage.sidecar()
    assert len({client.get("http://many/").at for _ in range(20)}) == 1


@pytest.mark.rule("VS-54")
def test_a_subset_may_have_what_its_requests_stick_to(stage: Stage) -> None:
    several = service("several", *(f"10.0.1.{number} version=v1" for number in range(1, 5)))
    sticky = "trafficPolicy: {loadBalancer: {consistentHash: {httpHeaderName: x-user}}}"
    rule = destination_rule("d", "several", f"subsets: [{{name: v1, labels: {{version: v1}}, {sticky}}}]")
    stage.world(several, rule, *world(to("several/v1")))
    client = stage.sidecar()
    landed = [client.spread(5, "http://web/", headers={"x-user": f"user{number}"}) for number in range(20)]
    assert {len(each) for each in landed} == {1}
    assert len(set().union(*landed)) > 1
