"""Gateways beside each other: servers of which only one can have a port and host (IST0145), certificates in common (IST0138), workloads, ports and
credentials that are not there (IST0101, IST0161, IST0162).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lateen.api import inputs
from lateen.api.core.secret import Secret
from lateen.api.networking.gateway import Server, TLSMode
from lateen.api.resource import Resource
from lateen.api.text import Path
from lateen.check.analyses.subjects import Findings, found, knows_workloads, listed, selected, selects_any, why
from lateen.flow import Graph, query
from lateen.registry import instances, workloads
from lateen.registry.service import Labels
from lateen.values.finding import Finding
from lateen.values.protocol import named
from lateen.values.ref import Ref

NOT_FOUND = "IST0101"
SAME_CERTIFICATE = "IST0138"
CONFLICT = "IST0145"
NO_CREDENTIAL = "IST0161"
UNREACHABLE_PORT = "IST0162"

_KIND = "Gateway"
_CHAINS, _KEYS, _ROOTS = ("tls.crt", "cert"), ("tls.key", "key"), ("ca.crt", "cacert")
_ROOTS_SUFFIX = "-cacert"
_CHECKS_CLIENTS = frozenset({TLSMode.MUTUAL, TLSMode.OPTIONAL_MUTUAL})
_PEM = b"-----BEGIN "


@query
def everywhere(g: Graph) -> tuple[Ref, ...]:
    """All Gateways: a workload may be selected from any namespace (GW-1)."""
    return tuple(Ref(_KIND, namespace, name) for namespace in inputs.namespaces(g, _KIND) for name in inputs.names(g, _KIND, namespace))


@query
def ports(g: Graph, ref: Ref) -> frozenset[int]:
    """The ports of a Gateway's servers."""
    gateway = inputs.resource(g, ref)
    return frozenset(server.port.number for server in gateway.spec.servers) if gateway is not None else frozenset()


@query
def on_port(g: Graph, port: int) -> tuple[Ref, ...]:
    """The Gateways with a server on the port."""
    return tuple(ref for ref in everywhere(g) if port in ports(g, ref))


def selector(gateway: Resource[Any]) -> Labels:
    """The labels of a Gateway's workloads."""
    return tuple(sorted(gateway.spec.selector.items()))


@query
def conflicts(g: Graph, ref: Ref) -> Findings:
    """GW-7: "TCP vs HTTP on one port: first (by creation, then name) wins, the other is ignored; TLS hosts duplicate → the later one skipped"."""
    gateway = inputs.resource(g, ref)
    if gateway is None:
        return ()
    findings = []
    for index, server in enumerate(gateway.spec.servers):
        for other, rival in _before(g, gateway, index):
            fault = _excludes(rival, server)
            if fault:
                where = "an earlier server of this Gateway" if other.ref == ref else f"{other.ref}, which {why(other, gateway)},"
                message = f"{where} has {fault} on port {server.port.number} of the same workloads, so this server is left out."
                findings.append(found(ref, ("spec", "servers", index), CONFLICT, message, "Use another port, or other hosts."))
                break
    return tuple(findings)


def _before(g: Graph, gateway: Resource[Any], index: int) -> Iterator[tuple[Resource[Any], Server]]:
    """The servers on the port that come first for the workloads that both Gateways select."""
    server = gateway.spec.servers[index]
    for ref in on_port(g, server.port.number):
        other = gateway if ref == gateway.ref else inputs.resource(g, ref)
        if other is None or (ref != gateway.ref and (inputs.precedence(other) > inputs.precedence(gateway) or not _meet(g, gateway, other))):
            continue
        rivals = other.spec.servers[:index] if ref == gateway.ref else other.spec.servers
        yield from ((other, rival) for rival in rivals if rival.port.number == server.port.number and rival.bind == server.bind)


def _meet(g: Graph, one: Resource[Any], other: Resource[Any]) -> bool:
    first, second = set(selector(one)), set(selector(other))
    return first <= second or second <= first or selects_any(g, tuple(sorted(first | second)))


def _excludes(first: Server, later: Server) -> str:
    """What the first server has so that the later one is left out; empty when both can be."""
    one, other = named(first.port.protocol), named(later.port.protocol)
    if one is None or other is None:
        return ""
    if not (one.is_tls and other.is_tls):
        agree = not one.is_tls and not other.is_tls and one.is_http == other.is_http
        return "" if agree else f"protocol {one.value}"
    taken = _names(first) & _names(later)
    return f"the TLS host{'s' if len(taken) > 1 else ''} {listed(sorted(taken))}" if taken else ""


def _names(server: Server) -> set[str]:
    return {written.rpartition("/")[2].lower() for written in server.hosts}


@query
def absent(g: Graph, ref: Ref) -> Findings:
    """Workloads that the Gateway selects, and services that lead to its ports."""
    gateway = inputs.resource(g, ref)
    if gateway is None or not knows_workloads(g) or not gateway.spec.selector:
        return ()
    labels = selector(gateway)
    if not selects_any(g, labels):
        text = ", ".join(f"{key}: {value}" for key, value in labels)
        return (found(ref, ("spec", "selector"), NOT_FOUND, f'no workload has the labels "{text}".', "Start a gateway with them."),)
    reached = _reached(g, labels)
    if not reached:
        return ()
    return tuple(_unreached(ref, gateway.spec.servers, reached))


