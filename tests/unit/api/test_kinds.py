import pytest

from lateen.api.kinds import KINDS, named, of_manifest


def test_keys_and_names_with_group_are_unique() -> None:
    assert len({kind.name_with_group for kind in KINDS.values()}) == len(KINDS)
    assert len({(kind.group, kind.kind) for kind in KINDS.values()}) == len(KINDS)


@pytest.mark.parametrize(
    ("word", "key"),
    [
        ("virtualservices", "VirtualService"),
        ("VirtualService", "VirtualService"),
        ("vs", "VirtualService"),
        ("VS", "VirtualService"),
        ("svc", "Service"),
        ("gateways", "Gateway"),
        ("gateway", "Gateway"),
        ("gtw", "KubernetesGateway"),
        ("gateways.gateway.networking.k8s.io", "KubernetesGateway"),
        ("gateways.networking.istio.io", "Gateway"),
        ("kubernetesgateway", "KubernetesGateway"),
        ("httproute", "HTTPRoute"),
        ("cm", "ConfigMap"),
        ("ns", "Namespace"),
    ],
)
def test_a_user_may_name_a_kind_in_many_ways(word: str, key: str) -> None:
    kind = named(word)
    assert kind is not None
    assert kind.key == key


def test_no_kind_is_found_by_a_word_that_means_none() -> None:
    assert named("deployments") is None
    assert of_manifest("networking.istio.io/v7", "VirtualService") is None


@pytest.mark.parametrize(
    ("key", "api_version", "namespaced"),
    [
        ("VirtualService", "networking.istio.io/v1", True),
        ("EnvoyFilter", "networking.istio.io/v1alpha3", True),
        ("ProxyConfig", "networking.istio.io/v1beta1", True),
        ("WasmPlugin", "extensions.istio.io/v1alpha1", True),
        ("ReferenceGrant", "gateway.networking.k8s.io/v1beta1", True),
        ("GatewayClass", "gateway.networking.k8s.io/v1", False),
        ("Service", "v1", True),
        ("Node", "v1", False),
        ("EndpointSlice", "discovery.k8s.io/v1", True),
        ("IngressClass", "networking.k8s.io/v1", False),
    ],
)
def test_a_kind_is_written_in_the_version_that_its_owner_stores(key: str, api_version: str, namespaced: bool) -> None:
    assert (KINDS[key].api_version, KINDS[key].namespaced) == (api_version, namespaced)
