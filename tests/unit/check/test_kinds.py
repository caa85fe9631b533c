from collections.abc import Mapping
from typing import Any

from lateen.api import kinds
from lateen.api.decode import decode, documents
from lateen.check import CHECKS, check
from lateen.values.finding import Position

RULE = """\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews}
spec:
  hosts: [reviews]
  http:
  - route:
    - destination: {host: "*"}
    timeout: 0s
"""
FILTER = """\
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: it}
spec:
  configPatches:
  - {applyTo: CLUSTER, patch: {operation: MERGE, value: {nam: x}}}
"""


def test_every_kind_of_istio_is_checked() -> None:
    assert {kind.key for kind in kinds.KINDS.values() if kind.group.endswith(".istio.io")} <= set(CHECKS)


def test_all_mistakes_come_at_once_with_their_places() -> None:
    [document], _ = documents(RULE, "mesh.yaml")
    resource, _ = decode(document.manifest, document.places)
    assert resource is not None
    assert [(found.path, found.position) for found in check(resource, document.places)] == [
        ("spec.http[0].route[0].destination.host", Position("mesh.yaml", 8, 21)),
        ("spec.http[0].timeout", Position("mesh.yaml", 9, 5)),
    ]


def test_a_kind_without_check_has_nothing_said_of_it() -> None:
    resource, _ = decode({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}})
    assert resource is not None
    assert check(resource) == []


def test_values_of_filters_are_held_against_what_whoever_knows_them_says() -> None:
    def parses(target: str, value: Mapping[str, Any]) -> list[tuple[tuple[str | int, ...], str, str, bool]]:
        return [((key,), f"{target} has no such field.", "", True) for key in value]

    [document], _ = documents(FILTER)
    resource, _ = decode(document.manifest)
    assert resource is not None
    assert check(resource) == []
    assert [str(found) for found in check(resource, parses=parses)] == [
        "EnvoyFilter default/it spec.configPatches[0].patch.value.nam: CLUSTER has no such field."
    ]
