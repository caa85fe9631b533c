"""The one label with which Envoy counts for `istio_*`: words in a fixed order, with a space between them.

Envoy makes each label of each metric anew for each request, so that one label of seven words costs less than half of what seven labels cost. Who
tells Envoy to write it (`render.metrics`) and who makes Istio's labels of it (`telemetry.istio_labels`) agree here. No word holds a space but
perhaps `peer`, which a client's agent may say as it likes: so it is the last.
"""

from __future__ import annotations

LABEL = "words"

CONNECTION = ("reporter", "principal", "service", "response_flags", "peer")
"""The words of metrics of connections. `reporter` is `source` or `destination`; `principal` is the identity that the other side has shown; `service`
is `host;name;namespace`, or the name of where it went; `peer`, the workload on the other side, is `name;namespace;canonical name;canonical
revision;cluster`.
"""
REQUEST = ("reporter", "principal", "service", "response_code", "grpc_response_status", "response_flags", "peer")
"""The words of metrics of requests."""


def label(order: tuple[str, ...], words: dict[str, str]) -> str:
    """The words in their order; one that is not given is empty."""
    return " ".join([words.get(name, "") for name in order])


def words(order: tuple[str, ...], label: str) -> dict[str, str]:
    """The words of a label by their names; none where it has too few."""
    said = label.split(" ", len(order) - 1)
    return dict(zip(order, said, strict=True)) if len(said) == len(order) else {}
