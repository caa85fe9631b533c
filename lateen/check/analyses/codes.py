"""What analyses may say, as a table: codes, their names and how bad they are. Istio's where it has one
(https://istio.io/latest/docs/reference/config/analysis/), ours (`LAT…`) for what Istio decides in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from lateen.values.finding import Severity

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO


class Code(NamedTuple):
    """A code with its name and level, and what it means in one sentence."""

    code: str
    name: str
    severity: Severity
    meaning: str


_TABLE = (
    Code("IST0001", "InternalError", _E, "An analysis failed, which is a mistake in Lateen."),
    Code("IST0002", "Deprecated", _W, "What is written still works, but has a better form."),
    Code("IST0101", "ReferencedResourceNotFound", _E, "What an object names does not exist."),
    Code("IST0106", "SchemaValidationError", _E, "An object is not as its schema and the rules of its kind want it."),
    Code("IST0107", "MisplacedAnnotation", _W, "An annotation has no effect on objects of this kind."),
    Code("IST0108", "UnknownAnnotation", _W, "Nobody knows an annotation of Istio's by this name."),
    Code("IST0109", "ConflictingMeshGatewayVirtualServiceHosts", _E, "An older VirtualService has a host at the sidecars."),
    Code("IST0110", "ConflictingSidecarWorkloadSelectors", _E, "An older Sidecar selects a workload."),
    Code("IST0111", "MultipleSidecarsWithoutWorkloadSelectors", _E, "An older Sidecar is for all workloads of the namespace."),
    Code("IST0112", "VirtualServiceDestinationPortSelectorRequired", _E, "A destination has several ports, and none is named."),
    Code(
        "IST0118",
        "PortNameIsNotUnderNamingConvention",
        _I,
        "The name of a service's port tells no protocol, so it is found out from the first bytes.",
    ),
    Code("IST0125", "InvalidAnnotation", _W, "An annotation has a value that it cannot have."),
    Code("IST0127", "NoMatchingWorkloadsFound", _W, "A selector fits no workload."),
    Code("IST0128", "NoServerCertificateVerificationDestinationLevel", _W, "TLS is begun, and the server is held against no roots of one's own."),
    Code("IST0129", "NoServerCertificateVerificationPortLevel", _W, "The same, for one port."),
    Code("IST0130", "VirtualServiceUnreachableRule", _W, "A rule is never reached."),
    Code("IST0131", "VirtualServiceIneffectiveMatch", _I, "A match has no effect."),
    Code("IST0132", "VirtualServiceHostNotFoundInGateway", _W, "No server of the gateways has a host."),
    Code("IST0133", "SchemaWarning", _W, "What is written is accepted, but hardly what was meant."),
    Code("IST0134", "ServiceEntryAddressesRequired", _W, "Without addresses, a TCP port takes all connections to that port."),
    Code("IST0135", "DeprecatedAnnotation", _I, "An annotation will go."),
    Code("IST0136", "AlphaAnnotation", _I, "An annotation may yet change."),
    Code("IST0137", "DeploymentConflictingPorts", _W, "An older service has a workload's port."),
    Code("IST0138", "GatewayDuplicateCertificate", _W, "Clients may reuse a connection to one Gateway for the other."),
    Code("IST0140", "IngressRouteRulesNotAffected", _W, "Requests through an Ingress do not go by the rules of a VirtualService for sidecars."),
    Code("IST0145", "ConflictingGateways", _E, "Another server has a port and host of the same gateway workloads."),
    Code("IST0149", "JwtClaimBasedRoutingWithoutRequestAuthN", _E, "Routes look at claims that nobody checks."),
    Code("IST0150", "ExternalNameServiceTypeInvalidPortName", _W, "Connections to a port of an ExternalName service may not be passed on."),
    Code("IST0151", "EnvoyFilterUsesRelativeOperation", _W, "A patch stands beside what another may bring later."),
    Code("IST0152", "EnvoyFilterUsesReplaceOperationIncorrectly", _E, "REPLACE is for filters only."),
    Code("IST0153", "EnvoyFilterUsesAddOperationIncorrectly", _E, "ADD has no effect there."),
    Code("IST0154", "EnvoyFilterUsesRemoveOperationIncorrectly", _E, "REMOVE has no effect there."),
    Code("IST0155", "EnvoyFilterUsesRelativeOperationWithProxyVersion", _W, "A relative patch depends on the version of proxies."),
    Code("IST0157", "InvalidTelemetryProvider", _W, "Telemetry goes nowhere, for no provider is named."),
    Code("IST0159", "ConflictingTelemetryWorkloadSelectors", _E, "An older Telemetry selects a workload."),
    Code("IST0160", "MultipleTelemetriesWithoutWorkloadSelectors", _E, "An older Telemetry is for all workloads of the namespace."),
    Code("IST0161", "InvalidGatewayCredential", _E, "A Secret is no credential of a gateway."),
    Code("IST0162", "GatewayPortNotDefinedOnService", _W, "No service leads to a port of a gateway."),
    Code("IST0165", "ReferencedInternalGateway", _W, "A Gateway is named that the mesh makes for itself."),
    Code("IST0166", "IneffectiveSelector", _W, "A selector cannot choose workloads of Kubernetes' Gateways."),
    Code("IST0173", "DestinationRuleSubsetNotSelectPods", _E, "A subset has no endpoints."),
    Code("IST0174", "UnknownDestinationRuleHost", _W, "A DestinationRule is for no service."),
    Code("IST0177", "ConflictingServiceEntryProtocol", _W, "An older ServiceEntry says another protocol of the same host and port."),
    Code("LAT0001", "ConflictingListener", _W, "An older service has an address and port at the sidecars."),
    Code("LAT0002", "ConflictingServiceHost", _W, "Another object declares a host, and is the one that counts."),
    Code("LAT0003", "DestinationRuleNotMerged", _W, "An older DestinationRule has what this one says."),
    Code("LAT0004", "IneffectivePeerAuthentication", _W, "Another PeerAuthentication has its place, or it is where it does not count."),
    Code("LAT0005", "EnvoyFilterPatchLeftOut", _W, "Envoy could not take what comes of a patch, so it is left out."),
    Code("LAT0006", "VirtualServiceMissesService", _W, "A host of a VirtualService is nearly that of a service, and the rules are not for it."),
    Code("LAT0007", "ExternalNameInCircle", _W, "The name that a service stands for leads in a circle."),
    Code("LAT0008", "ZonesWithoutSelfDiscovery", _W, "Calls are to be kept in a zone by proxies that do not know where their peers are."),
    Code("LAT0009", "VirtualServiceWithoutPort", _W, "Rules are for a protocol that no port of the service speaks."),
)

CODES: Mapping[str, Code] = {each.code: each for each in _TABLE}
