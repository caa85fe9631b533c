"""Path templates of AuthorizationPolicy (AZ-5): "`{*}` exactly one non-empty segment, `{**}` any number of segments; they may not be mixed
with `*`." """

from __future__ import annotations

import re

ONE, MANY = "{*}", "{**}"

_LITERAL = re.compile(r"[A-Za-z0-9\-._~%!$&'()+,;:@=]*")


def is_template(path: str) -> bool:
    """Whether the path is meant as a template."""
    return ONE in path or MANY in path


def path_template(path: str) -> str | None:
    """The template with `*` and `**` for its wildcards; None when it is not valid. Only literal text may come behind `{**}`."""
    if not path.startswith("/"):
        return None
    segments = path[1:].split("/")
    wild = [segment for segment in segments if segment in (ONE, MANY)]
    if MANY in wild[:-1] or not all(segment in (ONE, MANY) or _LITERAL.fullmatch(segment) for segment in segments):
        return None
    return "/" + "/".join({ONE: "*", MANY: "**"}.get(segment, segment) for segment in segments)
