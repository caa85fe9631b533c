"""The words of TLS that users may write: cipher suites and curves. A proxy refuses a whole listener for a word that it does not know, so only these
are told on.
"""

from __future__ import annotations

from collections.abc import Iterable

SUITES = frozenset(
    {
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        "ECDHE-ECDSA-AES128-SHA",
        "ECDHE-ECDSA-AES256-SHA",
        "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-RSA-CHACHA20-POLY1305",
        "ECDHE-RSA-AES128-SHA",
        "ECDHE-RSA-AES256-SHA",
        "AES128-GCM-SHA256",
        "AES256-GCM-SHA384",
        "AES128-SHA",
        "AES256-SHA",
        "DES-CBC3-SHA",
        "ALL",
    }
)
"""The cipher suites of TLS up to 1.2, and the word for all of them."""

CURVES = frozenset({"P-256", "P-384", "P-521", "X25519", "X25519MLKEM768", "MLKEM1024", "prime256v1"})
"""What keys may be agreed on by."""


def is_suite(written: str) -> bool:
    """Whether this is a suite, or a group of equally good ones: `[A|B]`."""
    is_group = written.startswith("[") and written.endswith("]")
    return all(each in SUITES for each in (written[1:-1].split("|") if is_group else (written,)))


def suites(written: Iterable[str]) -> tuple[str, ...]:
    """The suites among what is written, each once, in its order."""
    return tuple(dict.fromkeys(each for each in written if is_suite(each)))


def curves(written: Iterable[str]) -> tuple[str, ...]:
    """The curves among what is written, each once, in its order."""
    return tuple(dict.fromkeys(each for each in written if each in CURVES))
