"""Statistics."""

from lateen.agent import stats
from lateen.agent.workload import ProxySettings


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
    patterns = stats.config(ProxySettings(), ("cluster.outbound",))["stats_matcher"]["inclusion_list"]["patterns"]
    assert {"prefix": "istio"} in patterns and {"prefix": "cluster.outbound"} in patterns


def test_proxyconfig_adds_to_them_by_prefix_suffix_and_pattern() -> None:
    kept = ProxySettings(prefixes=("a",), suffixes=("b",), patterns=("c.*",))
    patterns = stats.config(kept)["stats_matcher"]["inclusion_list"]["patterns"]
    assert all(each in patterns for each in ({"prefix": "a"}, {"suffix": "b"}, {"safe_regex": {"regex": "c.*"}}, {"prefix": "istio"}))
