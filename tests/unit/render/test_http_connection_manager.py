"""HTTP in Envoy's words."""

from __future__ import annotations

import msgspec
import pytest
from envoy.config.listener.v3.listener_components_pb2 import Filter
from envoy.extensions.filters.http.buffer.v3.buffer_pb2 import Buffer
from envoy.extensions.filters.http.router.v3.router_pb2 import Router
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import HttpConnectionManager, HttpFilter

from lateen.ir.chain import UNOBSERVED, HttpOptions, MeshServer, Observation, OwnServer, Requests, ServerTls, Side
from lateen.ir.routes import Forward, Rule, Share, VirtualHost
from lateen.ir.tls import Secret
from lateen.render.filters import http_filter, http_filters
from lateen.render.http_connection_manager import http_connection_manager


class Guard(msgspec.Struct, frozen=True):
    """Stands for any policy."""

    name: str


@http_filters.register
def _guard(policy: Guard) -> tuple[HttpFilter, ...]:
    return (http_filter(policy.name, Buffer()),)


def rendered(of: Requests, tls: ServerTls | None = None) -> HttpConnectionManager:
    (only,) = http_connection_manager(of, tls)
    out = HttpConnectionManager()
    assert Filter.FromString(only).typed_config.Unpack(out)
    return out


def names(of: Requests, tls: ServerTls | None = None) -> list[str]:
    return [each.name.rpartition(".")[2] if each.name.startswith("envoy") else each.name for each in rendered(of, tls).http_filters]


@pytest.mark.rule("HC-1")
def test_policies_stand_first_and_the_router_last():
    plain = Requests("x", table="80", policy=(Guard("deny"), Guard("allow")), observation=UNOBSERVED)
    assert names(plain) == ["deny", "allow", "grpc_web", "grpc_stats", "istio.alpn", "fault", "cors", "stateful_session", "router"]
    assert names(msgspec.structs.replace(plain, side=Side.INBOUND)) == ["deny", "allow", "grpc_web", "grpc_stats", "fault", "cors", "router"]
    assert names(msgspec.structs.replace(plain, resolves=True, policy=()))[-2:] == ["dynamic_forward_proxy", "router"]


@pytest.mark.rule("HC-1")
def test_filters_for_what_a_rule_may_ask_for_wait_for_one_that_does():
    waiting = {each.name.rpartition(".")[2] for each in rendered(Requests("x", table="80")).http_filters if each.disabled}
    assert waiting == {"grpc_web", "grpc_stats", "fault", "cors", "stateful_session"}


@pytest.mark.rule("TE-2")
def test_the_clients_workload_is_counted_where_the_meshs_tls_ends():
    mesh = MeshServer(("cluster.local",))
    inbound = Requests("x", table="80", side=Side.INBOUND)
    assert "OTHERNAME" in str(rendered(inbound, mesh).access_log)
    assert "OTHERNAME" not in str(rendered(inbound).access_log)


def test_a_table_is_discovered_and_waited_for():
    out = rendered(Requests("outbound_0.0.0.0_80", table="80"))
    assert (out.stat_prefix, out.rds.route_config_name, out.rds.config_source.HasField("ads")) == ("outbound_0.0.0.0_80", "80", True)
    assert out.rds.config_source.HasField("initial_fetch_timeout")


@pytest.mark.rule("LI-21")
def test_given_virtual_hosts_are_in_the_configuration():
    host = VirtualHost("inbound|http|80", ("*",), (Rule(Forward((Share("inbound|80||"),))),))
    out = rendered(Requests("x", hosts=(host,), known_as="inbound|80||", side=Side.INBOUND))
    assert (out.route_config.name, out.route_config.virtual_hosts[0].name) == ("inbound|80||", "inbound|http|80")
    assert out.route_config.virtual_hosts[0].routes[0].route.cluster == "inbound|80||"
    assert out.route_config.HasField("validate_clusters") and not out.route_config.validate_clusters.value


@pytest.mark.rule("HC-2")
@pytest.mark.parametrize(
    ("word", "normalized", "merged", "unescaped"),
    [
        ("NONE", False, False, False),
        ("BASE", True, False, False),
        ("MERGE_SLASHES", True, True, False),
        ("DECODE_AND_MERGE_SLASHES", True, True, True),
    ],
)
def test_paths_are_normalised_as_told(word: str, normalized: bool, merged: bool, unescaped: bool):
    out = rendered(Requests("x", table="80", options=HttpOptions(word)))
    action = HttpConnectionManager.UNESCAPE_AND_FORWARD if unescaped else HttpConnectionManager.KEEP_UNCHANGED
    assert (out.normalize_path.value, out.merge_slashes, out.path_with_escaped_slashes_action) == (normalized, merged, action)


