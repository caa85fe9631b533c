"""From what users type to what the API is asked."""

from __future__ import annotations

import pytest

from lateen.cli.trouble import Trouble
from lateen.cli.words import kind, ref_text, url, wanted, word


def keys(*arguments: str) -> list[tuple[str, str]]:
    return [(each.kind.key, each.name) for each in wanted(list(arguments))]


def test_kinds_and_names_as_kubectl_takes_them() -> None:
    assert keys("vs") == [("VirtualService", "")]
    assert keys("vs", "a", "b") == [("VirtualService", "a"), ("VirtualService", "b")]
    assert keys("vs,dr") == [("VirtualService", ""), ("DestinationRule", "")]
    assert keys("vs/a", "svc/b") == [("VirtualService", "a"), ("Service", "b")]


def test_all_is_the_configuration_and_not_what_runs() -> None:
    found = {key for key, _ in keys("all")}
    assert {"VirtualService", "Service", "AuthorizationPolicy", "HTTPRoute"} <= found
    assert not {"Pod", "Secret", "EndpointSlice"} & found


@pytest.mark.parametrize("arguments", [[], ["vs,dr", "a"], ["vs/a", "b"], ["nothing"]])
def test_what_means_nothing_is_used_wrongly(arguments: list[str]) -> None:
    with pytest.raises(Trouble) as caught:
        wanted(arguments)
    assert caught.value.code == 2


def test_urls_follow_kubernetes() -> None:
    assert url(kind("vs"), "default", "a") == "/apis/networking.istio.io/v1/namespaces/default/virtualservices/a"
    assert url(kind("svc")) == "/api/v1/services"
    assert url(kind("ns"), "default", "prod") == "/api/v1/namespaces/prod"


def test_objects_by_name() -> None:
    assert (
        word({"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": "a"}}) == "virtualservice.networking.istio.io/a"
    )
    assert word({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}}) == "service/a"
    assert ref_text(kind("ns"), "x", "prod") == "Namespace/prod"
