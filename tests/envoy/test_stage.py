"""The stage itself: its echo tells the truth, and a world that `world` returned from is the world that calls meet."""

from __future__ import annotations

import base64
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from stage.caller import ELSEWHERE
from stage.control import Refused
from stage.stage import Stage
from stage.worlds import edge

pytestmark = [pytest.mark.envoy, pytest.mark.root]


def service(*addresses: str, name: str = "web", port: int = 80, target: int = 8080, protocol: str = "http") -> str:
    return f"""
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: default}}
spec: {{clusterIP: 240.240.0.1, ports: [{{name: {protocol}, port: {port}, targetPort: {target}}}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: {name}-1, namespace: default, labels: {{kubernetes.io/service-name: {name}}}}}
addressType: IPv4
ports: [{{name: {protocol}, port: {target}}}]
endpoints: [{", ".join(f"{{addresses: [{each}]}}" for each in addresses)}]
"""


def answered(status: int) -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: web, namespace: default}}
spec: {{hosts: [web], http: [{{directResponse: {{status: {status}}}}}]}}
"""


def test_a_call_says_where_it_landed_and_what_arrived_there(stage: Stage) -> None:
    stage.world(service("10.0.0.1"))
    seen = stage.sidecar().request("http://web/a?b=c", method="POST", headers={"x-word": "said"}, body="text").seen
    assert (seen.at, seen.port, seen.protocol) == ("10.0.0.1", 8080, "http/1.1")
    assert (seen.method, seen.path, seen.host, seen.header("x-word"), seen.body) == ("POST", "/a?b=c", "web", "said", "text")


def test_all_endpoints_are_served_and_counted(stage: Stage) -> None:
    stage.world(service("10.0.0.1", "10.77.3.9"))
    assert stage.sidecar().spread(20, "http://web/").keys() == {"10.0.0.1", "10.77.3.9"}


def test_a_name_that_nobody_knows_passes_through_to_elsewhere(stage: Stage) -> None:
    stage.world()
    assert stage.sidecar().get("http://nobody.example/").at == ELSEWHERE


@pytest.mark.parametrize("turn", range(3))
def test_every_call_meets_the_present_world_and_nothing_of_the_one_before(stage: Stage, turn: int) -> None:
    client = stage.sidecar()
    for status in range(400, 440):
        stage.world(service("10.0.0.1"), answered(status))
        assert client.get("http://web/").status == status
    for number in range(40):
        stage.world(service(f"10.0.{turn}.{number}"))
        assert client.get("http://web/").at == f"10.0.{turn}.{number}"


def test_new_clusters_and_listeners_are_there_when_the_world_is(stage: Stage) -> None:
    client = stage.sidecar()
    for number in range(30):
        stage.world(service(f"10.1.0.{number}", name=f"web{number}", port=7000 + number, protocol="tcp"))
        assert client.tcp("240.240.0.1", 7000 + number).at == f"10.1.0.{number}"


def test_what_is_taken_away_is_gone_when_the_world_is(stage: Stage) -> None:
    client, gateway = stage.sidecar(), stage.gateway()
    for _ in range(10):
        stage.world(service("10.1.0.1", port=7000, protocol="tcp"), edge("web"))
        assert client.tcp("240.240.0.1", 7000).at == "10.1.0.1"
        assert stage.outside().get("http://any.example/", to=gateway).at == "10.1.0.1"
        stage.world()
        assert client.tcp("240.240.0.1", 7000).at == "240.240.0.1"
        assert stage.outside().get("http://any.example/", to=gateway).error == "refused"


def test_a_gateway_serves_the_outside(stage: Stage) -> None:
    stage.world(service("10.0.0.1"), edge("web"))
    seen = stage.outside().get("http://any.example/", to=stage.gateway()).seen
    assert (seen.at, seen.host) == ("10.0.0.1", "any.example")


def test_a_sidecar_in_front_of_an_app_is_called_by_another(stage: Stage) -> None:
    server = stage.sidecar(labels={"app": "web"}, ip="10.1.0.9")
    stage.world(service("10.1.0.9"))
    client = stage.sidecar()
    assert client.get("http://web/").at == "10.1.0.9"
    assert [(each.source, each.port) for each in server.seen(1)] == [("127.0.0.6", 8080)]
    assert stage.seen() == []


def test_a_sidecar_with_two_addresses_speaks_both_protocols(stage: Stage) -> None:
    stage.world(service("10.0.0.1"))
    client = stage.sidecar(ip="10.1.20.1", ip6="fd00:1:20::1")
    assert [client.get("http://other.example/", to=address).at for address in ("fd00:7::1", "10.7.0.1")] == ["fd00:7::1", "10.7.0.1"]


def test_a_sidecar_that_comes_after_the_world_finds_all_of_it(stage: Stage) -> None:
    looked_up = """
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: named, namespace: default}
spec: {hosts: [named.example], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS}
"""
    stage.world(looked_up, names={"named.example": "10.7.7.7"})
    assert stage.sidecar(labels={"app": "late"}).get("http://named.example/").at == "10.7.7.7"


def test_what_an_envoy_refuses_fails_the_test(stage: Stage) -> None:
    certificate, key = (stage.credentials.outside(name).read_bytes() for name in ("a.example", "b.example"))
    secret = f"""
