"""What Kubernetes' objects say is running, as calls find it (SD-1 to SD-18)."""

from __future__ import annotations

import pytest

from stage.stage import Stage
from stage.worlds import edge

pytestmark = [pytest.mark.envoy, pytest.mark.root]

HTTP = "{name: http, port: 80, targetPort: 8080}"


def service(spec: str, name: str = "web", metadata: str = "") -> str:
    return f"""
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: default{metadata}}}
spec: {{selector: {{app: {name}}}, {spec}}}
"""


def endpoints(*lines: str, name: str = "web", ports: str = "{name: http, port: 8080}", family: str = "IPv4") -> str:
    """An EndpointSlice; a line is an address, or a whole endpoint in YAML."""
    listed = "".join("\n- " + (line if line.startswith("{") else f"{{addresses: ['{line}']}}") for line in lines)
    return f"""
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: {name}-{family.lower()}, namespace: default, labels: {{kubernetes.io/service-name: {name}}}}}
addressType: {family}
ports: [{ports}]
endpoints: {listed}
"""


def pod(address: str, labels: str = "{}", name: str = "web-1", account: str = "default", node: str = "") -> str:
    return f"""
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: default, labels: {labels}}}
spec: {{serviceAccountName: {account}, nodeName: "{node}", containers: [{{name: app, image: app}}]}}
status: {{phase: Running, podIP: {address}, podIPs: [{{ip: {address}}}]}}
"""


def node(name: str, locality: str) -> str:
    region, zone, subzone = locality.split("/")
    labels = f"{{topology.kubernetes.io/region: {region}, topology.kubernetes.io/zone: {zone}, topology.istio.io/subzone: {subzone}}}"
    return f"\napiVersion: v1\nkind: Node\nmetadata: {{name: {name}, labels: {labels}}}\n"


def mesh(settings: str) -> str:
    return f"""
apiVersion: v1
kind: ConfigMap
metadata: {{name: istio, namespace: istio-system}}
data: {{mesh: '{settings}'}}
"""


def routed_by_header(port: int) -> str:
    """A rule that only requests can follow: who gets the answer 418 was taken for HTTP."""
    return f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: web, namespace: default}}
