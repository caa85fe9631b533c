"""PeerAuthentication: what is refused, and what is warned of."""

from __future__ import annotations

from lateen.api.resource import Resource
from lateen.api.security.peer_authentication import PeerAuthentication
from lateen.check import ports
from lateen.check.labels import selector
from lateen.check.remark import Remarks, wrong

_PATH = ("spec", "portLevelMtls")


def peer_authentication(of: Resource[PeerAuthentication]) -> Remarks:
    """SEC-2: "portLevelMtls counts only in a workload policy"."""
    spec = of.spec
    if spec.selector is not None:
        yield from selector(spec.selector.match_labels, ("spec", "selector", "matchLabels"))
    if spec.port_level_mtls is None:
        return
    if not spec.port_level_mtls:
        yield wrong(_PATH, "portLevelMtls is empty, expected at least one port.", "Leave it out.")
    elif spec.selector is None or not spec.selector.match_labels:
        yield wrong(_PATH, "ports have a mode of their own only in a policy that selects workloads.", "Give selector.")
    for port in spec.port_level_mtls:
        if not port.isdecimal():
            yield wrong((*_PATH, port), f'found the port "{port}", expected a number from 1 to 65535.')
        else:
            yield from ports.number(int(port), (*_PATH, port))
