"""VirtualServices that delegate routes to others: whose conditions are combined how, and what is dropped (VS-53)."""

from __future__ import annotations

import pytest

from stage.stage import Stage
from stage.worlds import gateway, mesh, service, virtual_service

pytestmark = [pytest.mark.envoy, pytest.mark.root, pytest.mark.rule("VS-53")]

A, B, REST = "10.0.0.1", "10.0.0.2", "10.0.0.9"
SHOP = (service("a", A), service("b", B), service("web", REST))
LAST = "{route: [{destination: {host: web.default.svc.cluster.local}}]}"


def root(*rules: str, hosts: str = "web", last: str = LAST, **spec: str) -> str:
    return virtual_service("root", hosts, http=f"[{', '.join([*rules, *([last] if last else [])])}]", **spec)


def delegating(match: str = "", name: str = "leaf", namespace: str = "", more: str = "") -> str:
    place = f", namespace: {namespace}" if namespace else ""
    return f"{{{f'match: [{match}], ' if match else ''}delegate: {{name: {name}{place}}}{more}}}"


def leaf(*rules: str, namespace: str = "default", name: str = "leaf", **spec: str) -> str:
    return virtual_service(name, "", namespace, http=f"[{', '.join(rules)}]", **spec)


def to(host: str, match: str = "", more: str = "") -> str:
    return f"{{{f'match: [{match}], ' if match else ''}route: [{{destination: {{host: {host}.default.svc.cluster.local}}}}]{more}}}"


def test_a_delegate_gives_the_routes_below_a_match_of_the_root(stage: Stage) -> None:
    stage.world(*SHOP, root(delegating("{uri: {prefix: /shop}}")), leaf(to("a", "{uri: {prefix: /shop/a}}"), to("b")))
    client = stage.sidecar()
    assert [client.get(f"http://web{path}").at for path in ("/shop/a", "/shop/c", "/other")] == [A, B, REST]


def test_a_delegate_is_of_the_roots_namespace_unless_another_is_named(stage: Stage) -> None:
    near, far = leaf(to("a")), leaf(to("b"), namespace="shop")
    client = stage.sidecar()
    stage.world(*SHOP, near, far, root(delegating("{uri: {prefix: /near}}"), delegating("{uri: {prefix: /far}}", namespace="shop")))
    assert [client.get(f"http://web/{path}").at for path in ("near", "far")] == [A, B]


@pytest.mark.parametrize(("export", "expected"), [('["*"]', B), ("[default]", B), ('["."]', REST), ("[third]", REST)])
def test_a_delegate_must_be_exported_to_the_roots_namespace(stage: Stage, export: str, expected: str) -> None:
    stage.world(*SHOP, leaf(to("b"), namespace="shop", exportTo=export), root(delegating("{uri: {prefix: /far}}", namespace="shop")))
    assert stage.sidecar().get("http://web/far").at == expected


def test_a_delegate_that_is_not_there_drops_its_route_only(stage: Stage) -> None:
    stage.world(*SHOP, root(delegating("{uri: {prefix: /a}}", name="nobody"), to("a", "{uri: {prefix: /b}}")))
    client = stage.sidecar()
    assert [client.get(f"http://web{path}").at for path in ("/a", "/b", "/c")] == [REST, A, REST]


def test_a_delegate_may_not_delegate_again(stage: Stage) -> None:
    second = leaf(delegating(name="third"), to("a", "{uri: {prefix: /x/a}}"))
    stage.world(*SHOP, root(delegating("{uri: {prefix: /x}}")), second, leaf(to("b"), name="third"))
    client = stage.sidecar()
    assert client.get("http://web/x/b").at == REST


def test_a_delegate_by_itself_speaks_for_nobody(stage: Stage) -> None:
    stage.world(*SHOP, leaf(to("a")))
    assert stage.sidecar().get("http://web/").at == REST


@pytest.mark.parametrize(
    ("above", "below", "takes", "leaves"),
    [
        ("{uri: {prefix: /a}}", "{uri: {prefix: /a/b}}", ["/a/b", "/a/bc"], ["/a", "/b"]),
        ("{uri: {prefix: /a}}", "{uri: {exact: /a/b}}", ["/a/b"], ["/a", "/a/b/c"]),
        ("{uri: {prefix: /a}}", "{method: {exact: GET}}", ["/a", "/ab"], ["/b"]),
        ("{method: {exact: GET}}", "{uri: {prefix: /a}}", ["/a"], ["/b"]),
        ("{uri: {exact: /a}}", "{uri: {exact: /a}}", ["/a"], ["/a/b"]),
        ("{uri: {prefix: /a}}", "{uri: {prefix: /b}}, {uri: {prefix: /a/c}}", ["/a/c"], ["/b", "/a"]),
    ],
)
def test_conditions_of_both_must_hold(stage: Stage, above: str, below: str, takes: list[str], leaves: list[str]) -> None:
    stage.world(*SHOP, root(delegating(above)), leaf(to("a", below)))
    client = stage.sidecar()
    assert [client.get(f"http://web{path}").at for path in takes] == [A] * len(takes)
    assert [client.get(f"http://web{path}").at for path in leaves] == [REST] * len(leaves)