spec: {{hosts: [web], http: [{{match: [{{port: {port}}}], directResponse: {{status: 418}}}}]}}
"""


@pytest.mark.rule("SD-1")
@pytest.mark.parametrize(
    ("port", "status"),
    [
        ("{name: http, port: 80}", 418),
        ("{name: HTTP-web, port: 80}", 418),
        ("{name: tcp, port: 80}", 200),
        ("{name: http, port: 80, appProtocol: tcp}", 200),
        ("{name: tcp, port: 80, appProtocol: HTTP}", 418),
        ("{name: main, port: 80, appProtocol: kubernetes.io/ws}", 418),
        ("{name: main, port: 80}", 418),
        ("{name: main, port: 3306}", 200),
        ("{name: mysql, port: 80}", 200),
    ],
)
def test_a_port_is_http_as_its_app_protocol_its_name_or_its_number_says(stage: Stage, port: str, status: int) -> None:
    number = 3306 if "3306" in port else 80
    word = port.partition("name: ")[2].partition(",")[0]
    world = service(f"clusterIP: 240.240.0.1, ports: [{port}]"), endpoints("10.0.0.1", ports=f"{{name: {word}, port: {number}}}")
    stage.world(*world, routed_by_header(number))
    client = stage.sidecar()
    if number == 3306:
        assert client.tcp("240.240.0.1", 3306, send="").seen.at == "10.0.0.1"
    else:
        assert client.get("http://web/").status == status


@pytest.mark.rule("SD-1")
def test_http2_is_spoken_to_a_port_that_is_named_grpc(stage: Stage) -> None:
    stage.world(service("clusterIP: 240.240.0.1, ports: [{name: grpc, port: 80}]"), endpoints("10.0.0.1", ports="{name: grpc, port: 80}"))
    assert stage.sidecar().request("http://web/", manner="grpc").seen.protocol == "h2"
    assert stage.sidecar().get("http://web/").seen.protocol == "h2"


@pytest.mark.rule("SD-2")
def test_a_server_that_speaks_first_is_heard_once_detection_has_waited_long_enough(stage: Stage) -> None:
    silent = service("clusterIP: 240.240.0.1, ports: [{name: main, port: 2525, targetPort: 25}]")
    stage.world(silent, endpoints("10.0.0.1", ports="{name: main, port: 25}"), mesh("protocolDetectionTimeout: 100ms"))
    answer = stage.sidecar().tcp("240.240.0.1", 2525, send="", timeout=5.0)
    assert answer.at == "10.0.0.1"


@pytest.mark.rule("SD-10")
@pytest.mark.parametrize("kind", ["ClusterIP", "NodePort", "LoadBalancer"])
def test_every_type_of_service_is_called_by_name_and_by_its_address(stage: Stage, kind: str) -> None:
    stage.world(service(f"type: {kind}, clusterIP: 240.240.0.1, clusterIPs: [240.240.0.1], ports: [{HTTP}]"), endpoints("10.0.0.1"))
    client = stage.sidecar()
    for host in ("web", "web.default", "web.default.svc", "web.default.svc.cluster.local", "240.240.0.1"):
        assert client.get(f"http://{host}/").at == "10.0.0.1"
    assert client.get("http://web/").seen.port == 8080


@pytest.mark.rule("SD-11")
def test_endpoints_of_a_slice_are_called_at_the_port_that_it_gives_under_the_ports_name(stage: Stage) -> None:
    both = "{name: http, port: 80}, {name: http-admin, port: 81}"
    served = endpoints("10.0.0.1", ports="{name: http-admin, port: 9001}, {name: http, port: 9000}")
    stage.world(service(f"clusterIP: 240.240.0.1, ports: [{both}]"), served)
    client = stage.sidecar()
    assert [client.get(f"http://web:{port}/").seen.port for port in (80, 81)] == [9000, 9001]


@pytest.mark.rule("SD-11", "CL-3", "CL-5")
def test_a_pod_with_a_sidecar_is_called_by_mutual_tls_and_must_show_its_own_account(stage: Stage) -> None:
    world = service(f"clusterIP: 240.240.0.1, ports: [{HTTP}]"), endpoints("{addresses: [10.0.0.1], targetRef: {kind: Pod, name: web-1}}")
    able = pod("10.0.0.1", "{app: web, security.istio.io/tlsMode: istio}", account="robot")
    client = stage.sidecar()

    stage.world(*world, able)
    stage.identify("10.0.0.1", "default/robot")
    seen = client.get("http://web/").seen
    assert seen.tls is not None
    assert (seen.tls.sni, seen.tls.peer) == ("outbound_.80_._.web.default.svc.cluster.local", ("spiffe://cluster.local/ns/default/sa/default",))

    stage.world(*world, able.replace("robot", "other"))
    stage.identify("10.0.0.1", "default/robot")
    assert client.get("http://web/").status == 503

    stage.world(*world, pod("10.0.0.1", "{app: web}"))
    assert client.get("http://web/").seen.tls is None


@pytest.mark.rule("SD-12")
def test_only_endpoints_that_are_ready_are_called_unless_the_service_publishes_all(stage: Stage) -> None:
    listed = endpoints(
        "10.0.0.1",
        "{addresses: [10.0.0.2], conditions: {ready: false}}",
        "{addresses: [10.0.0.3], conditions: {ready: false, serving: true, terminating: true}}",
    )
    client = stage.sidecar()
    stage.world(service(f"clusterIP: 240.240.0.1, ports: [{HTTP}]"), listed)
    assert client.spread(12, "http://web/").keys() == {"10.0.0.1"}
    stage.world(service(f"clusterIP: 240.240.0.1, publishNotReadyAddresses: true, ports: [{HTTP}]"), listed)
    assert client.spread(24, "http://web/").keys() == {"10.0.0.1", "10.0.0.2"}


@pytest.mark.rule("SD-12")
def test_with_no_endpoint_ready_nobody_is_called(stage: Stage) -> None:
    world = service(f"clusterIP: 240.240.0.1, ports: [{HTTP}]"), endpoints("{addresses: [10.0.0.1], conditions: {ready: false}}")
    stage.world(*world)
    assert stage.sidecar().get("http://web/").status == 503
    assert stage.seen() == []


@pytest.mark.rule("LB-2", "SD-12")
def test_a_client_goes_back_to_the_endpoint_that_its_cookie_names_also_while_that_drains(stage: Stage) -> None:
    persistent = ', labels: {istio.io/persistent-session: "at:/"}'
    world = service(f"clusterIP: 240.240.0.1, ports: [{HTTP}]", metadata=persistent)
    client = stage.sidecar()
    stage.world(world, endpoints("10.0.0.1", "10.0.0.2", "10.0.0.3"))
    first = client.get("http://web/")
    cookie = str(first.header("set-cookie"))
    assert cookie.startswith("at=")
    assert "Path=/" in cookie
    back = {"cookie": cookie.partition(";")[0]}
    assert client.spread(12, "http://web/", headers=back).keys() == {first.at}
    assert client.get("http://web/", headers=back).header("set-cookie") is None

    others = [each for each in ("10.0.0.1", "10.0.0.2", "10.0.0.3") if each != first.at]
    draining = f"{{addresses: [{first.at}], conditions: {{ready: false, serving: true, terminating: true}}}}"
    stage.world(world, endpoints(draining, *others))
    assert client.spread(12, "http://web/", headers=back).keys() == {first.at}
    assert client.spread(24, "http://web/").keys() == set(others)

    stage.world(world, endpoints(*others))
    assert client.get("http://web/", headers=back).at in others


@pytest.mark.rule("LB-2")
def test_a_session_is_kept_by_a_header_where_the_label_says_so(stage: Stage) -> None:
    metadata = ", labels: {istio.io/persistent-session-header: x-at}"
    stage.world(service(f"clusterIP: 240.240.0.1, ports: [{HTTP}]", metadata=metadata), endpoints("10.0.0.1", "10.0.0.2", "10.0.0.3"))
    client = stage.sidecar()
    first = client.get("http://web/")
    assert client.spread(12, "http://web/", headers={"x-at": str(first.header("x-at"))}).keys() == {first.at}


@pytest.mark.rule("SD-13")
def test_a_headless_service_is_called_at_the_address_of_the_pod_that_was_meant(stage: Stage) -> None:
    served = endpoints("10.0.0.1", "10.0.0.2", ports="{name: http, port: 80}")
    stage.world(service("clusterIP: None, ports: [{name: http, port: 80}]"), served)
    client = stage.sidecar()
    for address in ("10.0.0.1", "10.0.0.2"):
        assert client.get("http://web/", to=address).at == address
        assert client.get("http://web-0.web.default.svc.cluster.local/", to=address).at == address


@pytest.mark.rule("SD-13")
def test_each_pod_of_a_headless_service_has_a_listener_of_its_own_for_tcp(stage: Stage) -> None:
    stage.world(service("clusterIP: None, ports: [{name: tcp, port: 7000}]"), endpoints("10.0.0.1", "10.0.0.2", ports="{name: tcp, port: 7000}"))
    client = stage.sidecar()
    assert [client.tcp(address, 7000).at for address in ("10.0.0.1", "10.0.0.2")] == ["10.0.0.1", "10.0.0.2"]
    listeners = {each["name"] for each in client.config("dynamic_listeners")["configs"] if "active_state" in each}
    assert listeners >= {"10.0.0.1_7000", "10.0.0.2_7000"}
    assert "0.0.0.0_7000" not in listeners


@pytest.mark.rule("SD-13")
def test_a_gateway_chooses_among_the_pods_of_a_headless_service(stage: Stage) -> None:
    stage.world(service(f"clusterIP: None, ports: [{HTTP}]"), endpoints("10.0.0.1", "10.0.0.2"), edge("web"))
    assert stage.outside().spread(20, "http://shop.example/", to=stage.gateway()).keys() == {"10.0.0.1", "10.0.0.2"}


ALIAS = """
apiVersion: v1
kind: Service
metadata: {name: alias, namespace: default}
spec: {type: ExternalName, externalName: web.default.svc.cluster.local, ports: [{name: http, port: 80}]}
"""


@pytest.mark.rule("SD-14")
def test_an_external_name_is_another_name_of_the_service(stage: Stage) -> None:
    stage.world(service(f"clusterIP: 240.240.0.1, ports: [{HTTP}]"), endpoints("10.0.0.1"), ALIAS)
    assert stage.sidecar().get("http://alias/", to="240.240.0.1").at == "10.0.0.1"
    assert not any("alias" in line for line in stage.sidecar().clusters())


@pytest.mark.rule("SD-14")
def test_an_external_name_that_is_no_service_is_found_by_dns(stage: Stage) -> None:
    alias = f"""
