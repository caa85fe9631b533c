"""Which endpoints are near, and when farther ones are called (DR-4, LB-1, LB-2)."""

from __future__ import annotations

import itertools
import time

import pytest

from lateen.agent.workload import ProxySettings
from stage.stage import Stage
from stage.worlds import edge

pytestmark = [pytest.mark.envoy, pytest.mark.root]

_hosts = itertools.count(1)

PLACES = {
    "10.0.0.1": "r1/z1/s1",
    "10.0.0.2": "r1/z1/s2",
    "10.0.0.3": "r1/z2/s3",
    "10.0.0.4": "r2/z3/s4",
    "10.0.0.5": "r3/z4/s5",
}
HERE = "r1/z1/s1"
EJECTS = "outlierDetection: {consecutive5xxErrors: 1, baseEjectionTime: 600s, maxEjectionPercent: 100}"


def by_place(setting: str) -> str:
    """The part of a rule that turns this setting for localities on."""
    return f"loadBalancer: {{localityLbSetting: {{enabled: true, {setting}}}}}"


def fresh() -> str:
    """A host of its own, so that nobody is ejected from an older test."""
    return f"l{next(_hosts)}.example"


def service(host: str, *addresses: str, weights: dict[str, int] | None = None, more: str = "") -> str:
    """A service with an endpoint at each of these places."""
    listed = ", ".join(f"{{address: {each}, locality: {PLACES[each]}, weight: {(weights or {}).get(each, 1)}}}" for each in addresses or PLACES)
    return f"""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: {host.partition(".")[0]}, namespace: default}}
spec:
  hosts: [{host}]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{{number: 80, name: http, protocol: HTTP}}]
  endpoints: [{listed}]
{more}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: once, namespace: default}}
spec: {{hosts: [{host}], http: [{{route: [{{destination: {{host: {host}}}}}], retries: {{attempts: 0}}}}]}}
"""


def rule(host: str, policy: str, more: str = "") -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: rule, namespace: default}}
spec: {{host: {host}, trafficPolicy: {{{policy}}}{more}}}
"""


def mesh(setting: str) -> str:
    return f"""