apiVersion: v1
kind: Secret
metadata: {{name: keys, namespace: istio-system}}
data: {{tls.crt: {base64.b64encode(certificate).decode()}, tls.key: {base64.b64encode(key).decode()}}}
"""
    secure = """
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: edge, namespace: istio-system}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 443, name: https, protocol: HTTPS}, hosts: ["*"], tls: {mode: SIMPLE, credentialName: keys}}]
"""
    stage.gateway()
    with pytest.raises(Refused, match=r"router.* refused .*keys.*"):
        stage.world(secret, secure)


def test_addresses_behave_as_they_are_told_until_the_next_world(stage: Stage) -> None:
    client = stage.sidecar()
    stage.world(service("10.0.0.1"))
    stage.behave("10.0.0.1", status=404, times=2)
    assert client.spread(3, "http://web/") == Counter({"404": 2, "10.0.0.1": 1})
    stage.behave("10.0.0.1", path="/slow", delay=5)
    assert client.get("http://web/slow", timeout=0.2).error == "timeout"
    assert client.get("http://web/").at == "10.0.0.1"
    stage.behave("10.0.0.1", refuse=True)
    assert client.get("http://web/").status == 503
    stage.world(service("10.0.0.1"))
    assert client.get("http://web/slow").at == "10.0.0.1"


def test_the_echo_speaks_what_is_spoken_to_it(stage: Stage) -> None:
    outside = stage.outside()
    stage.world()
    to = "10.0.0.1"
    assert outside.get("http://a.example/", manner="http1.0", to=to).seen.protocol == "http/1.0"
    assert outside.get("http://a.example/", manner="http2", to=to).seen.protocol == "h2"
    assert outside.tcp(to, 9000, send="words\n").seen.received == "words\n"
    assert outside.tcp(to, 3306, send="").seen.received == ""
    upgrade = {"upgrade": "websocket", "connection": "Upgrade", "sec-websocket-key": "x", "sec-websocket-version": "13"}
    assert outside.get("http://a.example/", headers=upgrade, to=to).seen.protocol == "websocket"
    called = outside.request("http://a.example/pkg.Service/Method", manner="grpc", body="message", to=to)
    assert (called.grpc_status, called.seen.body) == (0, "\0\0\0\0\x07message")
    assert outside.get("http://a.example/", to=to, before="PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n").seen.proxy == "PROXY TCP4 1.2.3.4 5.6.7.8 1 2"


def test_the_echo_answers_tls_for_any_name(stage: Stage) -> None:
    found = stage.outside().tls("a.example", 443, to="10.0.0.1", alpn=["h2", "http/1.1"], manner="http2")
    assert (found.certificate.names, found.certificate.alpn) == (("a.example",), "h2")
    assert found.seen.tls is not None
    assert (found.seen.tls.sni, found.seen.tls.alpn) == ("a.example", "h2")


def test_some_addresses_refuse_and_some_do_not_answer(stage: Stage) -> None:
    outside = stage.outside()
    assert outside.get("http://x/", to="10.255.0.1").error == "refused"
    assert outside.get("http://x/", to="10.254.0.1", timeout=0.2).error == "timeout"
    assert outside.get("http://x/", to="fd00::7").at == "fd00::7"


def test_the_examples_of_the_readme_hold(stage: Stage) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (Path(__file__).parent / "README.md").read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    for block in blocks:
        exec(block, names)
    examples = [value for name, value in names.items() if name.startswith("test_")]
    assert len(examples) == 3
    for example in examples:
        example(stage)
