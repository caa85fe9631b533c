"""A stored object as a client sees it."""

from __future__ import annotations

from lateen.control.api.presentation import shown, uid
from lateen.store import Object
from lateen.values.ref import Ref

STORED = Object(
    Ref("VirtualService", "default", "a"),
    b'{"kind":"VirtualService","apiVersion":"networking.istio.io/v1alpha3","metadata":{"name":"a"},"spec":{}}',
    7,
    "2026-01-01T00:00:00Z",
)


def test_it_is_in_the_version_asked_for_and_else_in_the_preferred_one() -> None:
    assert shown(STORED)["apiVersion"] == "networking.istio.io/v1"
    assert shown(STORED, "networking.istio.io/v1beta1")["apiVersion"] == "networking.istio.io/v1beta1"


def test_it_carries_its_version_and_a_uid_that_stays() -> None:
    metadata = shown(STORED)["metadata"]
    assert (metadata["resourceVersion"], metadata["uid"]) == ("7", uid(STORED))
    assert shown(STORED)["metadata"]["uid"] == metadata["uid"]


def test_the_fields_come_in_the_order_that_people_write() -> None:
    assert list(shown(STORED)) == ["apiVersion", "kind", "metadata", "spec"]