apiVersion: v1
kind: ConfigMap
metadata: {{name: istio, namespace: istio-system}}
data: {{mesh: '{{localityLbSetting: {setting}}}'}}
"""


def in_order(stage: Stage, host: str, locality: str = HERE) -> list[set[str]]:
    """Who is called while all are well, then who is when those fail, and so on, until nobody is left.

    Envoy tells its worker of ejections once a second at most, so calls are made until those who fail are called no more.
    """
    client, found, failing = stage.sidecar(locality=locality), [], set[str]()
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        answers = client.many(30, f"http://{host}/")
        if {each.status for each in answers} == {503}:
            break
        if failing.intersection(each.at for each in answers):
            continue
        found.append({each.at for each in answers})
        failing |= found[-1]
        for address in found[-1]:
            stage.behave(address, status=500)
    return found


@pytest.mark.rule("LB-1")
def test_endpoints_are_called_in_the_order_of_their_distance_as_nearer_ones_are_ejected(stage: Stage) -> None:
    host = fresh()
    stage.world(service(host), rule(host, EJECTS))
    assert in_order(stage, host) == [{"10.0.0.1"}, {"10.0.0.2"}, {"10.0.0.3"}, {"10.0.0.4", "10.0.0.5"}]


@pytest.mark.rule("LB-1")
def test_priorities_have_no_gaps_where_nobody_is_very_near(stage: Stage) -> None:
    host = fresh()
    stage.world(service(host, "10.0.0.3", "10.0.0.4"), rule(host, EJECTS))
    assert in_order(stage, host) == [{"10.0.0.3"}, {"10.0.0.4"}]


@pytest.mark.rule("LB-1")
def test_without_ejection_distance_does_not_matter(stage: Stage) -> None:
    host = fresh()
    stage.world(service(host))
    assert stage.sidecar(locality=HERE).spread(100, f"http://{host}/").keys() == set(PLACES)


@pytest.mark.rule("LB-1")
def test_who_does_not_know_where_it_is_calls_everybody(stage: Stage) -> None:
    host = fresh()
    stage.world(service(host), rule(host, EJECTS))
    assert stage.sidecar().spread(100, f"http://{host}/").keys() == set(PLACES)


@pytest.mark.rule("DR-4", "LB-1")
def test_failover_names_the_region_that_comes_next(stage: Stage) -> None:
    host = fresh()
    setting = "loadBalancer: {localityLbSetting: {enabled: true, failover: [{from: r1, to: r3}]}}"
    stage.world(service(host, "10.0.0.1", "10.0.0.4", "10.0.0.5"), rule(host, f"{setting}, {EJECTS}"))
    assert in_order(stage, host) == [{"10.0.0.1"}, {"10.0.0.5"}, {"10.0.0.4"}]


@pytest.mark.rule("DR-4", "LB-1")
def test_a_rule_may_turn_it_off(stage: Stage) -> None:
    host = fresh()
    stage.world(service(host), rule(host, f"loadBalancer: {{localityLbSetting: {{enabled: false}}}}, {EJECTS}"))
    assert stage.sidecar(locality=HERE).spread(100, f"http://{host}/").keys() == set(PLACES)


@pytest.mark.rule("DR-4", "LB-1")
def test_shares_are_divided_among_localities_as_the_rule_says(stage: Stage) -> None:
    host = fresh()
    shares = 'distribute: [{from: "r1/z1/*", to: {"r1/z1/*": 80, "r2/*": 20}}]'
    stage.world(service(host), rule(host, f"loadBalancer: {{simple: ROUND_ROBIN, localityLbSetting: {{enabled: true, {shares}}}}}"))
    landed = stage.sidecar(locality=HERE).spread(300, f"http://{host}/")
    assert landed.keys() == {"10.0.0.1", "10.0.0.2", "10.0.0.4"}
    assert 0.1 < landed["10.0.0.4"] / 300 < 0.3


@pytest.mark.rule("DR-4", "LB-1")
def test_shares_for_others_are_not_the_clients(stage: Stage) -> None:
    host = fresh()
    shares = 'distribute: [{from: "r2/*", to: {"r2/*": 100}}]'
    stage.world(service(host), rule(host, by_place(shares)))
    assert stage.sidecar(locality=HERE).spread(100, f"http://{host}/").keys() == set(PLACES)


@pytest.mark.rule("DR-4", "LB-1")
def test_priority_is_how_many_of_the_first_labels_are_equal(stage: Stage) -> None:
    host = fresh()
    setting = 'failoverPriority: ["topology.kubernetes.io/region", "topology.kubernetes.io/zone"]'
    stage.world(service(host), rule(host, f"{by_place(setting)}, {EJECTS}"))
    assert in_order(stage, host) == [{"10.0.0.1", "10.0.0.2"}, {"10.0.0.3"}, {"10.0.0.4", "10.0.0.5"}]


@pytest.mark.rule("DR-4", "LB-1")
def test_a_label_of_the_priority_may_have_a_value_given(stage: Stage) -> None:
    host = fresh()
    setting = 'failoverPriority: ["topology.kubernetes.io/region=r2"]'
    stage.world(service(host, "10.0.0.1", "10.0.0.4"), rule(host, f"{by_place(setting)}, {EJECTS}"))
    assert in_order(stage, host) == [{"10.0.0.4"}, {"10.0.0.1"}]


@pytest.mark.rule("DR-4", "LB-1")
def test_a_rule_comes_before_the_service_and_that_before_the_mesh(stage: Stage) -> None:
    wish = """
