"""The token by which the user who runs a mesh talks to it: random, in a file that only that user may read."""

from __future__ import annotations

import secrets
from pathlib import Path

from lateen.identity import files


def load_or_create(path: Path) -> str:
    """The token in `path`, which is made (with its folder, both for the owner only) when it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with files.locked(path.parent):
        if not path.exists():
            files.write(path, secrets.token_urlsafe(32) + "\n", files.SECRET)
        return path.read_text().strip()
