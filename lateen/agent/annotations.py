"""What Istio's annotations `traffic.sidecar.istio.io/…` on a workload say of capture (AG-11). Pure.

`*` is everything and an empty text nothing, where something is included; lists are separated by commas.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_network

import msgspec

from lateen.agent.capture import Capture

_PREFIX = "traffic.sidecar.istio.io/"
_EVERYTHING = "*"
_PORTS: Mapping[str, str] = {
    f"{_PREFIX}includeInboundPorts": "inbound",
    f"{_PREFIX}excludeInboundPorts": "not_inbound",
    f"{_PREFIX}includeOutboundPorts": "outbound",
    f"{_PREFIX}excludeOutboundPorts": "not_outbound",
}
_RANGES: Mapping[str, str] = {
    f"{_PREFIX}includeOutboundIPRanges": "outbound_ranges",
    f"{_PREFIX}excludeOutboundIPRanges": "not_outbound_ranges",
}
_NOTHING: Mapping[str, str] = {"inbound": "takes_inbound", "outbound_ranges": "takes_outbound"}
"""The lists of which an empty text is not the same as none."""


def captured(usual: Capture, annotations: Mapping[str, str]) -> Capture:
    """What is captured of a workload with these annotations; one that cannot be read changes nothing."""
    said: dict[str, object] = {}
    for name, field in (*_PORTS.items(), *_RANGES.items()):
        text = annotations.get(name)
        if text is None or text.strip() == _EVERYTHING or _mistake(name, text):
            continue
        words = _words(text)
        said[field] = tuple(int(word) for word in words) if name in _PORTS else words
        if not words and field in _NOTHING:
            said[_NOTHING[field]] = False
    return msgspec.structs.replace(usual, **said)


def unreadable(annotations: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The annotations of this sort that cannot be read, each with a sentence."""
    for name in (*_PORTS, *_RANGES):
        text = annotations.get(name, _EVERYTHING)
        if text.strip() != _EVERYTHING and (wrong := _mistake(name, text)):
            yield name, wrong


def _mistake(name: str, text: str) -> str:
    is_fine, wanted = (_is_port, "ports from 1 to 65535") if name in _PORTS else (_is_range, "networks such as 10.0.0.0/8")
    wrong = next((word for word in _words(text) if not is_fine(word)), "")
    return f'"{wrong}" was found, expected {wanted} with commas between them, or "{_EVERYTHING}".' if wrong else ""


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _is_port(word: str) -> bool:
    return word.isdecimal() and 0 < int(word) < 65536


def _is_range(word: str) -> bool:
    try:
        return ip_network(word, strict=False).version == 4
    except ValueError:
        return False
