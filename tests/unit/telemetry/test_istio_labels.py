"""Envoy's raw labels become Istio's."""

from __future__ import annotations

import pytest

from lateen.telemetry.istio_labels import as_istio_labels, own_labels, peer_word
from lateen.values.metric_words import CONNECTION, LABEL, REQUEST, label

METADATA = {"WORKLOAD_NAME": "web", "NAMESPACE": "shop", "CLUSTER_ID": "here", "LABELS": {"app": "web", "version": "v3"}}
SERVICE = "db.shop.svc.cluster.local;db;shop"


def counted(name: str, more: str = "", order: tuple[str, ...] = REQUEST, **words: str) -> str:
    return f'{name}{{{LABEL}="{label(order, words)}"{more}}} 7'


def labels(line: str) -> dict[str, str]:
    inside = line[line.index("{") + 1 : line.rindex("}")]
    return dict(part.split("=", 1) for part in inside.replace('"', "").split(","))


@pytest.mark.rule("TE-2")
def test_a_client_is_told_by_its_own_metadata_and_the_server_by_the_endpoints():
    line = counted(
        "istio_request_bytes_sum",
        reporter="source",
        peer="db-1;shop;db;v2;there",
        principal="spiffe://d/ns/shop/sa/db",
        service=SERVICE,
        response_code="200",
        response_flags="-",
    )
    out = as_istio_labels(line, own_labels(METADATA, "spiffe://d/ns/shop/sa/web"))

    assert out.startswith("istio_request_bytes_sum{") and out.endswith("} 7")
    found = labels(out)
    assert {key: found[key] for key in found if key.startswith("source")} == {
        "source_workload": "web",
        "source_workload_namespace": "shop",
        "source_canonical_service": "web",
        "source_canonical_revision": "v3",
        "source_cluster": "here",
        "source_app": "web",
        "source_version": "v3",
        "source_principal": "spiffe://d/ns/shop/sa/web",
    }
    assert found["destination_principal"] == "spiffe://d/ns/shop/sa/db"
    assert found["destination_workload"] == "db-1" and found["destination_canonical_revision"] == "v2"
    assert (found["destination_service"], found["destination_service_name"]) == ("db.shop.svc.cluster.local", "db")
    assert found["destination_service_namespace"] == "shop"
    assert (found["request_protocol"], found["connection_security_policy"]) == ("http", "unknown")
    assert (found["response_code"], found["grpc_response_status"], found["response_flags"]) == ("200", "", "-")
    assert LABEL not in found


@pytest.mark.rule("TE-3")
def test_what_nobody_declares_is_reported_by_the_name_of_where_it_went():
    line = counted("istio_tcp_sent_bytes_total", order=CONNECTION, reporter="source", service="PassthroughCluster")
    found = labels(as_istio_labels(line, own_labels({})))

    assert found["destination_service"] == found["destination_service_name"] == "PassthroughCluster"
    assert found["destination_workload"] == "unknown"
    assert found["request_protocol"] == "tcp"


def test_a_server_reports_whether_the_call_was_secured():
    words = {"reporter": "destination", "peer": "web;shop;web;v3;here", "grpc_response_status": "0"}
    secured = counted("istio_request_bytes_sum", principal="spiffe://a/ns/b/sa/c", **words)
    found = labels(as_istio_labels(secured, own_labels(METADATA, "spiffe://a/ns/shop/sa/web")))

    assert (found["source_workload"], found["connection_security_policy"], found["request_protocol"]) == ("web", "mutual_tls", "grpc")
    plain = counted("istio_request_bytes_sum", **words)
    assert (found["source_principal"], found["destination_principal"]) == ("spiffe://a/ns/b/sa/c", "spiffe://a/ns/shop/sa/web")
    found = labels(as_istio_labels(plain, own_labels(METADATA, "spiffe://a/ns/shop/sa/web")))
    assert (found["connection_security_policy"], found["source_principal"], found["destination_principal"]) == ("none", "unknown", "unknown")


@pytest.mark.rule("TE-1")
def test_requests_are_counted_by_how_many_durations_were_measured():
    text = counted("istio_request_duration_milliseconds_count", reporter="source", service=SERVICE, response_code="200")
    kind, total, measured = as_istio_labels(text, own_labels(METADATA)).split("\n")

    assert kind == "# TYPE istio_requests_total counter"
    assert total == measured.replace("istio_request_duration_milliseconds_count", "istio_requests_total")
    assert total.endswith("} 7") and labels(total)["response_code"] == "200"


def test_what_somebody_else_measures_under_these_names_is_left_alone():
    text = 'istio_request_duration_milliseconds_count{reporter="source",response_code="204"} 3'
    assert as_istio_labels(text, own_labels(METADATA)) == text


def test_the_bounds_of_a_histogram_stay():
    line = counted("istio_request_bytes_bucket", ',le="0.5"', reporter="source")
    assert as_istio_labels(line, own_labels(METADATA)).endswith(',le="0.5"} 7')


def test_quotes_in_what_a_client_says_of_itself_stay_inside_of_their_label():
    line = counted("istio_request_bytes_sum", reporter="destination", service="db", peer='a\\";b;c;d;e')
    assert 'source_workload="a\\"",' in as_istio_labels(line, own_labels(METADATA))


def test_other_metrics_are_left_alone():
    text = '# TYPE istio_build gauge\nistio_build{tag="1"} 1\nenvoy_x{a="b"} 2\n'
    assert as_istio_labels(text, {}) == text


def test_a_proxy_tells_its_peers_the_same_words_as_the_endpoints_do():
    assert peer_word(METADATA) == "web;shop;web;v3;here"
