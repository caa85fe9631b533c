"""What a Sidecar's import patterns, `namespace/host`, say of one host of one namespace (SC-1, SC-3, SC-4). Pure functions.

"Entries without a prefix are imported as before, and `~`-prefixed entries subtract from them: `~ns1/*` excludes all hosts in `ns1`, and `~/foo.com`
excludes `foo.com` from every namespace" (https://istio.io/latest/news/releases/1.31.x/announcing-1.31/change-notes/).
"""

from __future__ import annotations

from collections.abc import Iterator

from lateen.values import hosts

Words = tuple[str, ...]

_EXCLUDING = "~"
_EVERY = "*"
_OWN = "."


def is_excluded(patterns: Words, namespace: str, owner: str, host: str) -> bool:
    """Whether the patterns of a Sidecar of `namespace` take away the host, a wildcard perhaps, as `owner` speaks of it."""
    excluding = (pattern.removeprefix(_EXCLUDING).strip() for pattern in patterns if pattern.startswith(_EXCLUDING))
    return any(hosts.is_subset(host, name) for name in _names(excluding, namespace, owner))


def admits_rule_of(patterns: Words, namespace: str, owner: str, host: str) -> bool:
    """Whether they admit a rule of `owner` for the sake of this host of it; a wildcard import admits exact hosts and the other way round."""
    wanted = (pattern for pattern in patterns if not pattern.startswith(_EXCLUDING))
    named = any(hosts.matches(host, name) for name in _names(wanted, namespace, owner))
    return named and not is_excluded(patterns, namespace, owner, host)


def _names(patterns: Iterator[str], namespace: str, owner: str) -> Iterator[str]:
    """The hosts of those patterns that are about the namespace `owner`; one that names none is about all."""
    for pattern in patterns:
        of, _, name = pattern.partition("/")
        if of in ("", _EVERY, owner) or (of == _OWN and owner == namespace):
            yield name
