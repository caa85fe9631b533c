"""Regular expressions, in RE2's syntax (https://github.com/google/re2/wiki/Syntax)."""

from __future__ import annotations

from functools import lru_cache

import re2

from lateen.api.text import Path
from lateen.check.remark import Remarks, wrong

_LONGEST = 1024
_LARGEST = 32768


def regex(text: str, path: Path) -> Remarks:
    """An expression that RE2 compiles, neither empty nor longer than 1024 characters."""
    if not text:
        yield wrong(path, "the regular expression is empty.", 'Write ".*" for any text.')
    elif len(text) > _LONGEST:
        yield wrong(path, f"found a regular expression of {len(text)} characters, expected at most {_LONGEST}.")
    elif fault := _fault(text):
        yield wrong(path, f'found "{text}", expected a regular expression in RE2\'s syntax: {fault}.', _advice(text))


@lru_cache(maxsize=4096)
def _fault(text: str) -> str:
    options = re2.Options()
    options.log_errors = False
    try:
        size = re2.compile(text, options).programsize
    except re2.error as refusal:
        reason = refusal.args[0] if refusal.args else "not understood"
        words = reason.decode() if isinstance(reason, bytes) else str(reason)
        return words.replace("invalid ", "bad ")
    return f"it comes to a program of {size}, and proxies take at most {_LARGEST}" if size > _LARGEST else ""


def _advice(text: str) -> str:
    return "RE2 has no look-ahead and no look-behind." if "(?=" in text or "(?!" in text or "(?<" in text else ""