apiVersion: v1
kind: Service
metadata: {{name: partner, namespace: default}}
spec: {{type: ExternalName, externalName: www.partner.example, ports: [{HTTP}]}}
"""
    stage.world(alias, service(f"clusterIP: 240.240.0.1, ports: [{HTTP}]"), endpoints("10.0.0.1"), names={"www.partner.example": "10.0.0.77"})
    assert stage.sidecar().get("http://partner/", to="240.240.0.1").at == "10.0.0.77"


@pytest.mark.rule("SD-15")
def test_a_service_with_a_local_traffic_policy_is_called_on_the_clients_node_only(stage: Stage) -> None:
    world = (
        service(f"clusterIP: 240.240.0.1, internalTrafficPolicy: Local, ports: [{HTTP}]"),
        endpoints("{addresses: [10.0.0.1], nodeName: one}", "{addresses: [10.0.0.2], nodeName: two}"),
    )
    stage.world(*world)
    client = stage.sidecar(metadata={"NODE_NAME": "two"})
    assert client.spread(12, "http://web/").keys() == {"10.0.0.2"}


@pytest.mark.rule("SD-15", "SD-18")
@pytest.mark.parametrize("wish", ["trafficDistribution: PreferClose, ", ""])
def test_a_service_may_ask_to_be_called_near_by_its_spec_or_by_an_annotation(stage: Stage, wish: str) -> None:
    metadata = "" if wish else ", annotations: {networking.istio.io/traffic-distribution: PreferClose}"
    world = (
        service(f"{wish}clusterIP: 240.240.0.1, ports: [{HTTP}]", metadata=metadata),
        endpoints("{addresses: [10.0.0.1], nodeName: one}", "{addresses: [10.0.0.2], nodeName: two}"),
        node("one", "r/one/s"),
        node("two", "r/two/s"),
    )
    stage.world(*world)
    assert stage.sidecar(locality="r/two/s").spread(12, "http://web/").keys() == {"10.0.0.2"}


@pytest.mark.rule("SD-15")
def test_an_entry_may_ask_to_be_called_near_as_may_a_namespace_for_all_in_it(stage: Stage) -> None:
    wish = "annotations: {networking.istio.io/traffic-distribution: PreferSameZone}"
    ports = "ports: [{number: 80, name: http, protocol: HTTP}], resolution: STATIC"
    spec = ports + ", endpoints: [{address: %s, locality: r/one}, {address: %s, locality: r/two}]"
    own = f"""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: own, namespace: default, {wish}}}
