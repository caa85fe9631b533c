"""Statistics."""

from lateen.agent import stats


def test_istios_metrics_lose_envoys_prefix_and_others_keep_it() -> None:
    text = (
        "# TYPE envoy_istio_requests_total counter\n"
        'envoy_istio_requests_total{reporter="source",note="envoy_istio_x"} 3\n'
        "# TYPE envoy_server_live gauge\nenvoy_server_live 1\n"
    )
    assert stats.as_istio(text) == (
        "# TYPE istio_requests_total counter\n"
        'istio_requests_total{reporter="source",note="envoy_istio_x"} 3\n'
        "# TYPE envoy_server_live gauge\nenvoy_server_live 1\n"
    )


def test_users_add_to_the_statistics_that_are_kept() -> None:
    patterns = stats.config(("cluster.outbound",))["stats_matcher"]["inclusion_list"]["patterns"]
    assert {"prefix": "istio"} in patterns and {"prefix": "cluster.outbound"} in patterns
