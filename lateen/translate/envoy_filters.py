"""EnvoyFilter: which patches there are for a proxy, in the order in which they take effect (EX-2).

"Sort by `priority` (low first) over root ns and workload ns together; on ties root ns first, then creation time, then `name.namespace`; inside one
object in written order." Of a proxy's labels and metadata only those are looked at that some EnvoyFilter names, so that proxies which differ in
others are asked about once; and only objects of the root namespace and of the proxy's own are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

import msgspec
import re2

from lateen.api import inputs, mesh
from lateen.api.networking import envoy_filter as api
from lateen.api.resource import Resource
from lateen.flow import Graph, query
from lateen.ir.patch import ClusterMatch, ListenerMatch, Operation, Patch, Place, Reach, TableMatch, Target
from lateen.ir.view import Labels
from lateen.translate.selection import TARGET_LABELS, is_target, owners

KIND = "EnvoyFilter"
VERSION = "ISTIO_VERSION"
"""What a proxy says of its version in its metadata."""


def patches(g: Graph, namespace: str, labels: Labels, metadata: Labels) -> tuple[Patch, ...]:
    """The patches of what a proxy with these labels and this metadata is told, those that take effect first in front."""
    return tuple(each for each in _every(g, namespace, labels, metadata) if each.target is not Target.BOOTSTRAP)


def bootstrap_patches(g: Graph, namespace: str, labels: Labels, metadata: Labels) -> tuple[Patch, ...]:
    """The patches of what such a proxy is started with."""
    return tuple(each for each in _every(g, namespace, labels, metadata) if each.target is Target.BOOTSTRAP)


def _every(g: Graph, namespace: str, labels: Labels, metadata: Labels) -> tuple[Patch, ...]:
    asked = looked_at(g, namespace)
    if asked == _NOTHING:
        return ()
    return _patches(g, namespace, _of(labels, asked.labels), _of(metadata, asked.metadata))


class LookedAt(msgspec.Struct, frozen=True):
    """What EnvoyFilters look at in a proxy: keys of labels and of metadata. `some` where there is any EnvoyFilter at all."""

    labels: frozenset[str] = frozenset()
    metadata: frozenset[str] = frozenset()
    some: bool = False


_NOTHING = LookedAt()


@query
def looked_at(g: Graph, namespace: str) -> LookedAt:
    """What of a proxy of the namespace any EnvoyFilter for it looks at."""
    found = [of for owner in owners(g, namespace) for of in inputs.resources(g, KIND, owner)]
    labels = frozenset(key for of in found for key in _label_keys(of.spec))
    return LookedAt(labels, frozenset(key for of in found for key in _metadata_keys(of.spec)), bool(found))


def _label_keys(spec: api.EnvoyFilter) -> Iterator[str]:
    yield from (TARGET_LABELS[each.kind] for each in spec.target_refs if each.kind in TARGET_LABELS)
    if spec.workload_selector is not None:
        yield from spec.workload_selector.labels


def _metadata_keys(spec: api.EnvoyFilter) -> Iterator[str]:
    for each in spec.config_patches:
        proxy = each.match.proxy if each.match is not None else None
        if proxy is not None:
            yield from proxy.metadata
            if proxy.proxy_version:
                yield VERSION


def _of(pairs: Labels, keys: frozenset[str]) -> Labels:
    return tuple(pair for pair in pairs if pair[0] in keys)


@query
def _patches(g: Graph, namespace: str, labels: Labels, metadata: Labels) -> tuple[Patch, ...]:
    carried, said = dict(labels), dict(metadata)
    found = [of for of in ordered(g, namespace) if _applies(of, namespace, mesh.root_namespace(g), carried)]
    return tuple(each for of in found for each in _of_object(of, said))


def ordered(g: Graph, namespace: str) -> list[Resource[api.EnvoyFilter]]:
    """The EnvoyFilters that may be for proxies of the namespace, in the order in which they take effect."""
    root = mesh.root_namespace(g)
    found = [of for owner in owners(g, namespace) for of in inputs.resources(g, KIND, owner)]
    return sorted(found, key=lambda of: (of.spec.priority, of.ref.namespace != root, of.created, f"{of.ref.name}.{of.ref.namespace}"))


def _applies(of: Resource[api.EnvoyFilter], namespace: str, root: str, carried: Mapping[str, str]) -> bool:
    if of.spec.target_refs:
        return any(is_target(each, of.ref.namespace, namespace, root, carried) for each in of.spec.target_refs)
    return of.spec.workload_selector is None or of.spec.workload_selector.labels.items() <= carried.items()


def _of_object(of: Resource[api.EnvoyFilter], metadata: Mapping[str, str]) -> Iterator[Patch]:
    for index, written in enumerate(of.spec.config_patches):
        match = written.match or api.EnvoyConfigObjectMatch()
        if written.apply_to is api.ApplyTo.INVALID or match.context is api.PatchContext.WAYPOINT or not is_meant(match.proxy, metadata):
            continue
        if written.patch is not None and written.patch.operation is not api.Operation.INVALID:
            yield Patch(
                target=Target(written.apply_to.value),
                operation=Operation(written.patch.operation.value),
                origin=of.ref,
                index=index,
                reach=Reach(match.context.value),
                match=_match(match),
                value=_json(written.patch.value),
                place=Place(written.patch.filter_class.value),
            )


def is_meant(proxy: api.ProxyMatch | None, metadata: Mapping[str, str]) -> bool:
    """Whether the patch is for proxies with such metadata. A proxy that says nothing of its version fits no version."""
    if proxy is None:
        return True
    version = metadata.get(VERSION, "")
    if proxy.proxy_version and not (version and _expression(proxy.proxy_version).search(version)):
        return False
    return all(metadata.get(key) == value for key, value in proxy.metadata.items())


@lru_cache(maxsize=256)
def _expression(text: str) -> re2._Regexp[str]:
    return re2.compile(text)


def _json(value: Mapping[str, object] | None) -> str:
    return msgspec.json.encode(value, order="sorted").decode() if value is not None else ""


def _match(of: api.EnvoyConfigObjectMatch) -> ListenerMatch | TableMatch | ClusterMatch | None:
    if of.listener is not None:
        return _listener(of.listener)
    if of.route_configuration is not None:
        return _table(of.route_configuration)
    if of.cluster is not None:
        return ClusterMatch(of.cluster.name, of.cluster.port_number, of.cluster.service, of.cluster.subset)
    return None


def _listener(of: api.ListenerMatch) -> ListenerMatch:
    chain = of.filter_chain or api.FilterChainMatch()
    inside = chain.filter or api.FilterMatch()
    return ListenerMatch(
        name=of.name,
        port=of.port_number,
        listener_filter=of.listener_filter,
        chain=chain.name,
        server_name=chain.sni,
        transport=chain.transport_protocol,
        protocols=tuple(each.strip() for each in chain.application_protocols.split(",") if each.strip()),
        destination_port=chain.destination_port,
        filter=inside.name,
        sub_filter=inside.sub_filter.name if inside.sub_filter is not None else "",
    )


def _table(of: api.RouteConfigurationMatch) -> TableMatch:
    host = of.vhost or api.VirtualHostMatch()
    route = host.route or api.RouteMatch()
    return TableMatch(
        name=of.name,
        port=of.port_number,
        port_name=of.port_name,
        gateway=of.gateway,
        host=host.name,
        domain=host.domain_name,
        route=route.name,
        action=route.action.value if route.action is not api.RouteAction.ANY else "",
    )