spec: {{hosts: [own.example], {spec % ("10.0.3.1", "10.0.3.2")}}}
"""
    other = f"""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: other, namespace: shop}}
spec: {{hosts: [other.example], {spec % ("10.0.3.3", "10.0.3.4")}}}
---
apiVersion: v1
kind: Namespace
metadata: {{name: shop, {wish}}}
"""
    stage.world(own, other)
    client = stage.sidecar(locality="r/two/s")
    assert client.spread(12, "http://own.example/").keys() == {"10.0.3.2"}
    assert client.spread(12, "http://other.example/").keys() == {"10.0.3.4"}


@pytest.mark.rule("SD-18")
def test_a_pods_own_label_says_where_it_is_before_its_node_does(stage: Stage) -> None:
    listed = endpoints("{addresses: [10.0.0.1], targetRef: {kind: Pod, name: web-1}}", "{addresses: [10.0.0.2], targetRef: {kind: Pod, name: web-2}}")
    world = service(f"trafficDistribution: PreferClose, clusterIP: 240.240.0.1, ports: [{HTTP}]"), listed, node("one", "r/one/s")
    stage.world(
        *world,
        pod("10.0.0.1", "{app: web, istio-locality: r.two.s}", node="one"),
        pod("10.0.0.2", "{app: web}", name="web-2", node="one"),
    )
    assert stage.sidecar(locality="r/two/s").spread(12, "http://web/").keys() == {"10.0.0.1"}


@pytest.mark.rule("SD-16")
def test_a_namespace_that_no_selector_picks_is_not_there(stage: Stage) -> None:
    world = service(f"clusterIP: 240.240.0.1, ports: [{HTTP}]"), endpoints("10.0.0.1")
    chosen = mesh("discoverySelectors: [{matchLabels: {in: yes-it-is}}]")
    namespace = "\napiVersion: v1\nkind: Namespace\nmetadata: {name: default, labels: {in: yes-it-is}}\n"
    client = stage.sidecar()
    stage.world(*world, chosen)
    assert client.get("http://web/", to="240.240.0.1").at == "240.240.0.1"
    stage.world(*world, chosen, namespace)
    assert client.get("http://web/", to="240.240.0.1").at == "10.0.0.1"


@pytest.mark.rule("SD-17")
def test_a_pod_without_a_service_is_called_and_calls(stage: Stage) -> None:
    lonely = stage.sidecar(labels={"app": "lonely"}, ip="10.1.0.7")
    stage.world(service(f"clusterIP: 240.240.0.1, ports: [{HTTP}]"), endpoints("10.0.0.1"), pod("10.1.0.7", "{app: lonely}", name="lonely"))
    assert lonely.get("http://web/").at == "10.0.0.1"
    assert stage.outside().get("http://lonely:9999/", to=lonely).at == "10.1.0.7"
    member = stage.credentials.mesh("default/friend")
    assert stage.outside().tls("lonely", 9999, to=lonely, alpn=["istio"], certificate=str(member)).at == "10.1.0.7"


DUAL = {"ip": "10.250.9.9", "ip6": "fd00:250::9:9", "metadata": {"INSTANCE_IPS": "10.250.9.9,fd00:250::9:9"}}


@pytest.mark.rule("SD-10")
def test_a_service_of_two_address_families_is_called_at_both_addresses(stage: Stage) -> None:
    addresses = "clusterIP: 240.240.0.1, clusterIPs: [240.240.0.1, 'fd00:1::1'], ipFamilies: [IPv4, IPv6]"
    ports = "{name: http, port: 8080}, {name: tcp, port: 7000}"
    stage.world(
        service(f"{addresses}, ports: [{HTTP}, {{name: tcp, port: 7000}}]"),
        endpoints("10.0.0.1", ports=ports),
        endpoints("fd00:2::1", ports=ports, family="IPv6"),
    )
    client = stage.sidecar(**DUAL)
    both = {"10.0.0.1", "fd00:2::1"}
    assert client.spread(20, "http://web/").keys() == both
    assert client.spread(20, "http://[fd00:1::1]/").keys() == both
    bytes_to = [client.request(f"tcp://{host}:7000", manner="bytes", body="hello\n").at for host in ("240.240.0.1", "[fd00:1::1]") for _ in range(12)]
    assert set(bytes_to) == both
    assert client.get("http://nobody.example/", to="fd00:9::1").at == "fd00:9::1"


@pytest.mark.rule("LB-2")
def test_a_session_persists_through_a_gateway_whose_host_is_another(stage: Stage) -> None:
    persistent = ", labels: {istio.io/persistent-session: at}"
    stage.world(
        service(f"clusterIP: 240.240.0.1, ports: [{HTTP}]", metadata=persistent),
        endpoints("10.0.0.1", "10.0.0.2", "10.0.0.3"),
        edge("web", "shop.example"),
    )
    outside, gateway = stage.outside(), stage.gateway()
    first = outside.get("http://shop.example/", to=gateway)
    back = {"cookie": str(first.header("set-cookie")).partition(";")[0]}
    assert outside.spread(12, "http://shop.example/", to=gateway, headers=back).keys() == {first.at}
