from enum import Enum
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import inspect

from lateen.api.decode import decode
from lateen.api.encode import encode, plain
from lateen.api.kinds import KINDS, Kind
from lateen.api.networking.virtual_service import HTTPRetry, HTTPRoute, VirtualService
from lateen.api.resource import OwnerReference, Resource, normalised
from lateen.values.duration import Duration
from lateen.values.ref import Ref

TEXT = st.text("aZ09-_./*{}:é \n\"'", max_size=6)
TIMES = st.sampled_from([None, "2024-05-01T12:00:00Z", "2020-01-01T00:00:00.25Z"])


def values(type_: inspect.Type, depth: int) -> st.SearchStrategy[Any]:
    match type_:
        case inspect.UnionType():
            return st.one_of([values(member, depth) for member in type_.types])
        case inspect.StructType():
            return structs(type_.cls, depth)
        case inspect.VarTupleType():
            return st.lists(values(type_.item_type, depth), max_size=2).map(tuple)
        case inspect.DictType():
            return st.dictionaries(TEXT, values(type_.value_type, depth), max_size=2)
        case inspect.EnumType():
            return st.sampled_from(list[Enum](type_.cls))
        case inspect.CustomType():
            return st.sampled_from([Duration("1s"), Duration("1h30m"), Duration("0.250s")])
        case inspect.IntType():
            return st.integers(type_.ge if type_.ge is not None else -(2**31), type_.le if type_.le is not None else 2**31)
        case inspect.FloatType():
            return st.floats(0, 100)
        case inspect.BoolType():
            return st.booleans()
        case inspect.NoneType():
            return st.none()
        case inspect.AnyType():
            return st.recursive(st.one_of(st.none(), st.integers(-5, 5), TEXT), lambda inner: st.lists(inner, max_size=2), max_leaves=3)
    return TEXT


@st.composite
def structs(draw: st.DrawFn, struct: type[msgspec.Struct], depth: int = 5) -> Any:
    found = inspect.type_info(struct)
    assert isinstance(found, inspect.StructType)
    excluded: set[str] = set()
    for group in getattr(struct, "one_of", ()):
        excluded |= set(group) - {draw(st.sampled_from(group))}
    given_fields = {
        field.name: draw(values(field.type, depth - 1))
        for field in found.fields
        if field.required or (field.name not in excluded and depth > 0 and draw(st.integers(0, 2)) == 0)
    }
    return struct(**given_fields)


@st.composite
def resources(draw: st.DrawFn, kind: Kind) -> Resource[Any]:
    labels = st.dictionaries(TEXT, TEXT, max_size=2)
    return Resource(
        ref=Ref(kind.key, draw(st.sampled_from(["default", "shop"])) if kind.namespaced else "", draw(st.sampled_from(["a", "reviews-v1"]))),
        spec=draw(structs(kind.spec)),
        labels=draw(labels),
        annotations=draw(labels),
        version=draw(st.integers(0, 99)),
        created=normalised(draw(TIMES)),
        generation=draw(st.integers(0, 9)),
        uid=draw(st.sampled_from(["", "5d4"])),
        deleted=draw(st.sampled_from(["", "2024-05-02T00:00:00.000000Z"])),
        owners=draw(st.sampled_from([(), (OwnerReference("ReplicaSet", "a", controller=True),)])),
        status=draw(structs(kind.status)) if kind.status else None,
    )


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_what_is_written_reads_as_the_same_resource(kind: Kind, data: st.DataObject) -> None:
    resource = data.draw(resources(kind))
    assert decode(encode(resource)) == (resource, [])


def test_a_manifest_holds_only_what_differs_from_the_defaults_and_durations_as_written() -> None:
    route = HTTPRoute(timeout=Duration("1h30m"), retries=HTTPRetry(attempts=3, per_try_timeout=Duration("0.250s")))
    resource = Resource(Ref("VirtualService", "shop", "reviews"), VirtualService(hosts=("reviews",), http=(route,)), version=7)
    assert encode(resource) == {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": "reviews", "namespace": "shop", "resourceVersion": "7"},
        "spec": {"hosts": ["reviews"], "http": [{"timeout": "1h30m", "retries": {"attempts": 3, "perTryTimeout": "0.250s"}}]},
    }


def test_a_part_of_a_resource_can_be_written_alone() -> None:
    assert plain(HTTPRetry(attempts=1)) == {"attempts": 1}
