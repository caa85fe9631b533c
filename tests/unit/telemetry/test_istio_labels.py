"""Envoy's raw labels become Istio's."""

from __future__ import annotations

import pytest

from lateen.telemetry.istio_labels import as_istio_labels, own_labels, peer_word

METADATA = {"WORKLOAD_NAME": "web", "NAMESPACE": "shop", "CLUSTER_ID": "here", "LABELS": {"app": "web", "version": "v3"}}
SERVICE = "db.shop.svc.cluster.local;db;shop"


def labels(line: str) -> dict[str, str]:
    inside = line[line.index("{") + 1 : line.rindex("}")]
    return dict(part.split("=", 1) for part in inside.replace('"', "").split(","))


@pytest.mark.rule("TE-2")
def test_a_client_is_told_by_its_own_metadata_and_the_server_by_the_endpoints():
    line = (
        f'istio_requests_total{{reporter="source",destination_peer="db-1;shop;db;v2;there",source_principal="spiffe://a",destination_service="{SERVICE}"'
        ',destination="outbound|80||db",response_code="200",grpc_response_status="",response_flags="-"} 7'
    )
    out = as_istio_labels(line, own_labels(METADATA))

    assert out.startswith("istio_requests_total{") and out.endswith("} 7")
    found = labels(out)
    assert {key: found[key] for key in found if key.startswith("source")} == {
        "source_workload": "web",
        "source_workload_namespace": "shop",
        "source_canonical_service": "web",
        "source_canonical_revision": "v3",
        "source_cluster": "here",
        "source_app": "web",
        "source_version": "v3",
        "source_principal": "spiffe://a",
    }
    assert found["destination_workload"] == "db-1" and found["destination_canonical_revision"] == "v2"
    assert (found["destination_service"], found["destination_service_name"]) == ("db.shop.svc.cluster.local", "db")
    assert found["destination_service_namespace"] == "shop"
    assert (found["request_protocol"], found["connection_security_policy"]) == ("http", "unknown")
    assert "destination_peer" not in found and "destination" not in found


@pytest.mark.rule("TE-3")
def test_what_nobody_declares_is_reported_by_the_name_of_where_it_went():
    found = labels(as_istio_labels('istio_tcp_sent_bytes_total{reporter="source",destination="PassthroughCluster"} 1', own_labels({})))

    assert found["destination_service_name"] == "PassthroughCluster"
    assert found["destination_workload"] == "unknown"
    assert found["request_protocol"] == "tcp"


def test_a_server_reports_whether_the_call_was_secured():
    line = 'istio_requests_total{reporter="destination",source_peer="web;shop;web;v3;here",source_principal="%s",grpc_response_status="0"} 1'
    found = labels(as_istio_labels(line % "spiffe://a/ns/b/sa/c", own_labels(METADATA)))

    assert (found["source_workload"], found["connection_security_policy"], found["request_protocol"]) == ("web", "mutual_tls", "grpc")
    assert labels(as_istio_labels(line % "-", own_labels(METADATA)))["connection_security_policy"] == "none"


def test_other_metrics_are_left_alone():
    text = '# TYPE istio_build gauge\nistio_build{tag="1"} 1\nenvoy_x{a="b"} 2\n'
    assert as_istio_labels(text, {}) == text


def test_a_proxy_tells_its_peers_the_same_words_as_the_endpoints_do():
    assert peer_word(METADATA) == "web;shop;web;v3;here"
