"""Istio's labels of the `istio_*` metrics, made of the few raw ones with which Envoy counts (TE-2, TE-3). Pure: Prometheus text in,
Prometheus text out.

- `destination_peer` and `source_peer`, `workload;namespace;service;revision;cluster`, become `…_workload`, `…_workload_namespace`,
  `…_canonical_service`, `…_canonical_revision` and `…_cluster`.
- `destination_service`, `host;name;namespace`, becomes `destination_service`, `…_service_name` and `…_service_namespace`; where there is
  none, `destination`, a name such as `PassthroughCluster`, does.
- `connection_security_policy`, as the server's side tells it, is `mutual_tls` when the client has shown an identity, else `none`; the
  client's side says `unknown`.
- `request_protocol` is `tcp` for connections, `grpc` for requests with a `grpc_response_status`, else `http`.

The proxy's own workload, which is in no raw label, is given by whoever serves the metrics. What is not known is `unknown`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

PEER_LABELS = ("workload", "workload_namespace", "canonical_service", "canonical_revision", "cluster")
UNKNOWN = "unknown"

_LINE = re.compile(r"^(istio_\w+)\{(.*)\}( \S+.*)$")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"(?:,|$)')
_RAW = frozenset({"destination_peer", "source_peer", "destination_service", "destination"})
_SERVICE_LABELS = ("destination_service", "destination_service_name", "destination_service_namespace")
_SIDES = ("source", "destination")


def own_labels(metadata: Mapping[str, object]) -> dict[str, str]:
    """What a proxy is called in metrics, without `source_` or `destination_`, from its node's metadata (TE-3)."""
    found = metadata.get("LABELS")
    labels: Mapping[str, str] = found if isinstance(found, Mapping) else {}
    workload = str(metadata.get("WORKLOAD_NAME") or metadata.get("NAME") or UNKNOWN)
    named = (labels.get(key) for key in ("service.istio.io/canonical-name", "app.kubernetes.io/name", "app"))
    revised = (labels.get(key) for key in ("service.istio.io/canonical-revision", "app.kubernetes.io/version", "version"))
    return {
        "workload": workload,
        "workload_namespace": str(metadata.get("NAMESPACE") or UNKNOWN),
        "canonical_service": next((each for each in named if each), workload),
        "canonical_revision": next((each for each in revised if each), "latest"),
        "cluster": str(metadata.get("CLUSTER_ID") or UNKNOWN),
        "app": labels.get("app", UNKNOWN),
        "version": labels.get("version", UNKNOWN),
    }


def peer_word(metadata: Mapping[str, object]) -> str:
    """What a proxy tells its peers of itself, of its node's metadata."""
    own = own_labels(metadata)
    return ";".join(own[label] for label in PEER_LABELS)


def as_istio_labels(text: str, own: Mapping[str, str]) -> str:
    """The same metrics with Istio's labels; `own` as `own_labels` gives it. Lines of other metrics are left as they are."""
    return "\n".join(_line(line, own) for line in text.split("\n"))


def _line(line: str, own: Mapping[str, str]) -> str:
    found = _LINE.match(line)
    if found is None:
        return line
    name, labels, rest = found.groups()
    raw = dict(_LABEL.findall(labels))
    if "reporter" not in raw:
        return line
    told = {**_made(raw, own, "tcp" if name.startswith("istio_tcp_") else ""), **{key: raw[key] for key in raw if key not in _RAW}}
    pairs = [f'{key}="{_told(key, value)}"' for key, value in told.items()]
    return f"{name}{{{','.join(pairs)}}}{rest}"


def _told(label: str, value: str) -> str:
    """What is not known is `unknown`; but `-` is how Istio writes no flags, and no status is simply empty."""
    return value if value not in ("", "-") else {"response_flags": "-", "grpc_response_status": ""}.get(label, UNKNOWN)


def _made(raw: Mapping[str, str], own: Mapping[str, str], protocol: str) -> dict[str, str]:
    out: dict[str, str] = {}
    for side in _SIDES:
        if raw["reporter"] == side:
            out.update({f"{side}_{label}": value for label, value in own.items()})
        else:
            out.update(_peer(side, raw.get(f"{side}_peer", "")))
    out.update(_service(raw.get("destination_service", ""), raw.get("destination", "")))
    grpc = raw.get("grpc_response_status", "") not in ("", "-")
    out["request_protocol"] = protocol or ("grpc" if grpc else "http")
    shown = "none" if raw.get("source_principal", "") in ("", "-") else "mutual_tls"
    out["connection_security_policy"] = shown if raw["reporter"] == "destination" else UNKNOWN
    return out


@lru_cache(maxsize=4096)
def _peer(side: str, word: str) -> dict[str, str]:
    """App and version of a peer are its canonical service and revision, for that is all that is told of them."""
    parts = word.split(";")
    told = parts if len(parts) == len(PEER_LABELS) else [UNKNOWN] * len(PEER_LABELS)
    out = {f"{side}_{label}": value or UNKNOWN for label, value in zip(PEER_LABELS, told, strict=True)}
    return {**out, f"{side}_app": out[f"{side}_canonical_service"], f"{side}_version": out[f"{side}_canonical_revision"]}


@lru_cache(maxsize=4096)
def _service(word: str, destination: str) -> dict[str, str]:
    parts = word.split(";")
    known = parts if len(parts) == len(_SERVICE_LABELS) else [destination, destination, UNKNOWN]
    return {label: value or UNKNOWN for label, value in zip(_SERVICE_LABELS, known, strict=True)}
