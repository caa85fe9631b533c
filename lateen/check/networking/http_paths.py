"""Prefixes of paths and what replaces them: where only one of them ends with a slash, paths get one too many, or one too few (VS-21, VS-46)."""

from __future__ import annotations

from lateen.api.networking.virtual_service import HTTPRoute
from lateen.api.text import Path
from lateen.check.remark import Remarks, doubtful


def joints(route: HTTPRoute, path: Path) -> Remarks:
    """Replacements of prefixes, by rewrite or redirect. A prefix without slash is right where an earlier match takes the same with a slash."""
    given = (
        (("rewrite", "uri"), route.rewrite.uri if route.rewrite is not None else ""),
        (("redirect", "prefixRewrite"), route.redirect.prefix_rewrite if route.redirect is not None else ""),
    )
    for field, new in given:
        prefixes = [match.uri.prefix or "" for match in route.match if match.uri is not None]
        for index, prefix in enumerate(prefixes):
            if new and prefix not in ("", "/") and _is_odd(prefix, new, prefixes[:index]):
                piece = "a" if prefix.endswith("/") else "/a"
                message = f'a request for "{prefix}{piece}" goes on as "{new}{piece}", for the prefix "{prefix}" is replaced as it is written.'
                yield doubtful((*path, *field), message, f'Match "{prefix.rstrip("/")}/" first, and replace it by "{new.rstrip("/")}/".')
                break


def _is_odd(prefix: str, new: str, earlier: list[str]) -> bool:
    if prefix.endswith("/"):
        return not new.endswith("/")
    return new.endswith("/") and f"{prefix}/" not in earlier
