"""Names and values of HTTP headers, and what may be done to them (VS-47, VS-48)."""

from __future__ import annotations

import re

from lateen.api.networking.virtual_service import HeaderOperations, Headers
from lateen.api.text import Path
from lateen.check import formats
from lateen.check.remark import Remarks, wrong

CLAIM = "@request.auth.claims"
PSEUDO = frozenset({":method", ":path", ":authority", ":scheme"})

_NAME = re.compile(r"[-A-Za-z0-9!#$%&'*+.^_`|~]+")
_PLAIN = re.compile(r"[-_A-Za-z0-9]+")
_CLAIM = re.compile(r"@request\.auth\.claims(\.[^\[\]]+|(\[[^\[\]]+\])+)", re.IGNORECASE)
_LINE_END = re.compile(r"[\x00\r\n]")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def name(written: str, path: Path) -> Remarks:
    """The name of a header: a token of RFC 9110, section 5.6.2."""
    if not written:
        yield wrong(path, "the name of the header is empty.")
    elif not _NAME.fullmatch(written):
        yield wrong(path, f'found the header name "{written}", expected letters, digits and some of !#$%&\'*+-.^_`|~.')


def plain_name(written: str, path: Path) -> Remarks:
    """The name of a header where Istio's schema takes letters, digits, "-" and "_" only."""
    if not _PLAIN.fullmatch(written):
        yield wrong(path, f'found the header name "{written}", expected letters, digits, "-" and "_".')


def name_or_star(written: str, path: Path) -> Remarks:
    """In CORS: the name of a header, or `*` for all."""
    if written != "*":
        yield from name(written, path)


def matched_name(written: str, path: Path) -> Remarks:
    """What a route may match: a header, a pseudo header, or a claim of the token (VS-23, VS-27)."""
    if written in PSEUDO or is_claim(written):
        return
    if written.startswith(":"):
        yield wrong(path, f'found the header name "{written}", expected one of {", ".join(sorted(PSEUDO))}.')
    else:
        yield from name(written, path)


def is_claim(written: str) -> bool:
    """Whether the name stands for a claim of the token: `@request.auth.claims.a` or `@request.auth.claims[a][b]`."""
    return _CLAIM.fullmatch(written) is not None


def is_authority(written: str) -> bool:
    """Whether the name stands for the host of the request."""
    return written.lower() in ("host", ":authority")


def operations(headers: Headers | None, path: Path) -> Remarks:
    """Changes to the headers of requests and responses."""
    if headers is None:
        return
    if headers.request is not None:
        yield from _changes(headers.request, (*path, "request"), host_may_be_set=True)
    if headers.response is not None:
        yield from _changes(headers.response, (*path, "response"), host_may_be_set=False)


def _changes(changes: HeaderOperations, path: Path, *, host_may_be_set: bool) -> Remarks:
    for field, given in (("set", changes.set), ("add", changes.add)):
        for header, text in given.items():
            if not (host_may_be_set and is_authority(header)):
                yield from _changeable(header, (*path, field, header))
            yield from value(text, (*path, field, header))
    for index, header in enumerate(changes.remove):
        yield from _changeable(header, (*path, "remove", index))


def _changeable(header: str, path: Path) -> Remarks:
    if header.startswith(":") or is_authority(header):
        yield wrong(path, f'found the header "{header}", which cannot be changed here.', "Use rewrite, or set Host in the request.")
    else:
        yield from name(header, path)


def one_line(text: str, path: Path) -> Remarks:
    """A text that becomes part of a request or a response: no line breaks."""
    if _LINE_END.search(text):
        yield wrong(path, f"found {text!a}, expected one line.")


def value(text: str, path: Path) -> Remarks:
    """The value of a header: no control characters, and `%` only around a command operator of Envoy, or doubled."""
    if _CONTROL.search(text):
        yield wrong(path, f"found {text!a}, expected a header value without control characters.")
    if fault := formats.fault(text):
        yield wrong(path, f'found "{text}", {fault}.', 'Write "%%" for a percent sign.')
