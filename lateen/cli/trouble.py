"""How a command says that it could not do what it was asked: a sentence, and the exit code that scripts go by."""

from __future__ import annotations

from typing import Final

REFUSED: Final = 1
MISUSED: Final = 2
UNREACHABLE: Final = 3


class Trouble(Exception):
    """Ends the command: the text, which may be empty when all has been said, goes to standard error."""

    def __init__(self, sentence: str = "", code: int = REFUSED) -> None:
        super().__init__(sentence)
        self.code = code
