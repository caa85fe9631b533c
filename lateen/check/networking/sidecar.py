"""Sidecar: what is refused, and what is warned of."""

from __future__ import annotations

from lateen.api.networking.gateway import ServerTLSSettings, TLSMode
from lateen.api.networking.sidecar import (
    CaptureMode,
    IstioEgressListener,
    IstioIngressListener,
    OutboundTrafficPolicy,
    OutboundTrafficPolicyMode,
    Sidecar,
    SidecarPort,
)
from lateen.api.resource import Resource
from lateen.api.text import Path
from lateen.check import addresses, hosts, ports
from lateen.check.labels import selector
from lateen.check.networking.connection_pool import connection_pool
from lateen.check.networking.scoped_hosts import sidecar_host
from lateen.check.networking.server_tls import server_tls
from lateen.check.remark import Remarks, doubtful, wrong

_LOCAL = frozenset({"", "127.0.0.1", "0.0.0.0", "[::1]", "[::]"})


def sidecar(of: Resource[Sidecar]) -> Remarks:
    """Something must be said; listeners have ports of their own, and one egress listener at most has none."""
    spec = of.spec
    if spec.workload_selector is not None:
        yield from selector(spec.workload_selector.labels, ("spec", "workloadSelector", "labels"))
    if not (spec.ingress or spec.egress) and spec.outbound_traffic_policy is None and spec.inbound_connection_pool is None:
        yield wrong(("spec",), "the Sidecar says nothing.", "Give ingress, egress, outboundTrafficPolicy or inboundConnectionPool.")
    yield from _ingresses(spec)
    yield from connection_pool(spec.inbound_connection_pool, ("spec", "inboundConnectionPool"))
    yield from _egresses(spec, of.ref.namespace)
    if spec.outbound_traffic_policy is not None:
        yield from _outbound(spec.outbound_traffic_policy, ("spec", "outboundTrafficPolicy"))


def _ingresses(spec: Sidecar) -> Remarks:
    seen: set[int] = set()
    for index, listener in enumerate(spec.ingress):
        path = ("spec", "ingress", index)
        if listener.port.number in seen:
            yield wrong((*path, "port", "number"), f"the port {listener.port.number} is given twice.")
        seen.add(listener.port.number)
        yield from _ingress(listener, path)


def _ingress(listener: IstioIngressListener, path: Path) -> Remarks:
    yield from _port(listener.port, (*path, "port"))
    yield from ports.number(listener.port.number, (*path, "port", "number"))
    if listener.bind:
        yield from addresses.address(listener.bind, (*path, "bind"))
    if listener.default_endpoint:
        yield from _endpoint(listener.default_endpoint, (*path, "defaultEndpoint"))
    if listener.tls is not None:
        yield from _ingress_tls(listener, listener.tls, (*path, "tls"))
    yield from connection_pool(listener.connection_pool, (*path, "connectionPool"))
    spoken = ports.spoken(listener.port.protocol)
    if listener.connection_pool is not None and listener.connection_pool.http is not None and spoken is not None and not spoken.is_http:
        yield doubtful((*path, "connectionPool", "http"), f"http has no effect on a port of protocol {spoken.value}.")


def _port(port: SidecarPort, path: Path) -> Remarks:
    if port.name:
        yield from ports.name(port.name, (*path, "name"))
    yield from ports.protocol_or_none(port.protocol, (*path, "protocol"))
    if port.target_port:
        yield wrong((*path, "targetPort"), "targetPort has no effect on a Sidecar.", "Leave it out.")


def _endpoint(endpoint: str, path: Path) -> Remarks:
    """CL-2: the application is on this host, or the call goes to where it was headed."""
    if endpoint.startswith(addresses.UNIX):
        yield from addresses.unix_socket(endpoint, path)
        return
    host, _, port = endpoint.rpartition(":")
    if host not in _LOCAL or not port.isdecimal():
        expected = "127.0.0.1:port, 0.0.0.0:port, [::1]:port, [::]:port or unix:///path"
        yield wrong(path, f'found "{endpoint}", expected {expected}.')
    else:
        yield from ports.number(int(port), path)


