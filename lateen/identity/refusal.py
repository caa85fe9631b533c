"""`Refusal`: why a caller did not get what it asked for, as one sentence that may be shown to it.

A refusal is a value, returned and never raised: being asked by the wrong caller is everyday work for an authority.
No sentence carries a token, a key or anything else that the caller should not see.
"""

from __future__ import annotations

import msgspec


class Refusal(msgspec.Struct, frozen=True):
    """One sentence: what was found, what was expected, what to do."""

    sentence: str

    def __str__(self) -> str:
        return self.sentence
