"""Whether callers of a workload must, may or must not speak mutual TLS: PeerAuthentication (SEC-1 to SEC-3), for servers and clients alike.

"workload policy (has a selector that matches, ns ≠ root) > namespace policy (no selector) > mesh policy (root ns, no selector) >
PERMISSIVE. Within one level the OLDEST alone counts." A namespace's policies are compiled once; its workloads are then matched without
any further query.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from lateen.api import inputs, mesh
from lateen.api.resource import Resource
from lateen.api.security.peer_authentication import Mode, MutualTLS, PeerAuthentication
from lateen.flow import Graph, query
from lateen.ir.view import Labels
from lateen.values.ref import Ref

KIND = "PeerAuthentication"


class PeerMode(StrEnum):
    """What a port takes: only plain text, both, or only mutual TLS."""

    DISABLE = "DISABLE"
    PERMISSIVE = "PERMISSIVE"
    STRICT = "STRICT"


class PeerModes(msgspec.Struct, frozen=True, cache_hash=True):
    """The mode of a workload and of those of its ports that differ by policy, sorted by port; a port is the workload's own (SEC-2, SEC-3)."""

    mode: PeerMode = PeerMode.PERMISSIVE
    ports: tuple[tuple[int, PeerMode], ...] = ()
    origins: tuple[Ref, ...] = ()

    def on(self, port: int) -> PeerMode:
        """The mode of one port."""
        for number, mode in self.ports:
            if number == port:
                return mode
        return self.mode


class WorkloadPolicy(msgspec.Struct, frozen=True):
    """A policy for workloads with all these labels, everything inherited filled in."""

    labels: Labels
    modes: PeerModes


class NamespacePolicies(msgspec.Struct, frozen=True):
    """What holds in a namespace: for the selected workloads, the oldest policy first, and for all others."""

    selected: tuple[WorkloadPolicy, ...] = ()
    others: PeerModes = PeerModes()

    def of(self, labels: Labels) -> PeerModes:
        """The modes of a workload with these labels."""
        if self.selected:
            carried = set(labels)
            for policy in self.selected:
                if carried.issuperset(policy.labels):
                    return policy.modes
        return self.others


@query
def mesh_modes(g: Graph) -> PeerModes:
    """What holds where a namespace says nothing."""
    return _inherited(_oldest(g, mesh.root_namespace(g)), PeerModes())


@query
def namespace_modes(g: Graph, namespace: str) -> PeerModes:
    """What holds for the workloads of the namespace that no policy selects."""
    common = mesh_modes(g)
    return common if namespace == mesh.root_namespace(g) else _inherited(_oldest(g, namespace), common)


@query
def namespace_policies(g: Graph, namespace: str) -> NamespacePolicies:
    """All that holds for workloads of the namespace. "A policy with selector in the root ns is ignored, even for workloads of the root ns.\""""
    others = namespace_modes(g, namespace)
    if namespace == mesh.root_namespace(g):
        return NamespacePolicies(others=others)
    selected = tuple(
        WorkloadPolicy(labels, _workload_modes(policy, others))
        for policy in inputs.resources(g, KIND, namespace)
        if (labels := _selector(policy.spec))
    )
    return NamespacePolicies(selected, others)


@query
def policies_to_callers(g: Graph, namespace: str) -> NamespacePolicies:
    """The same as far as callers care, who speak mutual TLS wherever they may: whether they must is the server's affair, and no origins are told."""
    found = namespace_policies(g, namespace)
    if not any(_refuses(modes) for modes in (found.others, *(policy.modes for policy in found.selected))):
        return NamespacePolicies()
    return NamespacePolicies(tuple(WorkloadPolicy(policy.labels, _to_callers(policy.modes)) for policy in found.selected), _to_callers(found.others))


def _refuses(modes: PeerModes) -> bool:
    return PeerMode.DISABLE in (modes.mode, *(mode for _, mode in modes.ports))


def _to_callers(modes: PeerModes) -> PeerModes:
    plain, ports = _TO_CALLERS[modes.mode], tuple((port, _TO_CALLERS[mode]) for port, mode in modes.ports)
    return PeerModes(plain, ports)


_TO_CALLERS = {PeerMode.DISABLE: PeerMode.DISABLE, PeerMode.PERMISSIVE: PeerMode.PERMISSIVE, PeerMode.STRICT: PeerMode.PERMISSIVE}


@query
def peer_modes(g: Graph, namespace: str, labels: Labels) -> PeerModes:
    """The modes of the workload with these labels."""
    return namespace_policies(g, namespace).of(labels)


def _oldest(g: Graph, namespace: str) -> Resource[PeerAuthentication] | None:
    """The only policy without selector that counts in the namespace."""
    return next((policy for policy in inputs.resources(g, KIND, namespace) if not _selector(policy.spec)), None)


def _selector(spec: PeerAuthentication) -> Labels:
    return tuple(sorted(spec.selector.match_labels.items())) if spec.selector is not None else ()


def _inherited(policy: Resource[PeerAuthentication] | None, above: PeerModes) -> PeerModes:
    if policy is None:
        return above
    mode = _given(policy.spec.mtls)
    return above if mode is None else PeerModes(mode, (), (policy.ref,))


def _workload_modes(policy: Resource[PeerAuthentication], above: PeerModes) -> PeerModes:
    """ "UNSET on a port inherits the workload's resulting mode.\""""
    own = _given(policy.spec.mtls)
    mode = own or above.mode
    told = {int(port): _given(given) or mode for port, given in (policy.spec.port_level_mtls or {}).items() if port.isascii() and port.isdigit()}
    ports = tuple(sorted((port, given) for port, given in told.items() if 0 < port < 2**16))
    return PeerModes(mode, ports, (policy.ref,) if own is not None else (policy.ref, *above.origins))


def _given(mtls: MutualTLS | None) -> PeerMode | None:
    return None if mtls is None or mtls.mode is Mode.UNSET else PeerMode(mtls.mode.value)