def _ingress_tls(listener: IstioIngressListener, tls: ServerTLSSettings, path: Path) -> Remarks:
    """SC-5: a sidecar terminates TLS with files only."""
    for field, is_given in (
        ("credentialName", bool(tls.credential_name)),
        ("credentialNames", bool(tls.credential_names)),
        ("httpsRedirect", tls.https_redirect),
        ("subjectAltNames", bool(tls.subject_alt_names)),
    ):
        if is_given:
            yield wrong((*path, field), f"{field} does not work at a sidecar.", "Give files." if field.startswith("credential") else "Leave it out.")
    if tls.mode in (TLSMode.ISTIO_MUTUAL, TLSMode.AUTO_PASSTHROUGH):
        yield wrong((*path, "mode"), f"found {tls.mode.value}, expected SIMPLE, MUTUAL or OPTIONAL_MUTUAL at a sidecar.")
    spoken = ports.spoken(listener.port.protocol)
    if spoken is not None and not spoken.is_tls:
        yield wrong(path, f"tls is given, but protocol {spoken.value} is in the clear.", "Use protocol HTTPS or TLS, or leave tls out.")
    yield from server_tls(tls, path)


def _egresses(spec: Sidecar, namespace: str) -> Remarks:
    seen: set[tuple[int, str]] = set()
    last = len(spec.egress) - 1
    for index, listener in enumerate(spec.egress):
        path = ("spec", "egress", index)
        if listener.port is None:
            if listener.bind:
                yield doubtful((*path, "bind"), "bind has no effect without a port.", "Give the listener a port.")
            if index != last:
                message = "a listener without port takes all other ports, so it must be the last and the only one."
                yield wrong(path, message, "Give it a port, or move it.")
        else:
            place = (listener.port.number, listener.bind if listener.port.number == 0 else "")
            if place in seen:
                yield wrong((*path, "port"), f"the port {listener.port.number} is given twice." if place[0] else f"{listener.bind} is given twice.")
            seen.add(place)
            yield from _egress_port(listener, listener.port, path)
        yield from _egress_hosts(listener, namespace, (*path, "hosts"))


def _egress_port(listener: IstioEgressListener, port: SidecarPort, path: Path) -> Remarks:
    yield from _port(port, (*path, "port"))
    if port.number:
        yield from ports.number(port.number, (*path, "port", "number"))
        if listener.bind:
            yield from addresses.address(listener.bind, (*path, "bind"))
        return
    if not listener.bind.startswith(addresses.UNIX):
        yield wrong((*path, "port", "number"), "the port is 0, expected 1 to 65535, or a Unix socket in bind.")
    else:
        yield from addresses.unix_socket(listener.bind, (*path, "bind"))
    if listener.capture_mode is CaptureMode.IPTABLES:
        yield wrong((*path, "captureMode"), "found IPTABLES, expected DEFAULT or NONE: what goes to a socket is never captured.")


def _egress_hosts(listener: IstioEgressListener, namespace: str, path: Path) -> Remarks:
    if not listener.hosts:
        yield wrong(path, "there are no hosts, expected at least one.", 'Write hosts: ["./*"] for the own namespace.')
    seen: set[tuple[str, str]] = set()
    for index, written in enumerate(listener.hosts):
        yield from sidecar_host(written, (*path, index))
        place, _, host = written.partition("/")
        entry = (namespace if place == "." else place, host)
        if entry in seen or (entry[0], "*") in seen:
            yield doubtful((*path, index), f'the host "{written}" is named already.')
        seen.add(entry)
    if ("*", "*") in seen and len(seen) > 1:
        yield doubtful(path, '"*/*" means every host, so the others have no effect.', 'Leave out "*/*" or the others.')


def _outbound(policy: OutboundTrafficPolicy, path: Path) -> Remarks:
    if policy.mode is OutboundTrafficPolicyMode.ALLOW_ANY_DYNAMIC_DNS:
        yield wrong((*path, "mode"), "found ALLOW_ANY_DYNAMIC_DNS, expected REGISTRY_ONLY or ALLOW_ANY.", "Say it for the mesh, in MeshConfig.")
    proxy = policy.egress_proxy
    if proxy is None:
        return
    if policy.mode is not OutboundTrafficPolicyMode.ALLOW_ANY:
        yield wrong((*path, "egressProxy"), f"egressProxy is given with mode {policy.mode.value}, expected ALLOW_ANY.")
    yield from hosts.full_name(proxy.host, (*path, "egressProxy", "host"))
    if proxy.port is None:
        yield wrong((*path, "egressProxy"), 'the field "port" is missing.', "Write port: {number: 80}.")
    else:
        yield from ports.number(proxy.port.number, (*path, "egressProxy", "port", "number"))
    if proxy.subset and not hosts.is_label(proxy.subset):
        yield wrong((*path, "egressProxy", "subset"), f'found the subset "{proxy.subset}", expected letters and digits with "-" only inside.')