apiVersion: v1
kind: Service
metadata: {name: NAME, namespace: default}
spec: {trafficDistribution: PreferSameZone, clusterIP: 240.240.5.1, selector: {app: near}, ports: [{name: http, port: 80}]}
"""
    workloads = "\n---\n".join(
        f"""
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {{name: w{number}, namespace: default}}
spec: {{address: {address}, locality: {place}, labels: {{app: near}}}}
"""
        for number, (address, place) in enumerate(PLACES.items())
    )
    client = stage.sidecar(locality=HERE)

    def called(name: str, *more: str) -> set[str]:
        stage.world(wish.replace("NAME", name), workloads, *more)
        return set(client.spread(100, f"http://{name}/"))

    everywhere = mesh('{enabled: true, distribute: [{from: "r1/*", to: {"r3/*": 100}}]}')
    nowhere = rule("near2", "loadBalancer: {localityLbSetting: {enabled: false}}")
    assert called("near1", everywhere) == {"10.0.0.1", "10.0.0.2"}
    assert called("near2", everywhere, nowhere) == set(PLACES)


@pytest.mark.rule("LB-1")
def test_the_mesh_has_a_setting_where_nobody_else_says(stage: Stage) -> None:
    client = stage.sidecar(locality=HERE)
    host = fresh()
    stage.world(service(host), mesh('{enabled: true, distribute: [{from: "r1/*", to: {"r3/*": 100}}]}'))
    assert client.spread(50, f"http://{host}/").keys() == {"10.0.0.5"}
    host = fresh()
    stage.world(service(host), mesh("{enabled: false}"), rule(host, EJECTS))
    assert client.spread(100, f"http://{host}/").keys() == set(PLACES)


@pytest.mark.rule("LB-1")
def test_a_gateway_goes_by_where_it_is_itself(stage: Stage) -> None:
    host = fresh()
    stage.world(service(host), rule(host, EJECTS), edge(host))
    gateway = stage.gateway(locality="r2/z3/s4")
    assert stage.outside().spread(20, "http://any.example/", to=gateway).keys() == {"10.0.0.4"}


@pytest.mark.rule("LB-2")
def test_endpoints_of_one_locality_are_called_by_their_weights(stage: Stage) -> None:
    host = fresh()
    stage.world(service(host, "10.0.0.1", "10.0.0.2", weights={"10.0.0.1": 9}), rule(host, "loadBalancer: {simple: ROUND_ROBIN}"))
    landed = stage.sidecar().spread(100, f"http://{host}/")
    assert 80 <= landed["10.0.0.1"] <= 97


@pytest.mark.rule("SD-12", "SD-15")
def test_calls_go_farther_as_fewer_of_the_near_are_ready_and_never_to_who_is_not(stage: Stage) -> None:
    slices = """
