"""Which object a URL means."""

from __future__ import annotations

import pytest

from lateen.control.api.failure import Failure
from lateen.control.api.paths import target
from lateen.values.ref import Ref

NETWORKING = "networking.istio.io"


def test_an_object_in_a_namespace() -> None:
    found = target(NETWORKING, "v1beta1", "namespaces/default/virtualservices/reviews")
    assert (found.ref, found.api_version) == (Ref("VirtualService", "default", "reviews"), "networking.istio.io/v1beta1")


def test_a_list_in_one_namespace_and_in_all() -> None:
    assert target("", "v1", "namespaces/default/services").namespace == "default"
    assert target("", "v1", "services").namespace == ""


def test_namespaces_are_objects_themselves() -> None:
    assert target("", "v1", "namespaces").name == ""
    assert target("", "v1", "namespaces/prod").ref == Ref("Namespace", "", "prod")
    assert target("", "v1", "namespaces/prod/status").subresource == "status"


def test_a_status_is_a_part_of_its_object() -> None:
    found = target(NETWORKING, "v1", "namespaces/default/virtualservices/reviews/status")
    assert (found.name, found.subresource) == ("reviews", "status")


def test_the_two_gateways_are_told_apart_by_group() -> None:
    assert target("gateway.networking.k8s.io", "v1", "gateways").kind.key == "KubernetesGateway"
    assert target(NETWORKING, "v1", "gateways").kind.key == "Gateway"


@pytest.mark.parametrize("rest", ["", "nothings", "namespaces/default/virtualservices/reviews/scale", "a/b/c/d/e"])
def test_what_means_nothing_is_not_found(rest: str) -> None:
    with pytest.raises(Failure) as caught:
        target(NETWORKING, "v1", rest)
    assert caught.value.code == 404
