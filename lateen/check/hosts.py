"""Host names: a DNS name (RFC 1123), with a leading `*` where wildcards are meant (N-3)."""

from __future__ import annotations

import re
from functools import lru_cache

from lateen.api.text import Path
from lateen.check.remark import Remarks, wrong
from lateen.values.hosts import is_address

_LABEL = re.compile(r"[a-zA-Z0-9]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?")
_WILDCARD_LABEL = re.compile(r"\*|(\*-?)?[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?")
_LONGEST = 255


def is_label(word: str) -> bool:
    """Whether the word is one label of a DNS name, such as the name of a namespace or of a subset."""
    return _LABEL.fullmatch(word) is not None


def full_name(host: str, path: Path) -> Remarks:
    """A DNS name without any wildcard."""
    if fault := name_fault(host):
        yield wrong(path, fault)


def wildcard_name(host: str, path: Path) -> Remarks:
    """A DNS name, `*`, or a name whose first label is `*`."""
    if fault := wildcard_fault(host):
        yield wrong(path, fault)


def wildcard_name_or_address(host: str, path: Path) -> Remarks:
    """A DNS name with or without wildcard, or an IP address."""
    if not is_address(host):
        yield from wildcard_name(host, path)


def destination(host: str, path: Path) -> Remarks:
    """The host of a destination: anything but `*`."""
    if host == "*":
        yield wrong(path, 'found the host "*", expected the one service to send to.')
    else:
        yield from wildcard_name(host, path)


def scoped(entry: str, path: Path) -> Remarks:
    """The second half of `namespace/host`: a full name, wildcard or address; short names mean nothing there."""
    if entry != "*" and "." not in entry and not is_address(entry):
        yield wrong(path, f'found the short name "{entry}", expected a full name.', f'Write for instance "{entry or "reviews"}.example.com" or "*".')
    else:
        yield from wildcard_name_or_address(entry, path)


@lru_cache(maxsize=8192)
def name_fault(host: str) -> str:
    """What is wrong with a name that has no wildcard; empty when nothing is."""
    if "*" in host:
        return f'found the host "{host}", expected a DNS name without wildcard.'
    return _length_fault(host) or _labels_fault(host, host)


@lru_cache(maxsize=8192)
def wildcard_fault(host: str) -> str:
    """What is wrong with a name whose first label may be `*`; empty when nothing is."""
    first, dot, rest = host.partition(".")
    if "*" in rest or first.count("*") > 1 or ("*" in first and not first.startswith("*")):
        return f'found the host "{host}", expected "*" only as its first label.'
    if fault := _length_fault(host):
        return fault
    if not first.startswith("*"):
        return _labels_fault(host, host)
    if not _WILDCARD_LABEL.fullmatch(first):
        return _label_fault(host, first)
    return _labels_fault(host, rest) if dot else ""


def _length_fault(host: str) -> str:
    if not host:
        return "the host is empty, expected a DNS name."
    return f'found a host of {len(host)} characters, expected at most {_LONGEST}: "{host[:40]}…".' if len(host) > _LONGEST else ""


def _labels_fault(host: str, part: str) -> str:
    labels = part.split(".")
    if labels[-1].isdecimal():
        return f'found the host "{host}", expected a DNS name; its last label "{labels[-1]}" is a number.'
    if labels[-1] == "" and len(labels) > 1:
        labels.pop()
    wrong_label = next((label for label in labels if not _LABEL.fullmatch(label)), None)
    return "" if wrong_label is None else _label_fault(host, wrong_label)


def _label_fault(host: str, label: str) -> str:
    if not label:
        return f'found the host "{host}", expected a DNS name, without an empty label.'
    if len(label) > 63:
        return f'found the host "{host}", expected a DNS name; its label "{label}" is longer than 63 characters.'
    return f'found the host "{host}", expected a DNS name; its label "{label}" is not letters and digits with "-" only inside.'
