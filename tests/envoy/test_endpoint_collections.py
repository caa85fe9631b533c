"""Endpoints as resources of their own (LEDS): the real Envoy asks for the collection that an assignment names, and follows each one by itself."""

from __future__ import annotations

import queue
import subprocess
import urllib.request
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path

import grpc
import pytest
from envoy.config.bootstrap.v3.bootstrap_pb2 import Bootstrap
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.core.v3.config_source_pb2 import ApiConfigSource, ApiVersion
from envoy.extensions.upstreams.http.v3.http_protocol_options_pb2 import HttpProtocolOptions
from envoy.service.discovery.v3.discovery_pb2 import DeltaDiscoveryRequest, DeltaDiscoveryResponse
from google.protobuf import json_format

from lateen.agent import envoy_binary
from lateen.ir.destination import Destination, Discovery
from lateen.ir.endpoints import Assignment, Endpoint, Group
from lateen.ir.view import Locality
from lateen.render import endpoint
from lateen.render.cluster import TYPE as CLUSTER
from lateen.render.cluster import cluster
from lateen.values.envoy_resource import EnvoyResource

pytestmark = pytest.mark.envoy

NAME = "outbound|80|v1|*.example.com"
PATIENCE = 20


def assignment(*addresses: str) -> Assignment:
    odd = Group(Locality("r~1", "z/1"), tuple(Endpoint(address, 80) for address in addresses), len(addresses))
    return Assignment(NAME, (odd, Group(Locality("r2"), (Endpoint("2001:db8::1", 80),), 1, priority=1)))


class Server(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Delta ADS for one proxy: requests come out of `received`, what is put into `sent` goes to the proxy. None ends the stream."""

    def __init__(self) -> None:
        self.received: queue.Queue[DeltaDiscoveryRequest] = queue.Queue()
        self.sent: queue.Queue[bytes | None] = queue.Queue()

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        return grpc.stream_stream_rpc_method_handler(self.stream) if details.method.endswith("/DeltaAggregatedResources") else None

    def stream(self, requests: Iterator[bytes], call: grpc.ServicerContext) -> Iterator[bytes]:
        reading = futures.ThreadPoolExecutor(1)
        reading.submit(lambda: [self.received.put(DeltaDiscoveryRequest.FromString(each)) for each in requests])
        while (response := self.sent.get()) is not None:
            yield response

    def asked(self, type_url: str) -> list[str]:
        """Wait until resources of the type are subscribed to; their names."""
        while True:
            request = self.received.get(timeout=PATIENCE)
            if request.type_url == type_url and not request.response_nonce:
                return sorted(request.resource_names_subscribe)

    def tell(self, type_url: str, resources: list[EnvoyResource], removed: tuple[str, ...] = ()) -> None:
        """Send the resources; the proxy's answer is not waited for."""
        head = DeltaDiscoveryResponse(type_url=type_url, nonce="n", removed_resources=removed).SerializeToString()
        self.sent.put(head + b"".join(each.entry for each in resources))

    def acknowledged(self, type_url: str) -> None:
        """Wait until what was told last has been taken; fails when it was refused."""
        while True:
            request = self.received.get(timeout=PATIENCE)
            assert not request.error_detail.message
            if request.type_url == type_url and request.response_nonce:
                return


def bootstrap(port: int) -> str:
    out = Bootstrap()
    out.node.id, out.node.cluster = "test", "test"
    out.admin.address.socket_address.address = "127.0.0.1"
    out.admin.address.socket_address.port_value = 0
    ads = out.dynamic_resources.ads_config
    ads.api_type, ads.transport_api_version = ApiConfigSource.DELTA_GRPC, ApiVersion.V3
    ads.grpc_services.add().envoy_grpc.cluster_name = "xds-grpc"
    out.dynamic_resources.cds_config.ads.SetInParent()
    out.dynamic_resources.cds_config.resource_api_version = ApiVersion.V3
    upstream = out.static_resources.clusters.add(name="xds-grpc", type=Cluster.STATIC)
    upstream.load_assignment.cluster_name = "xds-grpc"
    place = upstream.load_assignment.endpoints.add().lb_endpoints.add().endpoint.address.socket_address
    place.address, place.port_value = "127.0.0.1", port
    options = HttpProtocolOptions()
    options.explicit_http_config.http2_protocol_options.SetInParent()
    upstream.typed_extension_protocol_options["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"].Pack(options)
    return json_format.MessageToJson(out)


def hosts(admin: Path) -> list[str]:
    """The endpoints that Envoy has, as `address:port`, sorted."""
    with urllib.request.urlopen(f"http://{admin.read_text()}/clusters", timeout=PATIENCE) as answer:
        lines = answer.read().decode().splitlines()
    return sorted(line.split("::priority::")[0].removeprefix(f"{NAME}::") for line in lines if line.startswith(NAME) and "::priority::" in line)


def play(server: Server, admin: Path) -> None:
    """The transcript: cluster, assignment, collection; then one endpoint comes and one goes."""
    before, after = (
        {each.name: each for each in endpoint.collection(assignment(*addresses), "mesh")}
        for addresses in (("10.0.0.1", "10.0.0.2"), ("10.0.0.2", "10.0.0.3"))
    )
    server.asked(CLUSTER)
    server.tell(CLUSTER, [cluster(Destination(NAME, Discovery.ASSIGNED))])
    assert server.asked(endpoint.TYPE) == [NAME]
    server.tell(endpoint.TYPE, [endpoint.assignment_leds(assignment("10.0.0.1", "10.0.0.2"), "mesh")])
    assert server.asked(endpoint.ENDPOINT_TYPE) == sorted({name.rpartition("/")[0] + "/*" for name in before})
    server.tell(endpoint.ENDPOINT_TYPE, list(before.values()))
    server.acknowledged(endpoint.ENDPOINT_TYPE)
    assert hosts(admin) == ["10.0.0.1:80", "10.0.0.2:80", "[2001:db8::1]:80"]
    server.tell(endpoint.ENDPOINT_TYPE, [after[name] for name in after if name not in before], tuple(name for name in before if name not in after))
    server.acknowledged(endpoint.ENDPOINT_TYPE)
    assert hosts(admin) == ["10.0.0.2:80", "10.0.0.3:80", "[2001:db8::1]:80"]


def test_envoy_follows_each_endpoint_of_a_collection_by_itself(tmp_path: Path) -> None:
    handler, file, admin = Server(), tmp_path / "bootstrap.json", tmp_path / "admin"
    server = grpc.server(futures.ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((handler,))
    file.write_text(bootstrap(server.add_insecure_port("127.0.0.1:0")))
    server.start()
    command = [str(envoy_binary.find().path), "-c", str(file), "--admin-address-path", str(admin), "--use-dynamic-base-id", "--log-level", "off"]
    with subprocess.Popen(command) as process:
        try:
            play(handler, admin)
        finally:
            handler.sent.put(None)
            process.kill()
    server.stop(None).wait()
