"""What is explained of a call is what becomes of it: real calls, held against what was foretold, and the other way round: every endpoint that is
foretold is really called. All other tests of the stage are held so, too, unless somebody turns it off; here it is always done.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lateen.api.encode import encode
from lateen.api.kinds import KINDS
from lateen.assembly.views import view_of
from lateen.explain.call import Call
from lateen.explain.onward import explained
from lateen.explain.way import Way
from lateen.flow import Graph
from lateen.ir.view import View
from lateen.registry import services
from stage.foretold import Mismatch
from stage.proxied import Proxied
from stage.stage import Stage
from stage.worlds import destination_rule, entry, gateway, mesh, service, to, virtual_service
from tests.property import worlds

pytestmark = [pytest.mark.envoy, pytest.mark.root]

REVIEWS = service("reviews", "10.0.0.1 version=v1", "10.0.0.2 version=v2 security.istio.io/tlsMode=istio", "10.0.0.3 version=v2")
SUBSETS = destination_rule("subsets", "reviews", "subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]")
MANY = 60
"""So many calls that each endpoint that may get one gets one."""


@pytest.fixture
def held(stage: Stage) -> Iterator[Stage]:
    """The stage, on which every call is held against what is foretold."""
    before, stage.oracle.is_on = stage.oracle.is_on, True
    yield stage
    stage.oracle.is_on = before


def view(client: Proxied) -> View:
    return view_of(client.node, {"LABELS": dict(client.workload.labels)})


def foretold(stage: Stage, client: Proxied, host: str, port: int = 80, path: str = "/") -> Way:
    call = Call(host, port, client=view(client), path=path)
    return stage.control.ask(lambda g: explained(g, call))


def endpoints(of: Way) -> set[str]:
    return {each.address for sent in of.sent if not sent.mirrored for each in sent.endpoints}


RULES = {
    "no rule": "",
    "a subset": virtual_service("r", "reviews", http=f"[{to('reviews/v2')}]"),
    "weights": virtual_service("r", "reviews", http=f"[{to('reviews/v1 50, reviews/v2 50')}]"),
    "a weight of nothing": virtual_service("r", "reviews", http=f"[{to('reviews/v1 100, reviews/v2 0')}]"),
    "a path": virtual_service("r", "reviews", http=f"[{to('reviews/v1', 'match: [{uri: {prefix: /v1}}]')}, {to('reviews/v2')}]"),
    "another service": virtual_service("r", "reviews", http=f"[{to('other')}]"),
    "a mirror": virtual_service("r", "reviews", http=f"[{to('reviews/v1', 'mirror: {host: other}')}]"),
    "labels of the client": virtual_service(
        "r", "reviews", http=f"[{to('reviews/v1', 'match: [{sourceLabels: {app: client}}]')}, {to('reviews/v2')}]"
    ),
}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
@pytest.mark.parametrize("path", ["/", "/v1/x"])
def test_the_endpoints_that_are_foretold_are_those_that_are_called(held: Stage, rule: str, path: str) -> None:
    held.world(REVIEWS, SUBSETS, service("other", "10.0.9.1", "10.0.9.2"), rule)
    client = held.sidecar()
    assert set(client.spread(MANY, f"http://reviews{path}")) == endpoints(foretold(held, client, "reviews", path=path))


def test_shares_are_foretold_as_they_fall(held: Stage) -> None:
    held.world(REVIEWS, SUBSETS, virtual_service("r", "reviews", http=f"[{to('reviews/v1 9, reviews/v2 1')}]"))
    client = held.sidecar()
    parts = {sent.destination.split("|")[2]: sent.part for sent in foretold(held, client, "reviews").sent}
    assert parts == {"v1": 900_000, "v2": 100_000}
    found = client.spread(400, "http://reviews/")
    assert 320 <= found["10.0.0.1"] <= 396


def test_answers_of_the_proxy_itself_are_foretold(held: Stage) -> None:
    rules = (
        "[{match: [{uri: {exact: /old}}], redirect: {uri: /new, redirectCode: 308}}, {match: [{uri: {exact: /tea}}], directResponse: {status: 418}}]"
    )
    held.world(REVIEWS, virtual_service("r", "reviews", http=rules))
    client = held.sidecar()
    assert [client.get(f"http://reviews{path}").status for path in ("/old", "/tea", "/none")] == [308, 418, 404]


def test_strangers_are_foretold_by_what_the_mesh_lets_pass(held: Stage) -> None:
    client = held.sidecar()
    held.world(REVIEWS)
    assert client.get("http://far.example/").at == "10.200.0.1"
    assert client.tcp("far.example", 7000).at == "10.200.0.1"
    held.world(REVIEWS, mesh("outboundTrafficPolicy: {mode: REGISTRY_ONLY}"))
    assert client.get("http://far.example/").status == 502
    assert client.tcp("far.example", 7000).error in ("closed", "reset")


def test_what_a_server_refuses_is_foretold_where_it_arrives(held: Stage) -> None:
    server = held.sidecar(labels={"app": "shy"}, ip="10.1.7.9")
    policy = """
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: shy, namespace: default}
spec: {selector: {matchLabels: {app: shy}}, rules: [{to: [{operation: {paths: [/open]}}]}]}
"""
    held.world(service("shy", f"{server.address} security.istio.io/tlsMode=istio"), policy)
    client = held.sidecar()
    assert [client.get(f"http://shy{path}").status for path in ("/open", "/closed")] == [200, 403]
    told = foretold(held, client, "shy", path="/closed").sent[0].endpoints[0].decision
    assert told is not None
    assert (told.allowed, told.status) == (False, 403)


def test_a_call_through_an_egress_gateway_is_foretold_to_its_end(held: Stage) -> None:
    egress = held.gateway(labels={"istio": "egress"}, ip="10.1.7.10")
    through = virtual_service(
        "through",
        "far.example",
        gateways="[mesh, out]",
        http=f"[{to('egress.istio-system.svc.cluster.local', 'match: [{gateways: [mesh]}]')}, {to('far.example', 'match: [{gateways: [out]}]')}]",
    )
    out = gateway("out", '{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}').replace("ingressgateway", "egress")
    front = service("egress", f"{egress.address} istio=egress", namespace="istio-system", target=80)
    held.world(front, entry("far", "far.example", "10.0.0.77"), out, through)
    client = held.sidecar()
    assert client.get("http://far.example/").at == "10.0.0.77"
    told = foretold(held, client, "far.example").sent[0].endpoints[0]
    assert told.onward is not None
    assert endpoints(told.onward) == {"10.0.0.77"}


def test_a_call_that_goes_otherwise_is_noticed(held: Stage) -> None:
    """Who compares could be blind: so a call is held against another world than it was made in."""
    held.world(REVIEWS, SUBSETS, virtual_service("r", "reviews", http=f"[{to('reviews/v1')}]"))
    client = held.sidecar()
    answer = client.get("http://reviews/x")
    held.world(REVIEWS, SUBSETS, virtual_service("r", "reviews", http=f"[{to('reviews/v2')}]"))
    asked = {
        "method": "GET",
        "manner": "http1",
        "tls": None,
        "address": "240.240.0.9",
        "port": 80,
        "path": "/x",
        "host": "reviews",
        "headers": [],
        "timeout": 10.0,
    }
    with pytest.raises(Mismatch, match=r"10\.0\.0\.2:8080"):
        held.oracle.check(view(client), None, asked, [answer], looked_up=True)
    held.world(REVIEWS, SUBSETS, virtual_service("r", "reviews", http=f"[{to('reviews/v1', 'rewrite: {uri: /y}')}]"))
    with pytest.raises(Mismatch, match="/yx reviews"):
        held.oracle.check(view(client), None, asked, [answer], looked_up=True)


def test_what_is_not_known_is_declined_aloud(held: Stage) -> None:
    patch = """
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: own, namespace: default}
spec:
  configPatches:
  - applyTo: CLUSTER
    match: {cluster: {service: reviews.default.svc.cluster.local}}
    patch: {operation: MERGE, value: {connect_timeout: 1s}}