@query
def _reached(g: Graph, labels: Labels) -> frozenset[int]:
    """The ports of services that select workloads with these labels."""
    owners = {namespace for kind in workloads.KINDS for namespace in inputs.namespaces(g, kind)}
    found_ports: set[int] = set()
    for namespace in owners:
        for workload in selected(g, namespace, labels):
            served = instances.instances(g, namespace, workload.addresses, workload.labels)
            found_ports.update(number for instance in served for number in (instance.service_port.number, instance.port))
    return frozenset(found_ports)


def _unreached(ref: Ref, servers: tuple[Server, ...], reached: frozenset[int]) -> Iterator[Finding]:
    for index, server in enumerate(servers):
        if server.port.number and server.port.number not in reached:
            have = listed(str(port) for port in sorted(reached))
            message = f"no service of the gateway's workloads has the port {server.port.number}; they have {have}."
            yield found(ref, ("spec", "servers", index, "port", "number"), UNREACHABLE_PORT, message, "Add the port to the Service.")


@query
def certificates(g: Graph, ref: Ref) -> Findings:
    """Credentials that are not there, or none, or those of an older Gateway too."""
    gateway = inputs.resource(g, ref)
    if gateway is None:
        return ()
    return (*_credentials(g, gateway), *_shared(g, gateway))


def _named_credentials(gateway: Resource[Any]) -> Iterator[tuple[Path, str, Server]]:
    for index, server in enumerate(gateway.spec.servers):
        if server.tls is None or server.tls.mode not in {TLSMode.SIMPLE, *_CHECKS_CLIENTS}:
            continue
        path: Path = ("spec", "servers", index, "tls")
        if server.tls.credential_name:
            yield (*path, "credentialName"), server.tls.credential_name, server
        for number, name in enumerate(server.tls.credential_names):
            yield (*path, "credentialNames", number), name, server


def _credentials(g: Graph, gateway: Resource[Any]) -> Iterator[Finding]:
    """GW-9: secrets are of the "same namespace as the gateway workload (not the Gateway object)"."""
    namespaces = _homes(g, selector(gateway)) or (gateway.ref.namespace,)
    for path, name, server in _named_credentials(gateway):
        if "://" in name:
            continue
        for namespace in namespaces:
            ref = Ref("Secret", namespace, name)
            secret = inputs.resource(g, ref)
            if secret is None:
                hint = "Create it there: gateways take credentials from their workloads' own namespace."
                yield found(gateway.ref, path, NOT_FOUND, f"there is no {ref}.", hint)
            elif fault := _fault(g, secret, needs_roots=_needs_roots(server)):
                yield found(gateway.ref, path, NO_CREDENTIAL, f"{ref} {fault}.", "Give it the keys tls.crt and tls.key, in PEM.")


@query
def _homes(g: Graph, labels: Labels) -> tuple[str, ...]:
    """The namespaces in which workloads have these labels."""
    owners = {namespace for kind in workloads.KINDS for namespace in inputs.namespaces(g, kind)}
    return tuple(namespace for namespace in sorted(owners) if selected(g, namespace, labels))


def _needs_roots(server: Server) -> bool:
    return server.tls is not None and server.tls.mode in _CHECKS_CLIENTS and not server.tls.ca_cert_credential_name


def _fault(g: Graph, secret: Resource[Secret], *, needs_roots: bool) -> str:
    for keys in (_CHAINS, _KEYS):
        value = _value(secret, keys)
        if not value:
            return f"has no {keys[0]}"
        if not value.lstrip().startswith(_PEM):
            return f"has a {keys[0]} that is no PEM"
    beside = inputs.resource(g, Ref("Secret", secret.ref.namespace, f"{secret.ref.name}{_ROOTS_SUFFIX}"))
    if needs_roots and not _value(secret, _ROOTS) and (beside is None or not _value(beside, _ROOTS)):
        return f"has no {_ROOTS[0]} to check clients against, and there is no {secret.ref.name}{_ROOTS_SUFFIX}"
    return ""


def _value(secret: Resource[Secret], keys: tuple[str, ...]) -> bytes:
    return next((value for key in keys if (value := secret.spec.value(key))), b"")


def _shared(g: Graph, gateway: Resource[Any]) -> Iterator[Finding]:
    """A browser reuses an HTTP/2 connection for all names of its certificate; it then asks one Gateway for a host of the other."""
    own = {name: path for path, name, _ in _named_credentials(gateway)}
    for ref in everywhere(g) if own else ():
        other = inputs.resource(g, ref)
        if other is None or ref == gateway.ref or inputs.precedence(other) > inputs.precedence(gateway) or not _meet(g, gateway, other):
            continue
        for name in sorted({name for _, name, _ in _named_credentials(other)} & set(own)):
            message = f'the credential "{name}" is that of {ref} too: clients that keep a connection to it may get 404 for hosts of this one.'
            yield found(gateway.ref, own[name], SAME_CERTIFICATE, message, "Make one Gateway of them, or use certificates of their own.")
