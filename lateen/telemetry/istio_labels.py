"""Istio's labels of the `istio_*` metrics, made of the one raw label with which Envoy counts (TE-2, TE-3). Pure: Prometheus text in, Prometheus text
out. The words of that label are in `values.metric_words`.

- `peer` becomes `…_workload`, `…_workload_namespace`, `…_canonical_service`, `…_canonical_revision` and `…_cluster` of the other side.
- `service`, `host;name;namespace`, becomes `destination_service`, `…_service_name` and `…_service_namespace`; of what is no service it is a
  name such as `PassthroughCluster`.
- `connection_security_policy`, as the server's side tells it, is `mutual_tls` when the client has shown an identity, else `none`; the
  client's side says `unknown`.
- `request_protocol` is `tcp` for connections, `grpc` for requests with a `grpc_response_status`, else `http`.

`istio_requests_total` is how many durations were measured, so it is as old as they are: Envoy lays them together every few seconds. The proxy's
own workload and identity, which are in no word, are given by whoever serves the metrics; that it has shown its identity is known by the other side's.
What is not known is `unknown`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from lateen.values.metric_words import CONNECTION, LABEL, REQUEST, words

PEER_LABELS = ("workload", "workload_namespace", "canonical_service", "canonical_revision", "cluster")
UNKNOWN = "unknown"

_LINE = re.compile(rf'^(istio_\w+)\{{{LABEL}="((?:[^"\\]|\\.)*)"(,?.*)\}}( \S+.*)$')
_OF_CONNECTIONS = "istio_tcp_"
_MEASURED, _COUNTED = "istio_request_duration_milliseconds_count", "istio_requests_total"
_SAID = ("response_code", "grpc_response_status", "response_flags")
_SERVICE_LABELS = ("destination_service", "destination_service_name", "destination_service_namespace")
_SIDES = ("source", "destination")


def own_labels(metadata: Mapping[str, object], principal: str = UNKNOWN) -> dict[str, str]:
    """What a proxy is called in metrics, without `source_` or `destination_`, from its node's metadata (TE-3); `principal` is its identity."""
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
        "principal": principal,
    }


def peer_word(metadata: Mapping[str, object]) -> str:
    """What a proxy tells its peers of itself, of its node's metadata."""
    own = own_labels(metadata)
    return ";".join(own[label] for label in PEER_LABELS)


def as_istio_labels(text: str, own: Mapping[str, str]) -> str:
    """The same metrics with Istio's labels; `own` as `own_labels` gives it. Lines of other metrics are left as they are."""
    known = tuple(own.items())
    lines, counted = [], []
    for line in text.split("\n"):
        found = _LINE.match(line)
        labels = _labels(found[2], known, CONNECTION if found[1].startswith(_OF_CONNECTIONS) else REQUEST) if found else ""
        lines.append(f"{found[1]}{{{labels}{found[3]}}}{found[4]}" if found and labels else line)
        if found and labels and found[1] == _MEASURED:
            counted.append(f"{_COUNTED}{{{labels}}}{found[4]}")
    return "\n".join([f"# TYPE {_COUNTED} counter", *counted, *lines] if counted else lines)


@lru_cache(maxsize=4096)
def _labels(label: str, own: tuple[tuple[str, str], ...], order: tuple[str, ...]) -> str:
    """The labels as they stand between the braces; nothing where those are no words of ours."""
    said = words(order, label)
    told = {**_made(said, own), **{name: said[name] for name in _SAID if name in said}} if said else {}
    return ",".join([f'{name}="{_told(name, value)}"' for name, value in told.items()])


def _told(label: str, value: str) -> str:
    """What is not known is `unknown`; but `-` is how Istio writes no flags, and no status is simply empty."""
    return value if value not in ("", "-") else {"response_flags": "-", "grpc_response_status": ""}.get(label, UNKNOWN)


def _made(said: Mapping[str, str], own: tuple[tuple[str, str], ...]) -> dict[str, str]:
    out = {"reporter": said["reporter"]}
    secured = said["principal"] not in ("", "-")
    for side in _SIDES:
        if said["reporter"] == side:
            out |= {f"{side}_{label}": value if secured or label != "principal" else UNKNOWN for label, value in own}
        else:
            out |= {**_peer(side, said["peer"]), f"{side}_principal": said["principal"]}
    out |= _service(said["service"])
    out["request_protocol"] = _protocol(said)
    out["connection_security_policy"] = ("mutual_tls" if secured else "none") if said["reporter"] == "destination" else UNKNOWN
    return out


def _protocol(said: Mapping[str, str]) -> str:
    if "grpc_response_status" not in said:
        return "tcp"
    return "http" if said["grpc_response_status"] in ("", "-") else "grpc"


def _peer(side: str, word: str) -> dict[str, str]:
    """App and version of a peer are its canonical service and revision, for that is all that is told of them."""
    parts = word.split(";")
    told = parts if len(parts) == len(PEER_LABELS) else [UNKNOWN] * len(PEER_LABELS)
    out = {f"{side}_{label}": value or UNKNOWN for label, value in zip(PEER_LABELS, told, strict=True)}
    return {**out, f"{side}_app": out[f"{side}_canonical_service"], f"{side}_version": out[f"{side}_canonical_revision"]}


def _service(word: str) -> dict[str, str]:
    parts = word.split(";")
    known = parts if len(parts) == len(_SERVICE_LABELS) else [word, word, UNKNOWN]
    return {label: value or UNKNOWN for label, value in zip(_SERVICE_LABELS, known, strict=True)}
