"""Patches carried out on resources, one after the other, each on what the former left (EX-2).

What no patch has a place in stays as it is, to the byte. A patch whose outcome Envoy could not take is left out and told of; the others hold (EX-3).
Virtual hosts that are resources of their own are seen here under their own names, as parts of their table. What may not enter: which patches there
are for whom.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.core.v3.extension_pb2 import TypedExtensionConfig
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.config.route.v3.route_components_pb2 import VirtualHost
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from google.protobuf.any_pb2 import Any as Envelope
from google.protobuf.message import Message

from lateen.ir.patch import Operation, Patch, Target
from lateen.render import patch_cluster, patch_listener, patch_routes
from lateen.render.message import packed, serialised
from lateen.render.patch_listener import Mismatch
from lateen.render.patch_validity import faults
from lateen.render.patch_values import Unreadable, value
from lateen.values.envoy_resource import EnvoyResource, envoy_resource
from lateen.values.ref import Ref

M = TypeVar("M", bound=Message)

_KINDS: Mapping[str, type[Message]] = {
    f"type.googleapis.com/{kind.DESCRIPTOR.full_name}": kind for kind in (Cluster, Listener, RouteConfiguration, VirtualHost)
}


class Refused(msgspec.Struct, frozen=True, order=True):
    """A patch that was left out of the resource of that name, and why, in a sentence."""

    origin: Ref
    index: int
    resource: str
    reason: str


class Outcome(msgspec.Struct, frozen=True):
    """A resource with its patches, and those that had to be left out. None: it is taken away."""

    resource: EnvoyResource | None
    refused: tuple[Refused, ...] = ()


def patched(resource: EnvoyResource, patches: tuple[Patch, ...], number: int = 0, taken: tuple[str, ...] = ()) -> Outcome:
    """The resource with all patches that have a place in it; `number` is the port of a table as users know it, where its name has another.

    `taken` are domains of a table's virtual hosts that are resources of their own, in lower case.
    """
    kind = _KINDS.get(resource.type)
    if kind is None:
        return Outcome(resource)
    original = _seen(resource, kind)
    patches = patches if kind is not VirtualHost else tuple(each for each in patches if not _adds_host(each))
    draft = _Draft(original, number)
    try:
        draft.take(patches)
        if draft.is_gone or not faults(draft.message, draft.changed, taken):
            return Outcome(_told(resource, draft))
    except (Unreadable, Mismatch):
        pass  # One of them cannot be carried out at all; the others can.
    draft, refused = _one_by_one(original, patches, _Place(resource.name, number, taken))
    return Outcome(_told(resource, draft), refused)


def added(patch: Patch, later: tuple[Patch, ...], number: int = 0) -> Outcome:
    """The resource that a patch adds, with the patches that come after it; None when nothing can be read of it or Envoy could not take it."""
    try:
        message = value(patch)
    except Unreadable as wrong:
        return Outcome(None, (_refusal(patch, "", [str(wrong)]),))
    name = str(getattr(message, "name", ""))
    if wrong_fields := faults(message, [message]):
        return Outcome(None, (_refusal(patch, name, wrong_fields),))
    type_url = f"type.googleapis.com/{message.DESCRIPTOR.full_name}"
    return patched(envoy_resource(type_url, name, serialised(packed(message)), (patch.origin,)), later, number)


def added_domains(patch: Patch) -> tuple[str, ...]:
    """The domains of the virtual host that a patch adds to a table, in lower case; none when it adds none."""
    try:
        return tuple(domain.lower() for domain in getattr(value(patch), "domains", ())) if _adds_host(patch) else ()
    except Unreadable:
        return ()


def added_name(patch: Patch) -> str:
    """The name of the resource that a patch adds; empty when nothing can be read of it."""
    try:
        return str(getattr(value(patch), "name", ""))
    except Unreadable:
        return ""


class _Draft:
    """A resource while patches are carried out on it: what they changed, and which objects they come from."""

    def __init__(self, original: Message, number: int) -> None:
        self.message = _copy(original)
        self.number = number
        self.is_gone = False
        self.changed: list[Message] = []
        self.origins: dict[Ref, None] = {}

    def take(self, patches: Iterable[Patch]) -> None:
        """Carry out patches. Raises `Unreadable`, `Mismatch`."""
        for patch in patches:
            if self.is_gone:
                return
            if found := self._step(patch):
                self.changed += found
                self.origins[patch.origin] = None

    def _step(self, patch: Patch) -> list[Message]:
        message = self.message
        if isinstance(message, Listener) and patch.target in patch_listener.TARGETS:
            self.is_gone = _removes(patch, Target.LISTENER) and patch_listener.fits(message, patch)
            return [] if self.is_gone else patch_listener.step(message, patch)
        if isinstance(message, Cluster) and patch.target is Target.CLUSTER:
            self.is_gone = _removes(patch, Target.CLUSTER) and patch_cluster.fits(message, patch)
            return [] if self.is_gone else patch_cluster.step(message, patch)
        if isinstance(message, RouteConfiguration) and patch.target in patch_routes.TARGETS:
            return patch_routes.step(message, patch, self.number)
        return []


def _adds_host(patch: Patch) -> bool:
    """What is added to a table is told in the table."""
    return patch.target is Target.VIRTUAL_HOST and patch.operation is Operation.ADD


def _removes(patch: Patch, target: Target) -> bool:
    return patch.operation is Operation.REMOVE and patch.target is target


class _Place(NamedTuple):
    """What is known of a resource besides what it says."""

    name: str
    number: int
    taken: tuple[str, ...]


def _one_by_one(original: Message, patches: Sequence[Patch], place: _Place) -> tuple[_Draft, tuple[Refused, ...]]:
    """The patches again, each kept only if nothing is wrong that was not wrong before it."""
    draft, refused = _Draft(original, place.number), []
    known = set(faults(original, []))
    for patch in patches:
        trial = _Draft(draft.message, place.number)
        trial.changed, trial.origins = [], dict(draft.origins)
        try:
            trial.take((patch,))
            wrong = [fault for fault in faults(trial.message, trial.changed, place.taken) if fault not in known] if trial.changed else []
        except (Unreadable, Mismatch) as unfit:
            wrong = [str(unfit)]
        if wrong:
            refused.append(_refusal(patch, place.name, wrong))
        else:
            trial.changed = [*draft.changed, *trial.changed]
            draft = trial
        if draft.is_gone:
            break
    return draft, tuple(refused)


def _refusal(patch: Patch, name: str, wrong: Sequence[str]) -> Refused:
    return Refused(patch.origin, patch.index, name, wrong[0])


def _copy(message: M) -> M:
    out = type(message)()
    out.CopyFrom(message)
    return out


# Virtual hosts of their own


def _seen(resource: EnvoyResource, kind: type[Message]) -> Message:
    """The resource as patches see it: a virtual host under its own name, inside of its table."""
    message: Message = kind.FromString(Envelope.FromString(resource.body).value)
    if isinstance(message, VirtualHost):
        name, _, message.name = resource.name.partition("/")
        message = RouteConfiguration(name=name, virtual_hosts=[message])
    return message


def _told(resource: EnvoyResource, draft: _Draft) -> EnvoyResource | None:
    """The outcome under the name that the resource has, whatever a patch says."""
    message: Any = draft.message
    if draft.is_gone:
        return None
    if not draft.changed:
        return resource
    if resource.type.endswith(f".{VirtualHost.DESCRIPTOR.name}"):
        if not message.virtual_hosts:
            return None
        message = message.virtual_hosts[0]
    message.name = resource.name
    follows = resource.follows if not isinstance(message, Cluster) or message.type == Cluster.EDS else ()
    origins = tuple(dict.fromkeys((*resource.origins, *draft.origins)))
    return envoy_resource(resource.type, resource.name, serialised(packed(message)), origins, follows)


ADDED: Mapping[Target, str] = {
    Target.CLUSTER: f"type.googleapis.com/{Cluster.DESCRIPTOR.full_name}",
    Target.LISTENER: f"type.googleapis.com/{Listener.DESCRIPTOR.full_name}",
    Target.EXTENSION_CONFIG: f"type.googleapis.com/{TypedExtensionConfig.DESCRIPTOR.full_name}",
}
"""The targets whose additions are resources of their own, with the type of those."""
