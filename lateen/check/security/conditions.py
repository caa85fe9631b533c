"""`when` in an AuthorizationPolicy: attributes and the values they are compared with (AZ-7)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from lateen.api.security.authorization_policy import Condition
from lateen.api.text import Path
from lateen.check.addresses import address_or_range
from lateen.check.remark import Remarks, wrong
from lateen.check.security.operations import port
from lateen.check.security.sources import service_account

_VALUES: Mapping[str, Callable[[str, Path], Remarks] | None] = {
    "source.ip": address_or_range,
    "remote.ip": address_or_range,
    "source.namespace": None,
    "source.principal": None,
    "source.serviceAccount": service_account,
    "source.trustDomain": None,
    "request.auth.principal": None,
    "request.auth.audiences": None,
    "request.auth.presenter": None,
    "destination.ip": address_or_range,
    "destination.port": port,
    "connection.sni": None,
}
_WITH_NAME = {
    "request.headers": "request.headers[name]",
    "request.auth.claims": "request.auth.claims[name]",
}
_EXPERIMENTAL = "experimental.envoy.filters."
_NAMED = re.compile(r"(\[[^\[\]]+\])+")
_NOT_CUSTOM = frozenset({"source.namespace", "source.principal"})


def condition(when: Condition, path: Path, *, is_custom: bool) -> Remarks:
    """A known key, with values that it can have."""
    yield from _key(when.key, (*path, "key"))
    if is_custom and (when.key in _NOT_CUSTOM or when.key.startswith("request.auth.")):
        yield wrong((*path, "key"), f"{when.key} is not known yet when action CUSTOM is decided.", "Leave it out, and add a DENY policy.")
    if not when.values and not when.not_values:
        yield wrong(path, "neither values nor notValues is given.")
    check = _VALUES.get(when.key)
    if check is not None:
        for field, values in (("values", when.values), ("notValues", when.not_values)):
            for index, value in enumerate(values):
                yield from check(value, (*path, field, index))


def _key(key: str, path: Path) -> Remarks:
    if not key:
        yield wrong(path, "the key is empty.", "Write for instance source.ip.")
    elif key in _VALUES or (key.startswith(_EXPERIMENTAL) and _has_names(key)):
        return
    elif form := next((form for prefix, form in _WITH_NAME.items() if key.startswith(prefix)), None):
        if not _has_names(key):
            yield wrong(path, f'found "{key}", expected {form}.')
    elif key.startswith(_EXPERIMENTAL):
        yield wrong(path, f'found "{key}", expected {_EXPERIMENTAL}<filter>[name].')
    else:
        known = ", ".join((*_VALUES, *_WITH_NAME.values(), f"{_EXPERIMENTAL}<filter>[name]"))
        yield wrong(path, f'there is no attribute "{key}".', f"There are {known}.")


def _has_names(key: str) -> bool:
    start = key.find("[")
    return start > 0 and _NAMED.fullmatch(key[start:]) is not None
