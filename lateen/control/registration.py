"""What an agent's coming and going makes of a WorkloadGroup: a WorkloadEntry (WE-3), and what becomes of it. Values in, manifests out; no clock.

"an agent connecting with metadata `AUTO_REGISTER_GROUP` creates WE `<group>-<ip>[-<network>]` with annotations `istio.io/autoRegistrationGroup`,
`workloadController`, `connectedAt`; on disconnect sets `disconnectedAt` and removes after a grace period". The annotations are those of
https://istio.io/latest/docs/reference/config/annotations/.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from lateen.api import encode
from lateen.api.networking.workload_group import WorkloadGroup
from lateen.api.resource import Resource
from lateen.assembly.probes import JOINED
from lateen.registry.entries import HEALTH_CHECKED
from lateen.values.ref import Ref
from lateen.xds.node import Proxy

ENTRY: Final = "WORKLOAD_ENTRY"
"""The node's metadata that names an entry that is there already, about which the agent tells whether it is well."""
OF_GROUP: Final = "istio.io/autoRegistrationGroup"
CONTROLLER: Final = "istio.io/workloadController"
CONNECTED: Final = "istio.io/connectedAt"
DISCONNECTED: Final = "istio.io/disconnectedAt"

_NAME_LENGTH: Final = 253
_CONDITION: Final = "Healthy"

Manifest = dict[str, Any]


def joined(proxy: Proxy) -> Ref | None:
    """The group that the proxy joins."""
    name = proxy.metadata.get(JOINED)
    return Ref("WorkloadGroup", proxy.namespace, name) if isinstance(name, str) and name and proxy.addresses else None


def subject(proxy: Proxy) -> Ref | None:
    """The entry that stands for the proxy's workload: that of its group, or one that it names."""
    group = joined(proxy)
    if group is not None:
        parts = (group.name, proxy.addresses[0].replace(":", "-"), proxy.network)
        return Ref("WorkloadEntry", proxy.namespace, "-".join(part for part in parts if part)[-_NAME_LENGTH:])
    name = proxy.metadata.get(ENTRY)
    return Ref("WorkloadEntry", proxy.namespace, name) if isinstance(name, str) and name else None


def refusal(proxy: Proxy, ref: Ref, group: Resource[WorkloadGroup] | None) -> str | None:
    """A sentence when the proxy may not join: "identity must match the group's ns and serviceAccount". That the proxy is who it says it is was found
    out before."""
    if group is None:
        return f"{proxy.id} wants to join {ref}, which does not exist. Create it, or let the agent name another group."
    account = group.spec.template.service_account
    if account and proxy.service_account != account:
        own = f'the service account "{proxy.service_account}"' if proxy.service_account else "no service account"
        return f'{proxy.id} cannot join {ref}: it has {own}, and the group\'s is "{account}".'
    return None


def entry(ref: Ref, proxy: Proxy, group: Resource[WorkloadGroup], controller: str, at: str) -> Manifest:
    """The entry of a workload that has just joined. Labels of the node win over those of the group's metadata, those over the template's."""
    common = group.spec.metadata
    labels = {**group.spec.template.labels, **(common.labels if common is not None else {}), **dict(proxy.labels)}
    given = {**(common.annotations if common is not None else {}), OF_GROUP: group.ref.name}
    if is_checked(proxy):
        given[HEALTH_CHECKED] = "true"
    template = group.spec.template
    place = "/".join(msgspec.structs.astuple(proxy.locality)).rstrip("/")
    spec = msgspec.structs.replace(
        template,
        address=proxy.addresses[0],
        labels=labels,
        ports=_ports(proxy, template.ports),
        network=proxy.network or template.network,
        locality=place or template.locality,
    )
    owner = {"apiVersion": "networking.istio.io/v1", "kind": "WorkloadGroup", "name": group.ref.name, "uid": group.uid, "controller": True}
    metadata = {"name": ref.name, "namespace": ref.namespace, "labels": labels, "annotations": given, "ownerReferences": [owner]}
    manifest = {"apiVersion": "networking.istio.io/v1", "kind": "WorkloadEntry", "metadata": metadata, "spec": encode.plain(spec)}
    return present(manifest, controller, at)


def _ports(proxy: Proxy, written: Mapping[str, int]) -> Mapping[str, int]:
    """The template's ports by name; where nothing is captured, those where the sidecar takes what is for them, and those that the agent names."""
    told = dict(proxy.capabilities).get("explicit")
    taken = [each for each in told.get("inbound") or () if isinstance(each, dict)] if isinstance(told, dict) else []
    binds = {int(each["port"]): int(each["bind"]) for each in taken}
    named = {str(each["name"]): int(each["bind"]) for each in taken if each.get("name")}
    return {**{name: binds.get(number, number) for name, number in written.items()}, **named}


def is_checked(proxy: Proxy) -> bool:
    """Whether its agent asks the app whether it is well, so that nothing is sent before it has said so."""
    settings = proxy.metadata.get("PROXY_CONFIG")
    return proxy.can("health") or (isinstance(settings, Mapping) and bool(settings.get("readinessProbe")))


def marks(manifest: Mapping[str, Any]) -> Mapping[str, str]:
    """The annotations of a manifest."""
    found = (manifest.get("metadata") or {}).get("annotations")
    return found if isinstance(found, Mapping) else {}


def present(manifest: Manifest, controller: str, at: str) -> Manifest:
    """The same entry, whose workload is connected to this control plane since `at`."""
    kept = {key: value for key, value in marks(manifest).items() if key != DISCONNECTED}
    return _annotated(manifest, {**kept, CONTROLLER: controller, CONNECTED: at})


def gone(manifest: Manifest, at: str) -> Manifest:
    """The same entry, whose workload has left at `at`."""
    kept = {key: value for key, value in marks(manifest).items() if key != CONNECTED}
    return _annotated(manifest, {**kept, DISCONNECTED: at})


def _annotated(manifest: Manifest, given: Mapping[str, str]) -> Manifest:
    return {**manifest, "metadata": {**manifest.get("metadata", {}), "annotations": dict(given)}}


def status(manifest: Manifest, reason: str | None, at: str) -> Manifest | None:
    """The status of an entry whose workload is well (None) or is not; None when that is known already."""
    before = manifest.get("status") or {}
    conditions = [each for each in before.get("conditions") or () if isinstance(each, dict)]
    known = next((each for each in conditions if each.get("type") == _CONDITION), None)
    told = {"type": _CONDITION, "status": "True" if reason is None else "False", "message": reason or ""}
    if known is not None and all(known.get(key, "") == value for key, value in told.items()):
        return None
    since = known.get("lastTransitionTime", at) if known is not None and known.get("status") == told["status"] else at
    news = {**told, "lastProbeTime": at, "lastTransitionTime": since}
    return {**before, "conditions": [*(each for each in conditions if each is not known), news]}


def timestamp(of: datetime) -> str:
    """A time as annotations and conditions have it: RFC 3339 in UTC."""
    return of.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def age(text: str, now: datetime) -> float:
    """Seconds since a time that was written so; very many for what is no time."""
    try:
        return (now - datetime.fromisoformat(text)).total_seconds()
    except (ValueError, TypeError):
        return float("inf")
