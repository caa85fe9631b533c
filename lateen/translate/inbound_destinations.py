"""The destinations that are not services of others: the workload behind the proxy itself (CL-2, LI-22), and those that every proxy has (CL-7).

Calls to the workload go where they were headed, from an address by which capture knows them; a Sidecar's `defaultEndpoint` may name another place.
"""

from __future__ import annotations

import msgspec

from lateen.api import mesh
from lateen.api.mesh_config import InboundTrafficPolicyMode
from lateen.api.networking.destination_rule import ConnectionPoolSettings, TrafficPolicy
from lateen.flow import Graph, query
from lateen.ir import destination as ir
from lateen.ir.destination import Destination, Discovery, Http, Policy
from lateen.ir.endpoints import Assignment, Endpoint, Group
from lateen.ir.tls import MeshTls
from lateen.ir.view import Locality, Perspective
from lateen.registry.service import Instance
from lateen.translate import destination_policy
from lateen.translate.destination_rules import MergedRule, policy_for, rule_for
from lateen.translate.destination_tls import rule_tls
from lateen.translate.statistics_names import statistics_name
from lateen.values.protocol import Protocol
from lateen.values.ref import Ref

UNIX = "unix://"
_NO_MESH = MeshTls("")
_LOCALHOST = {False: "127.0.0.1", True: "::1"}
_EVERY_ADDRESS = ("0.0.0.0", "::")


@query
def passthrough(g: Graph) -> Destination:
    """Wherever the client was headed, for what no rule or service is about."""
    return Destination(ir.PASSTHROUGH, Discovery.ORIGINAL, _policy(g, TrafficPolicy(), Http.CLIENT, ""))


@query
def black_hole(g: Graph) -> Destination:
    """Nowhere: every call to it fails."""
    return Destination(ir.BLACK_HOLE, Discovery.FIXED, _policy(g, TrafficPolicy(), Http.HTTP1, ""), endpoints=Assignment(ir.BLACK_HOLE))


@query
def dynamic_dns(g: Graph) -> Destination:
    """Whatever name the client asks for, looked up by the proxy, where the mesh lets such calls out (CL-7)."""
    told = mesh.outbound_tls(g)
    tls = rule_tls(told, _NO_MESH, (), credentials=False) if told is not None else None
    return Destination(ir.DYNAMIC_DNS, Discovery.FORWARD, _policy(g, TrafficPolicy(), Http.CLIENT, ""), tls=tls)


@query
def inbound_passthrough(g: Graph, address: str) -> Destination:
    """The workload's ports that nobody declares. `address` is one of the workload's, for its family."""
    return Destination(ir.INBOUND_PASSTHROUGH, Discovery.ORIGINAL, _policy(g, TrafficPolicy(), Http.CLIENT, _source(address)))


@query
def inbound(g: Graph, instances: tuple[Instance, ...], pool: ConnectionPoolSettings | None) -> Destination:
    """One port of the workload, served as these (at least one, the oldest service first; all with the same workload port).

    `pool` is what a Sidecar says, None where it says nothing: "Sidecar ingress port pool > Sidecar.inboundConnectionPool > DR(port) > DR > default".
    """
    first = instances[0]
    rule = _rule(g, first)
    settings = TrafficPolicy(connection_pool=pool or policy_for(rule, first.service_port.number, "").connection_pool)
    local = mesh.inbound_mode(g) is InboundTrafficPolicyMode.LOCALHOST
    name, protocol = ir.inbound(first.port), _protocol(first.service_port.protocol)
    return Destination(
        name=name,
        discovery=Discovery.FIXED if local else Discovery.ORIGINAL,
        policy=_policy(g, settings, protocol, "" if local else _source(first.address)),
        endpoints=_only(name, _LOCALHOST[":" in first.address], first.port) if local else None,
        services=_service_names(instances),
        statistics_name=statistics_name(mesh.inbound_cluster_stat_name(g), first.service, first.service_port, "", mesh.domain(g)),
        origins=_origins(instances, rule),
    )


