"""Hosts of VirtualServices that are nearly those of a service (N-1, N-3, SD-14), and services that do not speak what the rules are about (VS-14,
VS-52): calls go by without these rules. Istio decides so in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from lateen.api import inputs
from lateen.api.gateway_names import MESH, gateway_names
from lateen.api.indexes import CAPITAL_HOST
from lateen.check.analyses.subjects import Findings, found, full, listed, service
from lateen.flow import Graph, query
from lateen.registry.service import Resolution, Service
from lateen.values import hosts
from lateen.values.protocol import Protocol
from lateen.values.ref import Ref

MISSED = "LAT0006"
UNSPOKEN = "LAT0009"

_TAKES: Mapping[str, Callable[[Protocol], bool]] = {
    "http": lambda protocol: protocol.is_http or protocol.is_auto,
    "tls": lambda protocol: protocol.is_tls,
    "tcp": lambda protocol: not protocol.is_http and not protocol.is_tls,
}
"""Which ports each list of rules is for."""


@query
def missed(g: Graph, ref: Ref) -> Findings:
    """The hosts of a VirtualService for sidecars that are other names of a service, so that its rules are for these names alone."""
    rule = inputs.resource(g, ref)
    if rule is None or MESH not in gateway_names(rule.spec.gateways, ref.namespace, inputs.domain(g)):
        return ()
    names = [full(g, host, ref.namespace) for host in rule.spec.hosts]
    findings = []
    for index, name in enumerate(names):
        if said := _misses(g, name, ref.namespace, names):
            findings.append(found(ref, ("spec", "hosts", index), MISSED, *said))
    return tuple(findings)


@query
def unspoken(g: Graph, ref: Ref) -> Findings:
    """The lists of rules of a VirtualService for sidecars that are for no port of one of its services."""
    rule = inputs.resource(g, ref)
    if rule is None or MESH not in gateway_names(rule.spec.gateways, ref.namespace, inputs.domain(g)):
        return ()
    findings = []
    for index, host in enumerate(rule.spec.hosts):
        name = full(g, host, ref.namespace)
        declared = service(g, name, ref.namespace)
        if declared is None or declared.host != name or not declared.ports or declared.resolution is Resolution.ALIAS:
            continue
        for field, takes in _TAKES.items():
            if getattr(rule.spec, field) and not any(takes(port.protocol) for port in declared.ports):
                has = listed(f"{port.number} is {port.protocol.value}" for port in declared.ports)
                message = f"the rules under {field} are for no port of {name}: {has}."
                findings.append(found(ref, ("spec", "hosts", index), UNSPOKEN, message, _REMEDY))
    return tuple(findings)


_REMEDY = "Name the port after what it speaks, such as http-web or tcp-db, or write rules for that."


def _misses(g: Graph, name: str, namespace: str, beside: list[str]) -> tuple[str, str] | None:
    """What is to be said of the full name, and what to do; None when nothing is, as where the service is one of the hosts too."""
    if hosts.is_wildcard(name):
        return None
    declared = service(g, name, namespace)
    if declared is None:
        meant = nearly(g, name, namespace)
        if meant is None or meant.host in beside:
            return None
        if meant.host.lower() == name.lower():
            says = f'the rules for "{name}" are for nobody: hosts are compared letter by letter, and requests in either spelling go to {meant.host}.'
        else:
            says = f"{_only(name)} by this very name; {meant.host} is another host to them."
        return says, f'Write "{meant.host}".'
    if declared.host == name and declared.resolution is Resolution.ALIAS:
        says = f"{_only(name)} on port 80, and by this full name; by its shorter ones they go as those to {declared.external_name} do."
        return says, f'Write the rules for "{declared.external_name}", of which it is an alias.'
    return None


def _only(name: str) -> str:
    return f'the rules for "{name}" are for requests that ask for it'


def nearly(g: Graph, name: str, namespace: str) -> Service | None:
    """The service that may have been meant by a name that is none: in other letters, without a dot at the end, or with the rest of its name."""
    for other in (*_meant(name, inputs.domain(g)), *_capital(g, name.lower())):
        declared = service(g, other, namespace)
        if declared is not None and declared.host == other:
            return declared
    return None


def _meant(name: str, domain: str) -> Iterator[str]:
    plain = name.lower().removesuffix(".")
    yield plain
    if len(parts := plain.split(".")) == 2:
        yield f"{plain}.svc.{domain}"
    elif parts[2:] == ["svc"]:
        yield f"{plain}.{domain}"


def _capital(g: Graph, lower: str) -> Iterator[str]:
    for ref in inputs.indexed(g, CAPITAL_HOST, lower):
        entry = inputs.resource(g, ref) if ref.kind == "ServiceEntry" else None
        yield from (host for host in entry.spec.hosts if host.lower() == lower) if entry is not None else ()
