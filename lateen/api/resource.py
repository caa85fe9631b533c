"""`Resource`: one object that a user wrote, and `Metadata`, what every object carries.

`created` decides who wins (N-5), so it is kept in one form: UTC with microseconds, which sorts as text by time. An object without a creation time
counts as newest: what is written down but not yet stored must not win over what is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import msgspec

from lateen.api.shape import Tolerant
from lateen.values.ref import Ref

S = TypeVar("S")

UNDATED = "9999-12-31T23:59:59.999999Z"


class OwnerReference(Tolerant, frozen=True):
    """The object that an object belongs to, such as the ReplicaSet of a Pod."""

    kind: str = ""
    name: str = ""
    api_version: str = ""
    uid: str = ""
    controller: bool = False


class Metadata(Tolerant, frozen=True):
    """`metadata` as it is written; times in RFC 3339."""

    name: str = ""
    namespace: str = ""
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    generation: int = 0
    resource_version: str = ""
    uid: str = ""
    owner_references: tuple[OwnerReference, ...] = ()


class Resource(msgspec.Struct, Generic[S], frozen=True):
    """One object.

    `spec` is the struct of the kind; for Kubernetes' own kinds it is the whole body, so that a Service has `spec.spec` and `spec.status`.
    `created` is the normalised creation time or `UNDATED`; `deleted` likewise, or "" when the object is not being deleted.
    `version` is 0 and `uid` empty where the store gave none. `status` is a struct for ServiceEntry and WorkloadEntry, else what was written.
    """

    ref: Ref
    spec: S
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    version: int = 0
    created: str = UNDATED
    generation: int = 0
    uid: str = ""
    deleted: str = ""
    owners: tuple[OwnerReference, ...] = ()
    status: Any = None

    @property
    def age_order(self) -> tuple[str, str, str]:
        """The order in which objects win (N-5): creation time, then name, then namespace."""
        return (self.created, self.ref.name, self.ref.namespace)


def normalised(timestamp: str | None) -> str:
    """A time of RFC 3339 in UTC with microseconds; `UNDATED` for none. Raises `ValueError` when it is no time."""
    if not timestamp:
        return UNDATED
    moment = datetime.fromisoformat(timestamp)
    if moment.tzinfo is None:
        raise ValueError(f'found "{timestamp}", expected a time with its zone, such as "2024-05-01T12:00:00Z".')
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def as_written(created: str) -> str | None:
    """The normalised time in Kubernetes' form, without a fraction of zero; None for `UNDATED`."""
    if created in ("", UNDATED):
        return None
    whole, fraction = created.removesuffix("Z").split(".")
    return f"{whole}Z" if fraction == "000000" else f"{whole}.{fraction}Z"
