"""What a request is tested against before a rule applies: its path, headers, query, and the claims of its token. All parts must hold.

Values only. Regular expressions are RE2 and must match the whole text. Who evaluates them is `render` (by telling Envoy) and `explain`.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Manner(StrEnum):
    """How a text is compared."""

    EXACT = "exact"
    PREFIX = "prefix"
    SUFFIX = "suffix"
    CONTAINS = "contains"
    REGEX = "regex"
    """The whole text, by RE2."""


class Text(msgspec.Struct, frozen=True, cache_hash=True):
    """A test of one text. `ignore_case` has no effect on regular expressions."""

    manner: Manner
    value: str
    ignore_case: bool = False


class PathManner(StrEnum):
    """How a path, without its query, is compared."""

    EXACT = "exact"
    PREFIX = "prefix"
    """Of the characters: `/foo` fits `/foobar` (VS-21)."""
    SEGMENTS = "segments"
    """Of whole path segments: `/foo` fits `/foo` and `/foo/bar` only."""
    REGEX = "regex"


class Path(msgspec.Struct, frozen=True, cache_hash=True):
    """A test of the path; `ignore_case` has no effect on regular expressions. The default fits every path."""

    manner: PathManner = PathManner.PREFIX
    value: str = "/"
    ignore_case: bool = False

    @property
    def fits_all(self) -> bool:
        """Whether every path passes."""
        if self.manner is PathManner.REGEX:
            return self.value in (".*", "*", "^.*$", "/.*")
        return self.value == "/" and self.manner is not PathManner.EXACT


EVERY_PATH = Path()


class Header(msgspec.Struct, frozen=True, cache_hash=True):
    """A test of one header, named in lower case; also of `:method`, `:authority`, `:scheme`. Without `text` it only has to be there.

    `absent_is_empty` compares a missing header as an empty text; `inverted` turns the result round.
    """

    name: str
    text: Text | None = None
    inverted: bool = False
    absent_is_empty: bool = False


class Parameter(msgspec.Struct, frozen=True, cache_hash=True):
    """A test of one query parameter. Without `text` it only has to be there."""

    name: str
    text: Text | None = None


class Claim(msgspec.Struct, frozen=True, cache_hash=True):
    """A test of a claim of the validated token, addressed by the keys that lead to it. A list of texts passes when any of them does.

    Without `text` the claim only has to be there.
    """

    path: tuple[str, ...]
    text: Text | None = None
    inverted: bool = False


class Match(msgspec.Struct, frozen=True, cache_hash=True):
    """All of these must hold. `tunnel`: the request asks for a connection to its host (CONNECT); others ask for none."""

    path: Path = EVERY_PATH
    headers: tuple[Header, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    claims: tuple[Claim, ...] = ()
    tunnel: bool = False

    @property
    def fits_all(self) -> bool:
        """Whether every request passes, so that no rule behind this one can ever apply (VS-20)."""
        return self.path.fits_all and not (self.headers or self.parameters or self.claims or self.tunnel)


EVERYTHING = Match()
