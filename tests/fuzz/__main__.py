"""`python -m tests.fuzz TARGET [SECONDS [CORPUS]]`: tries bytes that reach new branches, until one raises, whose bytes are then in a file `crash-*`.

With a folder for CORPUS, what reached something new is kept there, and taken up next time.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["lateen"]):
    from tests.fuzz.targets import TARGETS

KEPT = Path(__file__).parent / "corpus"


def main() -> None:
    """Run one target."""
    target, seconds, *kept = sys.argv[1:] if len(sys.argv) > 2 else (sys.argv[1], "60")
    limits = (f"-max_total_time={seconds}", "-max_len=4000", "-len_control=0", "-timeout=60")
    atheris.Setup([sys.argv[0], *limits, *kept, str(KEPT / target)], TARGETS[target])
    atheris.Fuzz()


main()
