"""What is called, in an AuthorizationPolicy (AZ-5)."""

from __future__ import annotations

import re

from lateen.api.security.authorization_policy import Operation
from lateen.api.text import Path
from lateen.check import ports
from lateen.check.remark import Remarks, wrong
from lateen.check.security.sources import not_empty

_FIELDS = {"hosts": "hosts", "notHosts": "not_hosts", "methods": "methods", "notMethods": "not_methods", "paths": "paths", "notPaths": "not_paths"}
_ONE, _ANY = "{*}", "{**}"
_LITERAL = re.compile(r"[a-zA-Z0-9\-._~%!$&'()+,;:@=]+")


def operation(operation: Operation, path: Path) -> Remarks:
    """No empty values, ports that are numbers, and templates that can be understood."""
    for field, name in _FIELDS.items():
        yield from not_empty(getattr(operation, name), (*path, field))
    for field, numbers in (("ports", operation.ports), ("notPorts", operation.not_ports)):
        for index, number in enumerate(numbers):
            yield from port(number, (*path, field, index))
    for field, paths in (("paths", operation.paths), ("notPaths", operation.not_paths)):
        for index, each in enumerate(paths):
            if fault := template_fault(each):
                yield wrong((*path, field, index), f'found the path "{each}", {fault}.')


def port(written: str, path: Path) -> Remarks:
    """AZ-5: "exact numbers only"."""
    if not written.isdecimal():
        yield wrong(path, f'found the port "{written}", expected a number from 1 to 65535.')
    else:
        yield from ports.number(int(written), path)


def template_fault(path: str) -> str:
    """What is wrong with a path that has braces (AZ-5: "{*} exactly one non-empty segment, {**} any number; not mixed with *")."""
    if "{" not in path and "}" not in path:
        return ""
    segments = path.strip("/").split("/")
    for index, segment in enumerate(segments):
        if segment in (_ONE, _ANY):
            if segment == _ANY and any(later in (_ONE, _ANY) for later in segments[index + 1 :]):
                return 'expected "{**}" as the last of its templates'
        elif "{" in segment or "}" in segment:
            return 'expected "{*}" or "{**}" as a whole segment'
        elif "*" in segment:
            return 'expected "*" not to be mixed with "{*}" and "{**}"'
        elif not _LITERAL.fullmatch(segment):
            return f'whose segment "{segment}" has characters that a path has not'
    return ""
