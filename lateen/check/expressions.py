"""Expressions of CEL: whether they can be read (https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax), not what they mean.

A recogniser: precedence does not matter for whether an expression is one, so all binary operators are taken alike.
"""

from __future__ import annotations

import re

from lateen.api.text import Path
from lateen.check.remark import Remarks, wrong

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<literal>(?:[bB]?[rR]?|[rR][bB])(?:\"\"\".*?\"\"\"|'''.*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      |0x[0-9a-fA-F]+[uU]?|\d+\.\d+(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|\d+(?:[eE][-+]?\d+|[uU])?)
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<sign>\|\||&&|[<>=!]=|[-+*/%<>!?:.,()\[\]{}])
    )""",
    re.VERBOSE | re.DOTALL,
)
_BINARY = frozenset({"||", "&&", "<", "<=", ">", ">=", "==", "!=", "in", "+", "-", "*", "/", "%"})
_END = "the end"


def expression(text: str, path: Path) -> Remarks:
    """An expression that can be read."""
    if not text.strip():
        yield wrong(path, "the expression is empty.", "Write for instance response.code >= 400.")
    elif fault := syntax_fault(text):
        yield wrong(path, f'found "{text}", expected an expression of CEL: {fault}.')


def syntax_fault(text: str) -> str:
    """Where the reading stops; empty when it does not."""
    tokens: list[tuple[str, str]] = []
    end, rest = 0, text.rstrip()
    while end < len(rest):
        found = _TOKEN.match(rest, end)
        if found is None:
            return f"{rest[end:].strip()[:20]} cannot be read"
        tokens.append((str(found.lastgroup), found[0].strip()))
        end = found.end()
    try:
        reader = _Reader(tokens)
        reader.expression()
        reader.expect(_END)
    except _UnexpectedError as unexpected:
        return str(unexpected)
    except RecursionError:
        return "it is nested too deep"
    return ""


class _UnexpectedError(Exception):
    """A token that cannot stand where it stands; never leaves this module."""


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = [*tokens, ("sign", _END)]
        self._next = 0

    def _peek(self) -> str:
        return self._tokens[self._next][1]

    def _take(self, *wanted: str) -> bool:
        kind, text = self._tokens[self._next]
        if kind == "literal" or text not in wanted:
            return False
        self._next += 1
        return True

    def expect(self, wanted: str) -> None:
        """The next token is this one, and is passed."""
        if not self._take(wanted):
            raise _UnexpectedError(f"found {self._peek()}, expected {wanted}")

    def expression(self) -> None:
        """`a op b …`, and perhaps `? c : d` behind it."""
        self._unary()
        while self._take(*_BINARY):
            self._unary()
        if self._take("?"):
            self.expression()
            self.expect(":")
            self.expression()

    def _unary(self) -> None:
        while self._take("!", "-"):
            pass
        self._primary()
        while True:
            if self._take("."):
                self._word()
            elif self._take("("):
                self._list(")")
            elif self._take("["):
                self.expression()
                self.expect("]")
            else:
                return

    def _primary(self) -> None:
        if self._take("("):
            self.expression()
            self.expect(")")
        elif self._take("["):
            self._list("]")
        elif self._take("{"):
            self._entries()
        elif self._tokens[self._next][0] == "literal":
            self._next += 1
        else:
            self._take(".")
            self._word()

    def _word(self) -> None:
        kind, text = self._tokens[self._next]
        if kind != "word" or text == "in":
            raise _UnexpectedError(f"found {text}, expected a name or a value")
        self._next += 1

    def _list(self, end: str) -> None:
        while not self._take(end):
            self.expression()
            if not self._take(","):
                self.expect(end)
                return

    def _entries(self) -> None:
        while not self._take("}"):
            self.expression()
            self.expect(":")
            self.expression()
            if not self._take(","):
                self.expect("}")
                return
