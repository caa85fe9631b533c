"""Labels, and selectors made of them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lateen.api.text import Path
from lateen.check.remark import Remarks, doubtful, wrong

_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_KEY = 'at most 63 letters, digits, "-", "_" and ".", behind a DNS name and "/" or not'
_PREFIX = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


def labels(given: Mapping[str, str], path: Path) -> Remarks:
    """Keys `[prefix/]name` and values, as Kubernetes has them."""
    for key, value in given.items():
        if not _is_key(key):
            yield wrong((*path, key), f'found the label "{key}", expected {_KEY}.')
        if value and not _NAME.fullmatch(value):
            yield wrong((*path, key), f'found the label value "{value}", expected at most 63 letters, digits, "-", "_" and ".".')


def annotation_keys(given: Mapping[str, str], path: Path) -> Remarks:
    """Keys as those of labels, in any case; values are anything."""
    for key in given:
        if not _is_key(key.lower()):
            yield wrong((*path, key), f'found the annotation "{key}", expected {_KEY}.')


def _is_key(key: str) -> bool:
    prefix, slash, name = key.rpartition("/")
    if slash and (not _PREFIX.fullmatch(prefix) or len(prefix) > 253):
        return False
    return _NAME.fullmatch(name) is not None


def selector(given: Mapping[str, str] | None, path: Path) -> Remarks:
    """Labels that workloads must carry: no wildcards, no empty keys; without any label it means all workloads. None passes."""
    if given is None:
        return
    if not given:
        yield doubtful(path, "the selector has no labels, so it selects all workloads.", "Leave it out if that is meant.")
    for key, value in given.items():
        if not key:
            yield wrong((*path, key), "a label of the selector has an empty key.")
        if "*" in key or "*" in value:
            yield wrong((*path, key), f'found "{key}: {value}", expected labels without wildcard.')
