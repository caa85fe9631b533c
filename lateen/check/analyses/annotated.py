"""Annotations of Istio's: known ones (IST0108), where they have an effect (IST0107), with values that they can have (IST0125), and such as may change
(IST0136) or go (IST0135). https://istio.io/latest/docs/reference/config/annotations/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from lateen.api import inputs
from lateen.api.schema import did_you_mean
from lateen.check.addresses import is_range
from lateen.check.analyses.subjects import Findings, found, listed
from lateen.check.hosts import is_label
from lateen.check.proxy_settings import annotation_fault
from lateen.flow import Graph, query
from lateen.values.duration import Duration
from lateen.values.finding import Finding
from lateen.values.ref import Ref

MISPLACED = "IST0107"
UNKNOWN = "IST0108"
INVALID = "IST0125"
DEPRECATED = "IST0135"
ALPHA = "IST0136"

SUPPRESS = "galley.istio.io/analyze-suppress"

Fault = Callable[[str], str]
"""What is expected instead of a value; empty when it is right."""


class Stage(StrEnum):
    """How long an annotation is to last."""

    ALPHA = "alpha"
    STABLE = "stable"
    DEPRECATED = "deprecated"


class Annotation(NamedTuple):
    """The kinds of objects that it has an effect on (none: all), how long it is to last, and what its value may be."""

    kinds: tuple[str, ...]
    stage: Stage = Stage.ALPHA
    fault: Fault | None = None


def _boolean(value: str) -> str:
    return "" if value.lower() in ("true", "false", "1", "0", "t", "f") else '"true" or "false"'


def _number(value: str) -> str:
    return "" if value.isdecimal() else "a whole number"


def _port(value: str) -> str:
    return "" if value.isdecimal() and int(value) <= 65535 else "a port from 0 to 65535"


def _each(value: str, is_right: Callable[[str], bool], what: str) -> str:
    words = [word.strip() for word in value.split(",")] if value.strip() else []
    return "" if all(is_right(word) for word in words) else f"a list of {what} with commas between them"


def _ports(value: str) -> str:
    return _each(value, lambda word: word == "*" or _port(word) == "", "ports")


def _ranges(value: str) -> str:
    return _each(value, lambda word: word == "*" or is_range(word), "ranges such as 10.0.0.0/8")


def _namespaces(value: str) -> str:
    return _each(value, lambda word: word in ("*", ".", "~") or is_label(word), 'namespaces, ".", "*" or "~"')


def _duration(value: str) -> str:
    try:
        Duration(value)
    except ValueError:
        return 'a duration such as "5s"'
    return ""


def _quantity(value: str) -> str:
    return "" if _QUANTITY.fullmatch(value) else "a quantity such as 100m or 128Mi"


def _one_of(*words: str) -> Fault:
    return lambda value: "" if value in words else f"one of {', '.join(words)}"


def _wish(value: str) -> str:
    return "" if value.lower() in _WISHES else "one of PreferClose, PreferSameZone, PreferSameNode"


_WISHES = ("preferclose", "prefersamezone", "prefersamenode")
_QUANTITY = re.compile(r"[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?")
_LEVELS = _one_of("trace", "debug", "info", "warning", "warn", "error", "critical", "off")
_POD = ("Pod",)
_GATEWAY = ("KubernetesGateway",)
_ENTRY = ("WorkloadEntry",)


def _of_pods(prefix: str, faults: Mapping[str, Fault | None], stage: Stage = Stage.ALPHA) -> dict[str, Annotation]:
    return {f"{prefix}/{name}": Annotation(_POD, stage, fault) for name, fault in faults.items()}


ANNOTATIONS: Mapping[str, Annotation] = {
    SUPPRESS: Annotation((), Stage.STABLE),
    "istio.io/dry-run": Annotation((), Stage.STABLE),
    "istio.io/rev": Annotation(_POD),
    "inject.istio.io/templates": Annotation(_POD),
    "istio.io/reroute-virtual-interfaces": Annotation(_POD),
    "networking.istio.io/exportTo": Annotation(("Service",), fault=_namespaces),
    "networking.istio.io/traffic-distribution": Annotation(("Service", "ServiceEntry", "Namespace"), fault=_wish),
    "networking.istio.io/service-type": Annotation(_GATEWAY, fault=_one_of("ClusterIP", "NodePort", "LoadBalancer")),
    "networking.istio.io/address-type": Annotation(_GATEWAY),
    "gateway.istio.io/controller-version": Annotation(_GATEWAY),
    "gateway.istio.io/name-override": Annotation(_GATEWAY),
    "gateway.istio.io/service-account": Annotation(_GATEWAY),
    "topology.istio.io/controlPlaneClusters": Annotation(("Namespace",)),
    "prometheus.istio.io/merge-metrics": Annotation(_POD, fault=_boolean),
    "proxy.istio.io/config": Annotation(_POD, Stage.STABLE, annotation_fault),
    "proxy.istio.io/overrides": Annotation(_POD),
    "proxy.istio.io/health-checks-enabled": Annotation(_ENTRY, fault=_boolean),
    **{f"istio.io/{name}": Annotation(_ENTRY) for name in ("autoRegistrationGroup", "workloadController", "connectedAt", "disconnectedAt")},
    **{f"ambient.istio.io/{name}": Annotation(_POD) for name in ("redirection", "bypass-inbound-capture", "dns-capture")},
    "status.sidecar.istio.io/port": Annotation(_POD, fault=_port),
    **_of_pods(
        "readiness.status.sidecar.istio.io",
        {"applicationPorts": _ports, "failureThreshold": _number, "initialDelaySeconds": _number, "periodSeconds": _number},
    ),
    **_of_pods(
        "traffic.sidecar.istio.io",
        {
            **dict.fromkeys(("includeInboundPorts", "excludeInboundPorts", "includeOutboundPorts", "excludeOutboundPorts"), _ports),
            **dict.fromkeys(("includeOutboundIPRanges", "excludeOutboundIPRanges"), _ranges),
            **dict.fromkeys(("excludeInterfaces", "kubevirtInterfaces")),
        },
    ),
    **_of_pods(
        "sidecar.istio.io",
        {
            **dict.fromkeys(("proxyImage", "proxyImageType", "componentLogLevel", "bootstrapOverride", "userVolume", "userVolumeMount", "status")),
            **dict.fromkeys(("statsHistogramBuckets", "statsCompression", "extraStatTags")),
            **dict.fromkeys(("proxyCPU", "proxyCPULimit", "proxyMemory", "proxyMemoryLimit"), _quantity),
            **dict.fromkeys(("logLevel", "agentLogLevel"), _LEVELS),
            **dict.fromkeys(("nativeSidecar", "rewriteAppHTTPProbers", "enableCoreDump"), _boolean),
            **dict.fromkeys(("statsFlushInterval", "statsEvictionInterval"), _duration),
            "interceptionMode": _one_of("REDIRECT", "TPROXY", "NONE"),
        },
    ),
    **_of_pods("sidecar.istio.io", {"inject": _boolean, "controlPlaneAuthPolicy": None, "discoveryAddress": None}, Stage.DEPRECATED),
    **_of_pods("sidecar.istio.io", dict.fromkeys(("statsInclusionPrefixes", "statsInclusionSuffixes", "statsInclusionRegexps")), Stage.DEPRECATED),
}
_INSTEAD = {"sidecar.istio.io/inject": "Write it as a label."}
_FOREIGN = ("install.operator.istio.io", "operator.istio.io", "meshes.istio.io")


@query
def unfit(g: Graph, ref: Ref) -> Findings:
    """What is to be said of the object's annotations."""
    resource = inputs.resource(g, ref)
    return tuple(_each_of(ref, resource.annotations.items())) if resource is not None and resource.annotations else ()


def _each_of(ref: Ref, given: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    for name, value in given:
        domain = name.partition("/")[0]
        if domain.endswith("istio.io") and domain not in _FOREIGN:
            yield from _annotation(ref, name, value)


def _annotation(ref: Ref, name: str, value: str) -> Iterator[Finding]:
    path = ("metadata", "annotations", name)
    known = ANNOTATIONS.get(name)
    if known is None:
        yield found(ref, path, UNKNOWN, f'there is no annotation "{name}".', did_you_mean(name, ANNOTATIONS, 0.85))
    elif known.kinds and ref.kind not in known.kinds:
        yield found(ref, path, MISPLACED, f"{name} has no effect on a {ref.kind}, only on a {listed(known.kinds)}.", "Move it.")
    elif known.fault is not None and (expected := known.fault(value)):
        yield found(ref, path, INVALID, f'found "{value}", expected {expected}.')
    elif known.stage is Stage.DEPRECATED:
        yield found(ref, path, DEPRECATED, f"{name} is deprecated.", _INSTEAD.get(name, "Write it under proxy.istio.io/config."))
    elif known.stage is Stage.ALPHA:
        yield found(ref, path, ALPHA, f"{name} is young, and may yet change.")