"""
    held.world(REVIEWS, patch)
    before = held.oracle.tally.declined.total()
    assert held.sidecar().get("http://reviews/").status == 200
    assert held.oracle.tally.declined.total() == before + 1


def called(g: Graph) -> list[tuple[str, int]]:
    """Some hosts of each namespace with their ports."""
    found = []
    for namespace in services.namespaces(g):
        for host in services.hosts(g, namespace)[:4]:
            service_ = services.service(g, namespace, host)
            found += [(host.replace("*", "any"), port.number) for port in (service_.ports[:2] if service_ is not None else ())]
    return found


OFTEN = ("Service", "ServiceEntry", "ServiceEntry", "VirtualService", "VirtualService", "DestinationRule", "WorkloadEntry", "Sidecar", "Gateway")


def drawn(count: int) -> list[list[worlds.Manifest]]:
    """So many worlds of objects that say where calls go, always the same."""
    found: list[list[worlds.Manifest]] = []

    @settings(max_examples=count, derandomize=True, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(st.lists(worlds.manifests(of=[KINDS[each] for each in OFTEN]), min_size=4, max_size=12))
    def collect(world: list[worlds.Manifest]) -> None:
        found.append(world)

    collect()
    return found


def test_calls_in_worlds_of_any_objects_go_as_foretold(held: Stage) -> None:
    client, outside, edge = held.sidecar(labels={"app": "a", "tier": "x"}), held.outside(), held.gateway()
    before = held.oracle.tally.compared.total()
    for world in drawn(80):
        held.world(*(yaml.safe_dump(encode(each)) for each in worlds.accepted(world)))
        for host, port in held.control.ask(called)[:8]:
            client.get(f"http://{host}:{port}/a/b?x=1", timeout=1.0)
            client.tcp(host, port, timeout=1.0)
            client.tls(host, port, timeout=1.0)
            outside.get(f"http://{host}:{port}/a/b?x=1", to=edge, timeout=1.0)
    assert held.oracle.tally.compared.total() > before + 200
