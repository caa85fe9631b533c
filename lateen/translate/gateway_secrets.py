"""Secret objects as keys and roots that gateways ask for (GW-9): `kubernetes://<name>`, and `kubernetes://<name>-cacert` for roots."""

from __future__ import annotations

from lateen.api import inputs
from lateen.api.core.secret import Secret
from lateen.api.resource import Resource
from lateen.flow import Graph, query
from lateen.ir.secret import KeyPair, Roots
from lateen.ir.tls import OriginatedTls
from lateen.ir.view import Perspective
from lateen.translate.destinations import destination, destinations
from lateen.translate.gateway_destinations import Seen, aliased, routed
from lateen.translate.gateway_tls import ROOTS, STORED
from lateen.values.ref import Ref

KIND = "Secret"

_CHAINS, _KEYS = ("tls.crt", "cert"), ("tls.key", "key")
_AUTHORITIES, _REVOKED = ("ca.crt", "cacert"), ("ca.crl", "crl")


@query
def material(g: Graph, namespace: str, name: str) -> KeyPair | Roots | None:
    """What is delivered under the name to workloads of the namespace; None where there is no such Secret, or nothing of the kind in it."""
    if not name.startswith(STORED):
        return None
    stored = name.removeprefix(STORED)
    if stored.endswith(ROOTS):
        return _roots(g, namespace, name, stored)
    ref = Ref(KIND, namespace, stored)
    chain, key = _value(g, ref, _CHAINS), _value(g, ref, _KEYS)
    return KeyPair(name, chain, key, (ref,)) if chain and key else None


def _roots(g: Graph, namespace: str, name: str, stored: str) -> Roots | None:
    """ "MUTUAL takes CA from `<name>` or `<name>-cacert`": the latter, made for it, is preferred."""
    for each in (stored, stored.removesuffix(ROOTS)):
        ref = Ref(KIND, namespace, each)
        found = _value(g, ref, _AUTHORITIES)
        if found:
            return Roots(name, found, _value(g, ref, _REVOKED), (ref,))
    return None


def _value(g: Graph, ref: Ref, keys: tuple[str, ...]) -> bytes:
    found: Resource[Secret] | None = inputs.resource(g, ref)
    if found is None:
        return b""
    return next((value for key in keys if (value := found.spec.value(key))), b"")


@query
def outward(g: Graph, seen: Perspective, gateways: tuple[str, ...], piece: int) -> tuple[str, ...]:
    """The names of stored secrets with which one part of the gateways' destinations is called, sorted."""
    return _named(g, routed(g, seen, gateways, piece))


@query
def outward_aliased(g: Graph, seen: Perspective, gateways: tuple[str, ...]) -> tuple[str, ...]:
    """The same of the services that are routed to by other names."""
    return _named(g, aliased(g, seen, gateways))


def _named(g: Graph, among: tuple[Seen, ...]) -> tuple[str, ...]:
    found: set[str] = set()
    for each in among:
        for port, subset in destinations(g, each.perspective, each.namespace, each.host):
            meant = destination(g, each.perspective, each.namespace, each.host, port, subset)
            if meant is not None and isinstance(meant.tls, OriginatedTls):
                found.update(secret.name for secret in (meant.tls.certificate, meant.tls.authority) if secret is not None and secret.remote)
    return tuple(sorted(found))