apiVersion: v1
kind: Service
metadata: {name: partly, namespace: default}
spec: {trafficDistribution: PreferSameZone, clusterIP: 240.240.5.2, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Node
metadata: {name: near, labels: {topology.kubernetes.io/region: r1, topology.kubernetes.io/zone: z1}}
---
apiVersion: v1
kind: Node
metadata: {name: far, labels: {topology.kubernetes.io/region: r2, topology.kubernetes.io/zone: z3}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: partly-1, namespace: default, labels: {kubernetes.io/service-name: partly}}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints:
- {addresses: [10.0.6.1], nodeName: near}
- {addresses: [10.0.6.2], nodeName: near, conditions: {ready: false}}
- {addresses: [10.0.6.3], nodeName: near, conditions: {ready: false}}
- {addresses: [10.0.6.9], nodeName: far}
"""
    stage.world(slices)
    landed = stage.sidecar(locality=HERE).spread(200, "http://partly/")
    assert landed.keys() == {"10.0.6.1", "10.0.6.9"}
    assert 0.3 < landed["10.0.6.9"] / 200 < 0.75


@pytest.mark.rule("DR-4", "DR-10")
def test_a_rule_of_the_callers_own_namespace_ranks_by_the_callers_labels(stage: Stage) -> None:
    host = fresh()
    labelled = service(host, "10.0.0.1", "10.0.0.4").replace("weight: 1}", "weight: 1, labels: {team: red}}", 1)
    setting = "loadBalancer: {localityLbSetting: {enabled: true, failoverPriority: [team]}}"
    private = rule(host, f"{setting}, {EJECTS}", ', exportTo: ["."]').replace("namespace: default", "namespace: other")
    stage.world(labelled, private)
    red, blue = stage.sidecar("other", {"team": "red"}), stage.sidecar("other", {"team": "blue"})
    assert red.spread(30, f"http://{host}/").keys() == {"10.0.0.1"}
    assert blue.spread(30, f"http://{host}/").keys() == {"10.0.0.1", "10.0.0.4"}


def named(host: str) -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: {host.partition(".")[0]}, namespace: default}}
spec:
  hosts: [{host}]
  resolution: DNS
  ports: [{{number: 80, name: http, protocol: HTTP}}]
  endpoints: [{{address: near.example, locality: {HERE}}}, {{address: far.example, locality: r2/z3/s4}}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: once, namespace: default}}
spec: {{hosts: [{host}], http: [{{route: [{{destination: {{host: {host}}}}}], retries: {{attempts: 0}}}}]}}
"""


NAMES = {"near.example": "10.0.7.1", "far.example": "10.0.7.2"}


@pytest.mark.rule("LB-1", "SE-5")
def test_names_that_the_proxy_resolves_are_called_in_the_order_of_their_distance_too(stage: Stage) -> None:
    host = fresh()
    stage.world(named(host), rule(host, EJECTS), names=NAMES)
    assert in_order(stage, host) == [{"10.0.7.1"}, {"10.0.7.2"}]
    host = fresh()
    stage.world(named(host), names=NAMES)
    assert stage.sidecar(locality=HERE).spread(40, f"http://{host}/").keys() == {"10.0.7.1", "10.0.7.2"}


@pytest.mark.rule("LB-1")
def test_shares_of_localities_hold_for_names_too(stage: Stage) -> None:
    host = fresh()
    shares = 'distribute: [{from: "r1/*", to: {"r2/*": 100}}]'
    stage.world(named(host), rule(host, by_place(shares)), names=NAMES)
    assert stage.sidecar(locality=HERE).spread(30, f"http://{host}/").keys() == {"10.0.7.2"}


@pytest.mark.rule("LB-1")
def test_a_gateway_calls_names_by_where_it_is_itself(stage: Stage) -> None:
    host = fresh()
    stage.world(named(host), rule(host, EJECTS), edge(host), names=NAMES)
    gateway = stage.gateway(locality="r2/z3/s4")
    assert stage.outside().spread(20, "http://any.example/", to=gateway).keys() == {"10.0.7.2"}


def zoned(name: str, *zones: str, more: str = "") -> str:
    """A service with an endpoint for each zone named, and a rule about it."""
    listed = ", ".join(f"{{address: 10.{ord(name[0])}.0.{number}, locality: r/{zone}}}" for number, zone in enumerate(zones, 1))
    ports = "ports: [{number: 80, name: http, protocol: HTTP}]"
    return f"""
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: {name}, namespace: default}}
spec: {{hosts: [{name}.example], {ports}, resolution: STATIC, location: MESH_INTERNAL, endpoints: [{listed}]}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: {name}, namespace: default}}
spec: {{host: {name}.example, trafficPolicy: {{loadBalancer: {{simple: ROUND_ROBIN{more}}}}}}}
"""


PEERS = """
---
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: 'defaultConfig: {proxyMetadata: {ISTIO_META_ENABLE_SELF_DISCOVERY: "true"}}'}
---
apiVersion: v1
kind: Service
metadata: {name: callers, namespace: default}
spec: {clusterIP: 240.240.7.7, selector: {app: zonal}, ports: [{name: http, port: 80}]}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: one, namespace: default, labels: {app: zonal}}
spec: {address: 10.9.0.1, locality: r/z1}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: two, namespace: default, labels: {app: zonal}}
spec: {address: 10.9.0.2, locality: r/z2}
"""


@pytest.mark.rule("DR-4", "LB-1")
def test_a_proxy_that_knows_its_peers_keeps_calls_in_its_zone_where_a_rule_says_so(stage: Stage) -> None:
    client = stage.sidecar(labels={"app": "zonal"}, locality="r/z1", settings=ProxySettings(peers=True))
    aware = ", zoneAwareLbSetting: {enabled: true, minClusterSize: 2}"
    stage.world(
        PEERS, zoned("aware", "z1", "z2", more=aware), zoned("plain", *["z1"] * 3, *["z2"] * 3), zoned("lacking", "z1", "z2", "z2", "z2", more=aware)
    )
    assert client.spread(20, "http://aware.example/") == {"10.97.0.1": 20}
    assert len(client.spread(60, "http://plain.example/")) == 6
    assert len(client.spread(60, "http://lacking.example/")) == 4, "half of the callers are here, but a quarter of those called"


@pytest.mark.rule("DR-4")
def test_a_proxy_that_does_not_know_its_peers_calls_all_zones_alike(stage: Stage) -> None:
    client = stage.sidecar(labels={"app": "zonal"}, locality="r/z1")
    stage.world(PEERS, zoned("aware", "z1", "z2", more=", zoneAwareLbSetting: {enabled: true, minClusterSize: 2}"))
    assert client.spread(20, "http://aware.example/") == {"10.97.0.1": 10, "10.97.0.2": 10}
