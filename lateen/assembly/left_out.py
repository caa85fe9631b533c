"""Patches of EnvoyFilters that had to be left out, as findings on the objects that they are of (EX-3)."""

from __future__ import annotations

from collections.abc import Iterable, Set

from lateen.check.analyses.codes import CODES
from lateen.render.patch import Refused
from lateen.values.finding import Finding
from lateen.values.ref import Ref

CODE = "LAT0005"


def findings(found: Iterable[tuple[str, Refused]], refs: Set[Ref] | None = None) -> list[Finding]:
    """One finding for each patch, of these objects only if they are given: the first resource that it was left out of, and how many more."""
    by_patch: dict[tuple[Ref, int], list[tuple[str, Refused]]] = {}
    for proxy, each in found:
        if refs is None or each.origin in refs:
            by_patch.setdefault((each.origin, each.index), []).append((proxy, each))
    return [_finding(*key, group) for key, group in sorted(by_patch.items())]


def _finding(ref: Ref, index: int, group: list[tuple[str, Refused]]) -> Finding:
    proxy, first = min(group, key=lambda pair: (pair[1].resource, pair[0]))
    more = len({each.resource for _, each in group}) - 1
    beside = f" and {more} more" if more else ""
    message = f'the patch is left out of "{first.resource}"{beside} (proxy {proxy}{" and others" if len(group) > more + 1 else ""}): {first.reason}'
    hint = "Correct the value; everything else is told to proxies as if the patch were not there."
    return Finding(ref, f"spec.configPatches[{index}].patch", CODES[CODE].severity, CODE, message, hint)
