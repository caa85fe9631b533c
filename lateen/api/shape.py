"""The two shapes of what users write, on which every kind's structs are made.

`Strict` refuses fields that it does not know: Istio's kinds, where an unknown field is a typing mistake. `Tolerant` passes over them: Kubernetes' own
objects and Gateway API's, of which we model what a mesh needs. Both are frozen, compare by value, are written in camelCase, and leave defaults out.

In protobuf's JSON an absent field and its zero value are the same, and so they are here; where the difference counts, the default is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

import msgspec

UInt32 = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]
UInt64 = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""As far as msgspec can tell; nothing that users write comes near."""
Int32 = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
Given = Annotated[str, msgspec.Meta(min_length=1)]
"""Text that is not empty where it is given; the empty default of a field stands for none."""
ObjectName = Annotated[str, msgspec.Meta(max_length=253)]
"""The name of an object, or nothing."""
LabelValue = Annotated[str, msgspec.Meta(max_length=63)]
Labels = Annotated[Mapping[str, str], msgspec.Meta(max_length=256)]
"""Labels or annotations that an object gives to a workload."""


class Strict(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True):
    """A message of Istio's API."""


class OneOf(Strict, frozen=True):
    """A message with groups of fields of which at most one may be given. Raises `ValueError` when two are."""

    one_of: ClassVar[tuple[tuple[str, ...], ...]] = ()

    def __post_init__(self) -> None:
        for group in self.one_of:
            if len(given := [name for name in group if getattr(self, name) is not None]) > 1:
                raise ValueError(several(given))


class Tolerant(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A part of an object of Kubernetes or Gateway API; fields that are not modelled are passed over."""


def several(names: list[str]) -> str:
    """The sentence about two fields that exclude each other."""
    quoted = [f'"{name}"' for name in names]
    return f"{', '.join(quoted[:-1])} and {quoted[-1]} are given, expected only one of them."