@query
def ingress(
    g: Graph,
    port: int,
    protocol: Protocol,
    endpoint: str,
    address: str,
    pool: ConnectionPoolSettings | None,
    instances: tuple[Instance, ...],
    origin: Ref,
) -> Destination:
    """A port that a Sidecar's ingress listener declares; `endpoint` is its `defaultEndpoint` and `address` the workload's own (CL-2).

    "`defaultEndpoint` 127.0.0.1:p → STATIC localhost, `0.0.0.0:p`" the workload's own address, "empty → as passthrough, unix path". Where the port is
    that of services too, the rule about the oldest counts as it does without a Sidecar.
    """
    name = ir.inbound(port)
    rule = _rule(g, instances[0]) if instances else None
    ruled = policy_for(rule, instances[0].service_port.number, "").connection_pool if rule is not None else None
    where, number = _place(endpoint, address)
    endpoints = _only(name, where, number) if endpoint else None
    source = _source(address) if where in ("", address) else ""
    return Destination(
        name=name,
        discovery=Discovery.FIXED if endpoints is not None else Discovery.ORIGINAL,
        policy=_policy(g, TrafficPolicy(connection_pool=pool or ruled), _protocol(protocol), source),
        endpoints=endpoints,
        services=_service_names(instances),
        origins=(origin, *_origins(instances, rule)),
    )


def _rule(g: Graph, of: Instance) -> MergedRule | None:
    return rule_for(g, Perspective(of.service.namespace), of.service.namespace, of.service.host)


def at(of: Destination, address: str) -> Destination:
    """The port of the workload at this address, where calls are not captured and so were headed for the proxy."""
    if of.discovery is not Discovery.ORIGINAL:
        return of
    policy = msgspec.structs.replace(of.policy, source_address="")
    port = int(of.name.split("|")[1])
    return msgspec.structs.replace(of, discovery=Discovery.FIXED, policy=policy, endpoints=_only(of.name, address, port))


def _place(endpoint: str, address: str) -> tuple[str, int]:
    """Where a `defaultEndpoint` leads: `("", 0)` for wherever the client was headed."""
    if not endpoint:
        return "", 0
    if endpoint.startswith(UNIX):
        return endpoint, 0
    host, _, port = endpoint.rpartition(":")
    bare = host.strip("[]")
    return (address if bare in _EVERY_ADDRESS and address else bare), int(port) if port.isdecimal() else 0


def _only(name: str, address: str, port: int) -> Assignment:
    return Assignment(name, (Group(Locality(), (Endpoint(address, port),), 1),))


def _source(address: str) -> str:
    return ir.INBOUND_SOURCE_V6 if ":" in address else ir.INBOUND_SOURCE


def _protocol(of: Protocol) -> Http:
    if of.is_http2:
        return Http.HTTP2
    return Http.CLIENT if of.is_auto else Http.HTTP1


def _policy(g: Graph, given: TrafficPolicy, protocol: Http, source: str) -> Policy:
    policy = destination_policy.over(mesh.default_traffic_policy(g), given)
    limits = destination_policy.limits(policy, mesh.connect_timeout(g).nanoseconds, None)
    buffer, _ = mesh.cluster_buffers(g)
    return Policy(protocol=protocol, limits=limits, source_address=source, preserve_case=mesh.preserves_case(g), buffer=buffer)


def _service_names(instances: tuple[Instance, ...]) -> tuple[ir.ServiceName, ...]:
    named = (ir.ServiceName(each.service.host, each.service.name, each.service.namespace) for each in instances)
    return tuple(dict.fromkeys(named))


def _origins(instances: tuple[Instance, ...], rule: MergedRule | None) -> tuple[Ref, ...]:
    services = dict.fromkeys(each.service.origin for each in instances)
    return (*services, *(rule.origins if rule is not None else ()))
