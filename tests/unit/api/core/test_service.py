from lateen.api.core.service import ServiceSpec


def test_a_service_is_headless_when_its_address_is_the_word_none() -> None:
    assert ServiceSpec(cluster_ip="None").is_headless
    assert not ServiceSpec(cluster_ip="10.96.0.1").is_headless
    assert not ServiceSpec().is_headless