@pytest.mark.rule("HC-3")
def test_who_answers_and_what_is_told_of_the_client():
    outbound, inbound, gateway = (rendered(Requests("x", table="80", side=side)) for side in (Side.OUTBOUND, Side.INBOUND, Side.GATEWAY))
    assert [each.server_name for each in (outbound, inbound, gateway)] == ["envoy", "istio-envoy", "istio-envoy"]
    assert inbound.forward_client_cert_details == HttpConnectionManager.APPEND_FORWARD
    assert inbound.set_current_client_cert_details.uri and inbound.set_current_client_cert_details.subject.value
    assert (inbound.use_remote_address.value, gateway.use_remote_address.value) == (False, True)


@pytest.mark.rule("HC-3")
@pytest.mark.parametrize(("tls", "told"), [(MeshServer(("cluster.local",)), False), (OwnServer((Secret("own"),), roots=Secret("roots")), True)])
def test_dns_names_are_looked_for_in_certificates_that_are_not_the_meshs_own(tls: ServerTls, told: bool):
    details = rendered(Requests("x", table="80", side=Side.INBOUND), tls).set_current_client_cert_details
    assert (details.subject.value, details.uri, details.dns) == (True, True, told)
    asked = HttpOptions(forwarded_details=("dns",))
    assert rendered(Requests("x", table="80", side=Side.INBOUND, options=asked), tls).set_current_client_cert_details.dns


@pytest.mark.rule("HC-3")
def test_headers_that_the_proxy_adds_may_be_others_or_none():
    told = HttpOptions(
        forwarded_certificate="SANITIZE", forwarded_details=("subject", "chain"), forwarded_port=True, debug_headers=False, request_id=False
    )
    out = rendered(Requests("x", table="80", side=Side.INBOUND, options=told))
    details = out.set_current_client_cert_details
    assert (details.subject.value, details.chain, details.uri, details.dns, details.cert) == (True, True, False, False, False)
    assert (out.forward_client_cert_details, out.append_x_forwarded_port) == (HttpConnectionManager.SANITIZE, True)
    assert out.HasField("generate_request_id") and not out.generate_request_id.value
    router = Router()
    assert out.http_filters[-1].typed_config.Unpack(router) and router.suppress_envoy_headers


def test_the_router_counts_what_somebody_keeps():
    for statistics in (True, False):
        found = rendered(Requests("x", table="80", options=HttpOptions(statistics=statistics)))
        router = Router.FromString(found.http_filters[-1].typed_config.value)
        assert (not router.HasField("dynamic_stats") or router.dynamic_stats.value) is statistics


@pytest.mark.rule("HC-2")
def test_websockets_are_let_through_and_idle_streams_are_not_cut():
    out = rendered(Requests("x", table="80"))
    assert [each.upgrade_type for each in out.upgrade_configs] == ["websocket"]
    assert out.HasField("stream_idle_timeout") and out.stream_idle_timeout.seconds == 0


@pytest.mark.rule("LI-5")
def test_http_10_and_the_case_of_headers_are_as_told():
    out = rendered(Requests("x", table="80", options=HttpOptions(http10=True, preserve_case=True)))
    assert out.http_protocol_options.accept_http_10
    assert out.http_protocol_options.header_key_format.stateful_formatter.name == "preserve_case"


def test_a_policy_that_nobody_renders_is_a_bug():
    with pytest.raises(TypeError, match="nobody renders Observation for requests"):
        http_connection_manager(Requests("x", table="80", policy=(Observation(),)))


@pytest.mark.rule("GW-10")
def test_requests_by_quic_are_http3_and_go_on_by_http2_where_the_client_decides():
    of = Requests("x", table="443", side=Side.GATEWAY)
    usual, quic = rendered(of, OwnServer((Secret("c"),))), rendered(of, OwnServer((Secret("c"),), quic=True))
    assert (usual.codec_type, quic.codec_type) == (HttpConnectionManager.AUTO, HttpConnectionManager.HTTP3)
    assert [each.name for each in usual.http_filters] == [each.name for each in quic.http_filters]
    by_client = [next(each for each in one.http_filters if each.name == "istio.alpn").typed_config.value for one in (usual, quic)]
    assert by_client[0].replace(b"HTTP/2", b"HTTP/3") == by_client[1]
