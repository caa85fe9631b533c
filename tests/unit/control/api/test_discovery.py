"""What clients discover."""

from __future__ import annotations

from lateen.api.kinds import KINDS
from lateen.control.api import discovery


def test_every_version_of_every_kind_is_found() -> None:
    for kind in KINDS.values():
        for version in kind.versions:
            document = discovery.resources(kind.group, version)
            assert document is not None
            assert kind.plural in {resource["name"] for resource in document["resources"]}


def test_the_preferred_version_of_istios_groups_is_v1() -> None:
    preferred = {group["name"]: group["preferredVersion"]["version"] for group in discovery.api_groups()["groups"]}
    assert preferred["networking.istio.io"] == "v1"
    assert preferred["security.istio.io"] == "v1"
    assert preferred["gateway.networking.k8s.io"] == "v1"


def test_a_group_that_there_is_not_is_none() -> None:
    assert discovery.api_group("apps") is None
    assert discovery.resources("apps", "v1") is None
    assert discovery.openapi("apis/apps/v1") is None


def test_openapi_says_that_fields_are_checked_here() -> None:
    for path in discovery.openapi_paths()["paths"]:
        document = discovery.openapi(path)
        assert document is not None
        for operations in document["paths"].values():
            assert "fieldValidation" in [parameter["name"] for parameter in operations["patch"]["parameters"]]
