"""Listeners, as Gateways and ListenerSets have them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lateen.api.gateway.gateway import Listener, ListenerTLSConfig, RouteNamespaces
from lateen.api.text import Path
from lateen.check import ports
from lateen.check.gateway import words
from lateen.check.remark import Remarks, wrong

_WITHOUT_TLS = frozenset({"HTTP", "TCP", "UDP"})
_WITHOUT_HOSTS = frozenset({"TCP", "UDP"})
_PROTOCOL = re.compile(r"[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?|[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/[A-Za-z0-9]+")
ROUTES = ("All", "Selector", "Same")
LISTENERS = (*ROUTES, "None")


def listeners(given: Sequence[Listener], path: Path) -> Remarks:
    """At least one, of distinct names, and no two for the same port, protocol and host."""
    yield from words.at_least_one(given, path, "listeners")
    yield from words.at_most(64, given, path)
    yield from words.unique((listener.name for listener in given), path, "name", "listener")
    places: set[tuple[int, str, str]] = set()
    for index, listener in enumerate(given):
        place = (listener.port, listener.protocol, listener.hostname)
        if place in places:
            host = f' and host "{listener.hostname}"' if listener.hostname else ""
            yield wrong((*path, index), f"port {listener.port} of protocol {listener.protocol}{host} is given twice.")
        places.add(place)
        yield from _listener(listener, (*path, index))


def _listener(listener: Listener, path: Path) -> Remarks:
    yield from words.section(listener.name, (*path, "name"))
    yield from ports.number(listener.port, (*path, "port"))
    if not _PROTOCOL.fullmatch(listener.protocol):
        yield wrong((*path, "protocol"), f'found the protocol "{listener.protocol}", expected HTTP, HTTPS, TLS, TCP or UDP.')
    if listener.hostname and listener.protocol in _WITHOUT_HOSTS:
        yield wrong((*path, "hostname"), f"a hostname is given, but protocol {listener.protocol} tells no hosts apart.", "Leave it out.")
    elif listener.hostname:
        yield from words.hostname(listener.hostname, (*path, "hostname"))
    if listener.tls is not None:
        yield from _tls(listener, listener.tls, (*path, "tls"))
    yield from allowed(listener.allowed_routes.namespaces, (*path, "allowedRoutes", "namespaces"), ROUTES)
    yield from words.at_most(8, listener.allowed_routes.kinds, (*path, "allowedRoutes", "kinds"))


def _tls(listener: Listener, tls: ListenerTLSConfig, path: Path) -> Remarks:
    yield from words.one_of(tls.mode, ("Terminate", "Passthrough"), (*path, "mode"), "mode")
    if listener.protocol in _WITHOUT_TLS:
        yield wrong(path, f"tls is given, but protocol {listener.protocol} is in the clear.", "Use protocol HTTPS or TLS.")
    if listener.protocol == "HTTPS" and tls.mode == "Passthrough":
        yield wrong((*path, "mode"), f"found {tls.mode} with protocol HTTPS, expected Terminate.", "Use protocol TLS.")
    if tls.mode == "Terminate" and not (tls.certificate_refs or tls.options):
        yield wrong(path, "mode Terminate needs certificateRefs.")
    yield from words.at_most(64, tls.certificate_refs, (*path, "certificateRefs"))
    yield from words.at_most(16, tls.options, (*path, "options"))
    for index, certificate in enumerate(tls.certificate_refs):
        place: Path = (*path, "certificateRefs", index)
        yield from words.reference(certificate.group, certificate.kind, certificate.name, place)
        yield from words.namespace(certificate.namespace, place)


def allowed(namespaces: RouteNamespaces, path: Path, choices: Sequence[str]) -> Remarks:
    """Whose routes or listeners may attach."""
    yield from words.one_of(namespaces.from_, choices, (*path, "from"), "word")
    if namespaces.from_ == "Selector" and namespaces.selector is None:
        yield wrong(path, 'the field "selector" is missing, which from: Selector needs.', "Write selector: {matchLabels: {…}}.")
