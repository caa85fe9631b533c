from lateen.api.mesh_proxy import BUILT_IN, Address, ProxyConfig, Tracing, TracingServiceName, merged


def test_a_nearer_setting_replaces_a_field_as_a_whole_and_leaves_the_others() -> None:
    under = merged(BUILT_IN, ProxyConfig(concurrency=2, tracing=Tracing(zipkin=Address("zipkin:9411"))))
    found = merged(under, ProxyConfig(tracing=Tracing(sampling=5.0)))
    assert found.tracing == Tracing(sampling=5.0)
    assert (found.concurrency, found.status_port) == (2, 15020)


def test_a_zero_is_a_setting_too() -> None:
    assert merged(ProxyConfig(concurrency=2), ProxyConfig(concurrency=0)).concurrency == 0


def test_metadata_is_united() -> None:
    found = merged(ProxyConfig(proxy_metadata={"A": "1", "B": "1"}), ProxyConfig(proxy_metadata={"B": "2"}))
    assert found.proxy_metadata == {"A": "1", "B": "2"}


def test_one_way_of_naming_the_cluster_puts_the_other_out() -> None:
    found = merged(BUILT_IN, ProxyConfig(tracing_service_name=TracingServiceName.CANONICAL_NAME_ONLY))
    assert (found.service_cluster, found.tracing_service_name) == (None, TracingServiceName.CANONICAL_NAME_ONLY)
