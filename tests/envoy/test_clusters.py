"""Every kind of cluster that Lateen makes is one that the real Envoy takes. One start of Envoy for all of them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from envoy.config.bootstrap.v3.bootstrap_pb2 import Bootstrap
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.core.v3.config_source_pb2 import ApiConfigSource, ApiVersion
from google.protobuf.any_pb2 import Any

from lateen.agent import envoy_binary
from lateen.ir import destination as ir
from lateen.ir.destination import Balancing, Choice, Destination, Discovery, Ejection, Http, Limits, Policy
from lateen.ir.endpoints import Assignment, Endpoint, Group
from lateen.ir.tls import MeshTls, OriginatedTls, Secret
from lateen.ir.view import Locality
from lateen.render.cluster import cluster
from lateen.values.ref import Ref

pytestmark = pytest.mark.envoy

SECOND = 10**9
HOST = "reviews.default.svc.cluster.local"
MESH = MeshTls(ir.server_name(HOST, 80), ("spiffe://cluster.local/ns/default/sa/reviews", "reviews.example.com", "10.0.0.1"))
SERVICES = (ir.ServiceName(HOST, "reviews", "default"),)
RULE = Ref("DestinationRule", "default", "reviews")
LOCAL = Assignment("local", (Group(Locality(), (Endpoint("127.0.0.1", 8080),), 1),))
NAMES = Assignment("names", (Group(Locality("r", "z"), (Endpoint("a.example.com", 443, True, "a;b;c;d;e", 3), Endpoint("b.example.com", 443)), 4),))
ONE_NAME = Assignment("name", (Group(Locality(), (Endpoint("a.example.com", 443),), 1),))
SOCKET = Assignment("socket", (Group(Locality(), (Endpoint("unix:///run/app.sock", 0),), 1),))
FULL = Limits(
    connect_timeout=SECOND // 2,
    connections=10,
    pending_requests=11,
    requests=12,
    retries=13,
    retry_budget=ir.RetryBudget(25.0, 5, SECOND),
    requests_per_connection=7,
    streams=100,
    idle_timeout=100 * SECOND,
    connection_duration=3600 * SECOND,
    keepalive=ir.Keepalive(9, 60 * SECOND, 5 * SECOND),
    ping_interval=30 * SECOND,
    ping_timeout=5 * SECOND,
)
EJECTION = Ejection(7, 3, 4, True, 30 * SECOND, 60 * SECOND, 50, 0, ((500, 504), (509, 510)))
FILE = Secret("file-cert:/etc/cert.pem~/etc/key.pem")

POLICIES = {
    "full": Policy(limits=FULL, ejection=EJECTION),
    "detectors-off": Policy(ejection=Ejection(0, 0, 0)),
    "one-error-code": Policy(ejection=Ejection(error_codes=((503, 504),))),
    "http2": Policy(protocol=Http.HTTP2, limits=FULL),
    "as-client": Policy(protocol=Http.CLIENT, limits=FULL, ejection=EJECTION),
    "random": Policy(balancing=Balancing(Choice.RANDOM)),
    "ring": Policy(balancing=Balancing(Choice.RING_HASH, 2048)),
    "maglev": Policy(balancing=Balancing(Choice.MAGLEV, 65537)),
    "warm-round-robin": Policy(balancing=Balancing(Choice.ROUND_ROBIN, warm_up=ir.WarmUp(30 * SECOND))),
    "warm-least-request": Policy(balancing=Balancing(warm_up=ir.WarmUp(30 * SECOND, 20.0, 2.0), by_locality=True)),
    "proxy-protocol": Policy(proxy_protocol=2),
}
SECURITY = {
    "plain": None,
    "mesh": MESH,
    "mesh-any-peer": MeshTls(MESH.sni),
    "tls": OriginatedTls(),
    "tls-named": OriginatedTls("x.example.com", ("x.example.com",), authority=Secret("file-root:/etc/ca.pem")),
    "tls-unverified": OriginatedTls(verified=False),
    "mutual": OriginatedTls("x.example.com", (), FILE, Secret("kubernetes://x-cacert", remote=True)),
}


def destinations() -> list[Destination]:
    inbound = Policy(source_address=ir.INBOUND_SOURCE, protocol=Http.CLIENT)
    found = [
        Destination(ir.PASSTHROUGH, Discovery.ORIGINAL, Policy(protocol=Http.CLIENT)),
        Destination(ir.BLACK_HOLE, Discovery.FIXED),
        Destination(ir.INBOUND_PASSTHROUGH, Discovery.ORIGINAL, inbound),
        Destination(ir.inbound(8080), Discovery.ORIGINAL, inbound, services=SERVICES),
        Destination(ir.inbound(8081), Discovery.FIXED, inbound, endpoints=LOCAL),
        Destination(ir.inbound(8082), Discovery.FIXED, endpoints=SOCKET),
        Destination("v6", Discovery.ORIGINAL, Policy(source_address=ir.INBOUND_SOURCE_V6)),
        Destination("redirected", Discovery.ORIGINAL, Policy(original_port=443), OriginatedTls()),
        Destination("original-mesh", Discovery.ORIGINAL, Policy(), MESH),
        Destination("dns", Discovery.DNS, endpoints=NAMES, tls=MESH, tls_by_endpoint=True),
        Destination("dns-first", Discovery.DNS_FIRST, endpoints=ONE_NAME),
        Destination(ir.DYNAMIC_DNS, Discovery.FORWARD, Policy(protocol=Http.CLIENT)),
        Destination("forward-tls", Discovery.FORWARD, tls=OriginatedTls()),
        Destination("renamed", Discovery.ASSIGNED, statistics_name="reviews", rule=RULE, subset="v1", services=SERVICES),
    ]
    for policy_name, policy in POLICIES.items():
        for security_name, tls in SECURITY.items():
            found.append(Destination(f"{policy_name}|{security_name}", Discovery.ASSIGNED, policy, tls))
        found.append(Destination(f"{policy_name}|by-endpoint", Discovery.ASSIGNED, policy, MESH, True, services=SERVICES, rule=RULE))
    return found


def rendered(of: Destination) -> Cluster:
    envelope, out = Any(), Cluster()
    envelope.ParseFromString(cluster(of).body)
    assert envelope.Unpack(out)
    return out


def bootstrap(clusters: list[Cluster]) -> Bootstrap:
    out = Bootstrap()
    out.node.id, out.node.cluster = "test", "test"
    out.dynamic_resources.ads_config.api_type = ApiConfigSource.DELTA_GRPC
    out.dynamic_resources.ads_config.transport_api_version = ApiVersion.V3
    out.dynamic_resources.ads_config.grpc_services.add().envoy_grpc.cluster_name = "xds-grpc"
    for name in ("xds-grpc", "sds-grpc"):
        out.static_resources.clusters.add(name=name, type=Cluster.STATIC).connect_timeout.seconds = 1
    out.static_resources.clusters.extend(clusters)
    return out


def test_envoy_accepts_every_kind_of_cluster(tmp_path: Path) -> None:
    clusters = [rendered(each) for each in destinations()]
    file = tmp_path / "bootstrap.pb"  # Not JSON, in which what published protobufs do not know would be lost.
    file.write_bytes(bootstrap(clusters).SerializeToString())
    command = [str(envoy_binary.find().path), "--mode", "validate", "-c", str(file), "--log-level", "warn"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "deprecated" not in done.stderr.lower()