@pytest.mark.parametrize(
    ("above", "below", "path"),
    [
        ("{uri: {regex: '/a.*'}}", "{uri: {prefix: /a}}", "/a"),
        ("{uri: {prefix: /a}}", "{uri: {regex: '/a.*'}}", "/a"),
        ("{uri: {exact: /a}}", "{uri: {prefix: /a}}", "/a"),
        ("{uri: {prefix: /a}}", "{uri: {prefix: /b}}", "/b"),
        ("{uri: {prefix: /a}}", "{uri: {exact: /b}}", "/b"),
        ("{uri: {prefix: /a}, ignoreUriCase: true}", "{uri: {prefix: /a/b}}", "/a/b"),
        ("{uri: {prefix: /a}, port: 80}", "{port: 81}", "/a"),
        ("{uri: {prefix: /a}, sourceNamespace: default}", "{sourceNamespace: shop}", "/a"),
        ("{uri: {prefix: /a}, sourceLabels: {app: client}}", "{sourceLabels: {app: other}}", "/a"),
        ("{uri: {prefix: /a}, gateways: [mesh]}", "{gateways: [edge]}", "/a"),
    ],
)
def test_conditions_that_contradict_each_other_are_dropped(stage: Stage, above: str, below: str, path: str) -> None:
    stage.world(*SHOP, gateway("edge"), root(delegating(above), gateways="[mesh, edge]"), leaf(to("a", below)))
    assert stage.sidecar().get(f"http://web{path}").at == REST


def test_a_delegate_may_not_be_for_a_gateway_that_its_root_leaves_out(stage: Stage) -> None:
    above = root(delegating("{uri: {prefix: /a}, gateways: [mesh]}"), hosts="shop.example", gateways="[mesh, edge]")
    stage.world(*SHOP, gateway("edge"), above, leaf(to("a", "{gateways: [edge]}"), to("b", "{gateways: [mesh]}")))
    assert stage.outside().get("http://shop.example/a", to=stage.gateway()).at == REST
    assert stage.sidecar().get("http://shop.example/a").at == B


def test_a_condition_is_dropped_alone_and_others_stay(stage: Stage) -> None:
    stage.world(*SHOP, root(delegating("{uri: {prefix: /a}}, {uri: {prefix: /b}}")), leaf(to("a", "{uri: {prefix: /b/c}}")))
    client = stage.sidecar()
    assert [client.get(f"http://web{path}").at for path in ("/b/c", "/a", "/b")] == [A, REST, REST]


def test_headers_of_both_and_labels_of_both_must_hold(stage: Stage) -> None:
    above, below = "{headers: {x-a: {exact: a}}, sourceLabels: {app: client}}", "{headers: {x-b: {exact: b}}, sourceNamespace: default}"
    stage.world(*SHOP, root(delegating(above)), leaf(to("a", below)))
    client, other = stage.sidecar(), stage.sidecar(labels={"app": "other"})
    both = {"x-a": "a", "x-b": "b"}
    assert [client.get("http://web/", headers=headers).at for headers in (both, {"x-a": "a"}, {"x-b": "b"})] == [A, REST, REST]
    assert other.get("http://web/", headers=both).at == REST


def test_a_route_is_named_by_root_and_delegate(stage: Stage) -> None:
    log = mesh('{accessLogFile: /dev/stdout, accessLogFormat: "took %ROUTE_NAME% for %REQ(:PATH)%\\n"}')
    above = delegating("{uri: {prefix: /named}}", more=", name: root")
    below = "{name: leaf, route: [{destination: {host: a}}]}"
    stage.world(*SHOP, log, root(above), leaf(below))
    client = stage.sidecar()
    client.get("http://web/named")
    assert client.logged("for /named$")[-1] == "took root-leaf for /named"


def test_what_the_root_says_besides_the_delegate_holds_where_the_delegate_is_silent(stage: Stage) -> None:
    above = delegating("{uri: {prefix: /a}}", more=", timeout: 7s, headers: {request: {set: {x-root: said}}}")
    quiet, loud = to("a", "{uri: {prefix: /a/quiet}}"), to("a", more=", timeout: 3s")
    stage.world(*SHOP, root(above), leaf(quiet, loud))
    client = stage.sidecar()
    seen = [client.get(f"http://web/a/{path}").seen for path in ("quiet", "loud")]
    assert [(each.header("x-envoy-expected-rq-timeout-ms"), each.header("x-root")) for each in seen] == [("7000", "said"), ("3000", "said")]


def test_at_gateways_delegates_work_alike(stage: Stage) -> None:
    above = root(delegating("{uri: {prefix: /shop}}"), hosts="shop.example", last="", gateways="[edge]")
    stage.world(*SHOP, gateway("edge"), above, leaf(to("a")))
    outside, edge = stage.outside(), stage.gateway()
    assert [outside.get(f"http://shop.example{path}", to=edge).outcome for path in ("/shop/x", "/other")] == [A, "404"]


def test_a_changed_delegate_changes_the_routes_of_its_root(stage: Stage) -> None:
    client, above = stage.sidecar(), root(delegating("{uri: {prefix: /shop}}"))
    for place, address in (("a", A), ("b", B), ("a", A)):
        stage.world(*SHOP, above, leaf(to(place)))
        assert client.get("http://web/shop").at == address
