"""Gateway of Gateway API: what its own definition refuses (https://gateway-api.sigs.k8s.io/reference/spec/#gateway)."""

from __future__ import annotations

from lateen.api.gateway.gateway import Gateway, GatewayAddress
from lateen.api.resource import Resource
from lateen.api.text import Path
from lateen.check.addresses import address
from lateen.check.gateway import words
from lateen.check.gateway.listeners import LISTENERS, allowed, listeners
from lateen.check.labels import labels
from lateen.check.remark import Remarks, wrong


def gateway(of: Resource[Gateway]) -> Remarks:
    """A class, listeners, and addresses that are some."""
    spec = of.spec
    if not spec.gateway_class_name:
        yield wrong(("spec", "gatewayClassName"), "the name of the class is empty.", "Write gatewayClassName: istio.")
    yield from listeners(spec.listeners, ("spec", "listeners"))
    yield from words.at_most(16, spec.addresses, ("spec", "addresses"))
    seen: set[GatewayAddress] = set()
    for index, each in enumerate(spec.addresses):
        path: Path = ("spec", "addresses", index)
        yield from _address(each, path)
        if each in seen and each.value:
            yield wrong((*path, "value"), f'the address "{each.value}" is given twice.', "Keep one of them.")
        seen.add(each)
    if spec.allowed_listeners is not None:
        yield from allowed(spec.allowed_listeners.namespaces, ("spec", "allowedListeners", "namespaces"), LISTENERS)
    if spec.infrastructure is not None:
        yield from labels(spec.infrastructure.labels, ("spec", "infrastructure", "labels"))


def _address(each: GatewayAddress, path: Path) -> Remarks:
    if each.type == "IPAddress" and each.value:
        yield from address(each.value, (*path, "value"))
    elif each.type == "Hostname" and each.value:
        yield from words.hostname(each.value, (*path, "value"))
    elif "/" not in each.type and each.type not in ("IPAddress", "Hostname", "NamedAddress"):
        yield from words.one_of(each.type, ("IPAddress", "Hostname"), (*path, "type"), "type")
