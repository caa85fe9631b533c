"""Gateway of Gateway API: what its own definition refuses (https://gateway-api.sigs.k8s.io/reference/spec/#gateway)."""

from __future__ import annotations

from lateen.api.gateway.gateway import Gateway, Listener
from lateen.api.resource import Resource
from lateen.api.text import Path
from lateen.check import ports
from lateen.check.gateway.backends import hostnames
from lateen.check.remark import Remarks, wrong

_WITHOUT_TLS = frozenset({"HTTP", "TCP", "UDP"})


def gateway(of: Resource[Gateway]) -> Remarks:
    """Listeners of distinct names, and no two for the same port, protocol and host."""
    names: set[str] = set()
    places: set[tuple[int, str, str]] = set()
    for index, listener in enumerate(of.spec.listeners):
        path: Path = ("spec", "listeners", index)
        if listener.name in names:
            yield wrong((*path, "name"), f'the listener "{listener.name}" is given twice.', "Name one of them differently.")
        names.add(listener.name)
        place = (listener.port, listener.protocol, listener.hostname)
        if place in places:
            host = f' and host "{listener.hostname}"' if listener.hostname else ""
            yield wrong(path, f"port {listener.port} of protocol {listener.protocol}{host} is given twice.")
        places.add(place)
        yield from _listener(listener, path)


def _listener(listener: Listener, path: Path) -> Remarks:
    yield from ports.number(listener.port, (*path, "port"))
    if listener.hostname:
        yield from hostnames((listener.hostname,), (*path, "hostname"))
    if listener.tls is not None and listener.protocol in _WITHOUT_TLS:
        yield wrong((*path, "tls"), f"tls is given, but protocol {listener.protocol} is in the clear.", "Use protocol HTTPS or TLS.")
    if listener.tls is not None and listener.protocol == "HTTPS" and listener.tls.mode != "Terminate":
        yield wrong((*path, "tls", "mode"), f"found {listener.tls.mode} with protocol HTTPS, expected Terminate.", "Use protocol TLS.")
    if listener.tls is not None and listener.tls.mode == "Terminate" and not (listener.tls.certificate_refs or listener.tls.options):
        yield wrong((*path, "tls"), "mode Terminate needs certificateRefs.")
