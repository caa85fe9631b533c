"""The small tests of `ir.match` and `ir.policy`, evaluated: texts, headers, parameters, claims, networks, path templates.

Each function answers as the proxy would that is told the same value; the words for people stand beside it. What may not enter: which object a
test comes from, and what follows from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any

import re2

from lateen.ir.match import Claim, Header, Manner, Parameter, Path, PathManner, Text

_COMPARED: Mapping[Manner, Callable[[bytes, bytes], bool]] = {
    Manner.EXACT: bytes.__eq__,
    Manner.PREFIX: lambda found, wanted: found.startswith(wanted),
    Manner.SUFFIX: lambda found, wanted: found.endswith(wanted),
    Manner.CONTAINS: lambda found, wanted: wanted in found,
}
_WORDS = {
    Manner.EXACT: '"{}"',
    Manner.PREFIX: 'something that begins with "{}"',
    Manner.SUFFIX: 'something that ends with "{}"',
    Manner.CONTAINS: 'something that contains "{}"',
    Manner.REGEX: 'something that fits the pattern "{}"',
}
_SEGMENT = r"[a-zA-Z0-9\-._~%!$&'()+,;:@=]"


def fits(text: Text, value: str) -> bool:
    """Whether the value passes. Case is that of ASCII; a regular expression has to fit all of it, and one that is none fits nothing."""
    if text.manner is Manner.REGEX:
        return matches_whole(text.value, value)
    found, wanted = value.encode(), text.value.encode()
    return _COMPARED[text.manner](found.lower(), wanted.lower()) if text.ignore_case else _COMPARED[text.manner](found, wanted)


def matches_whole(pattern: str, value: str) -> bool:
    """Whether RE2 matches the whole value."""
    compiled = _compiled(pattern)
    return compiled is not None and compiled.fullmatch(value) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error:
        return None


def wording(text: Text) -> str:
    """The test in words: `"abc"`, `something that begins with "abc"`."""
    if text.manner is Manner.REGEX and text.value in (".+", ".*"):
        return "anything" if text.value == ".*" else "anything that is not empty"
    return _WORDS[text.manner].format(text.value)


def header_fits(header: Header, value: str | None) -> bool:
    """Whether a header of this value passes, None being none.

    A missing header fails every comparison, turned round or not, unless it counts as empty.
    """
    if value is None and header.absent_is_empty:
        value = ""
    if header.text is None:
        return (value is not None) is not header.inverted
    return value is not None and fits(header.text, value) is not header.inverted


def parameter_fits(parameter: Parameter, query: Iterable[tuple[str, str]]) -> bool:
    """Whether a query passes: of a parameter that is there more than once the first counts."""
    found = next((value for name, value in query if name == parameter.name), None)
    return found is not None and (parameter.text is None or fits(parameter.text, found))


def path_fits(path: Path, value: str) -> bool:
    """Whether a path without its query passes."""
    if path.fits_all:
        return True
    if path.manner is PathManner.REGEX:
        return matches_whole(path.value, value)
    found, wanted = (value.lower(), path.value.lower()) if path.ignore_case else (value, path.value)
    if path.manner is PathManner.EXACT:
        return found == wanted
    if path.manner is PathManner.SEGMENTS and not wanted.endswith("/"):
        return found == wanted or found.startswith(f"{wanted}/")
    return found.startswith(wanted)


def claim_fits(claim: Claim, claims: Mapping[str, Any]) -> bool:
    """Whether the claims pass; only texts and lists of texts can be compared."""
    return _claim_value_fits(claim, claim_value(claim.path, claims)) is not claim.inverted


def claim_value(path: Iterable[str], claims: Mapping[str, Any]) -> Any:
    """The claim to which these keys lead, None where there is none."""
    found: Any = claims
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _claim_value_fits(claim: Claim, value: Any) -> bool:
    if claim.text is None:
        return value is not None
    values = value if isinstance(value, list | tuple) else (value,)
    return any(isinstance(each, str) and fits(claim.text, each) for each in values)


def in_network(network: str, address: str) -> bool:
    """Whether the address lies in the network; what is no address lies in none."""
    try:
        found, wanted = ip_address(address), ip_network(network, strict=False)
    except ValueError:
        return False
    return found.version == wanted.version and found in wanted


def template_fits(template: str, path: str) -> bool:
    """Whether a path without its query passes segment by segment: `*` is one that is not empty, `**` whatever is there."""
    return _template(template).fullmatch(path) is not None


@lru_cache(maxsize=1024)
def _template(template: str) -> re.Pattern[str]:
    words = {"*": f"{_SEGMENT}+", "**": f"(?:{_SEGMENT}|/)*"}
    return re.compile("/".join(words.get(segment, re.escape(segment)) for segment in template.split("/")))
