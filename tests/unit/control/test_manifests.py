"""Which object a manifest is."""

from __future__ import annotations

from lateen.control.manifests import identify
from lateen.values.ref import Ref


def test_a_manifest_without_a_namespace_is_in_the_default_one() -> None:
    manifest = {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": "reviews"}}
    assert identify(manifest) == Ref("VirtualService", "default", "reviews")
    assert identify(manifest, "prod") == Ref("VirtualService", "prod", "reviews")


def test_a_kind_without_namespaces_is_in_none() -> None:
    assert identify({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "prod", "namespace": "x"}}) == Ref("Namespace", "", "prod")


def test_the_two_gateways_are_told_apart() -> None:
    metadata = {"name": "g"}
    assert identify({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": metadata}) == Ref(
        "KubernetesGateway", "default", "g"
    )


def test_what_is_none_of_a_meshs_says_so() -> None:
    assert (
        identify({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}})
        == "a mesh has no use for a Deployment; it is passed over."
    )
    assert identify({"apiVersion": "v1", "kind": "Service", "metadata": {}}) == "This Service has no name: write one under metadata.name."
