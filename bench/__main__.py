"""`python -m bench [NAME…] [--streams N] [--json FILE]`: measure, print a table, keep the numbers."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from bench import cells, kinds, pushes, traffic
from bench.dataplane import rows as dataplane
from bench.figures import Figure, line, table
from bench.plane import machine

ROWS: Final[dict[str, Callable[[int], Iterator[Figure]]]] = {
    "changes": pushes.changes,
    "rate": pushes.rate,
    "connect": pushes.connect,
    "scoped": pushes.scoped,
    "asked": pushes.asked,
    "large": pushes.large,
    "collections": pushes.collections,
    "sizes": cells.sizes,
    "kinds": kinds.kinds,
    "scratch": cells.scratch,
    "validate": cells.validate,
    "serverless": traffic.serverless,
    "gatewayroutes": traffic.gateway_routes,
    "renames": traffic.renames,
    **dataplane.ROWS,
}
SHORT: Final[dict[str, Callable[[int], Iterator[Figure]]]] = {
    "rate": partial(pushes.rate, seconds=10.0),
    "serverless": partial(traffic.serverless, added=100, existing=100, streams=10),
    "gatewayroutes": partial(traffic.gateway_routes, sizes=(30, 300), edits=15),
    "renames": partial(traffic.renames, times=15),
}
"""What takes half a minute at most, smaller or shorter than in full."""


def main() -> None:
    """Parse the command line, and measure what is named, or everything."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to measure: {', '.join(ROWS)}; everything when left out")
    parser.add_argument("--streams", type=int, default=500)
    parser.add_argument("--short", action="store_true", help=f"half a minute at most for each of {', '.join(SHORT)}")
    parser.add_argument("--full", action="store_true", help="five idle minutes instead of one")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    told = parser.parse_args()
    if unknown := [name for name in told.names if name not in ROWS]:
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(ROWS)}")
    rows = dict(ROWS) | (SHORT if told.short else {})
    rows |= dataplane.LONG if told.full else {}
    about = machine() | {"streams": told.streams}
    figures: list[Figure] = []
    for name in told.names or rows:
        for figure in rows[name](told.streams):
            figures.append(figure)
            sys.stderr.write(line(figure) + "\n")
    sys.stdout.write(table(about, figures) + "\n")
    if told.json:
        told.json.write_bytes(msgspec.json.format(msgspec.json.encode({"machine": about, "figures": figures})) + b"\n")


if __name__ == "__main__":
    main()
