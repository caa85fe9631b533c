"""Words that Gateway API's definitions bound by patterns: names, hosts, kinds, header names; and lists that have a bound on their length."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from lateen.api.schema import either
from lateen.api.text import Path
from lateen.check.remark import Remarks, wrong
from lateen.values.hosts import is_address

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_WILDCARD = re.compile(rf"(\*\.)?{_LABEL}(\.{_LABEL})*")
_KIND = re.compile(r"[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?")
_LONGEST_NAME = 253


def hostnames(given: Sequence[str], path: Path) -> Remarks:
    """At most 16 DNS names in lower case, with `*.` before them or not, and no addresses."""
    yield from at_most(16, given, path)
    for index, host in enumerate(given):
        yield from hostname(host, (*path, index))


def hostname(host: str, path: Path) -> Remarks:
    """A DNS name in lower case, with `*.` before it or not, and no address."""
    if host == "*":
        yield wrong(path, 'found the host "*", expected a name.', "Leave it out to mean every host.")
    else:
        yield from _name(host, path, _WILDCARD, "a DNS name in lower case, with or without *. before it")


def precise_hostname(host: str, path: Path) -> Remarks:
    """A DNS name in lower case."""
    yield from _name(host, path, _NAME, "a DNS name in lower case, without wildcard")


def _name(host: str, path: Path, pattern: re.Pattern[str], expected: str) -> Remarks:
    if is_address(host):
        yield wrong(path, f'found the address "{host}", expected a host name.')
    elif not pattern.fullmatch(host) or len(host) > _LONGEST_NAME:
        yield wrong(path, f'found the host "{host}", expected {expected}.')


def section(name: str, path: Path) -> Remarks:
    """The name of a listener or of a rule."""
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        yield wrong(path, f'found the name "{name}", expected at most {_LONGEST_NAME} lower-case letters, digits, "-" and ".".')


def reference(group: str, kind: str, name: str, path: Path) -> Remarks:
    """The parts of a reference; empty ones have been left out, but for the name."""
    if group and not _NAME.fullmatch(group):
        yield wrong((*path, "group"), f'found the group "{group}", expected a DNS name in lower case, or nothing for Kubernetes\' own kinds.')
    if kind and not _KIND.fullmatch(kind):
        yield wrong((*path, "kind"), f'found the kind "{kind}", expected letters and digits with "-" only inside.')
    if not name:
        yield wrong((*path, "name"), "the name is empty.")


def namespace(name: str, path: Path) -> Remarks:
    """A namespace, or nothing for the own one."""
    if name and (not re.fullmatch(_LABEL, name) or len(name) > 63):
        yield wrong((*path, "namespace"), f'found the namespace "{name}", expected at most 63 lower-case letters, digits and "-".')


def one_of(word: str, words: Sequence[str], path: Path, what: str) -> Remarks:
    """A word of a closed list."""
    if word not in words:
        yield wrong(path, f'found the {what} "{word}", expected {either(words)}.')


def at_most(bound: int, given: Sequence[object] | Mapping[str, object], path: Path) -> Remarks:
    """A list of bounded length."""
    if len(given) > bound:
        yield wrong(path, f"found {len(given)} entries, expected at most {bound}.")


def at_least_one(given: Sequence[object], path: Path, what: str) -> Remarks:
    """A list that may not be empty."""
    if not given:
        yield wrong(path, f"there are no {what}, expected at least one.")


def unique(names: Iterable[str], path: Path, field: str, what: str) -> Remarks:
    """Entries of distinct names; empty ones have none."""
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name and name in seen:
            yield wrong((*path, index, field), f'the {what} "{name}" is given twice.', "Name one of them differently.")
        seen.add(name)


def within(number: int | None, least: int, most: int, path: Path) -> Remarks:
    """A number within bounds; None passes."""
    if number is not None and not least <= number <= most:
        yield wrong(path, f"found {number}, expected {least} to {most}.")
