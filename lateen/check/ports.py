"""Ports: their numbers, names and protocols."""

from __future__ import annotations

from lateen.api.text import Path
from lateen.check.hosts import is_label
from lateen.check.remark import Remarks, wrong
from lateen.values.protocol import Protocol, named

HIGHEST = 65535

PROTOCOLS = "HTTP, HTTPS, HTTP2, GRPC, GRPC-WEB, TCP, TLS, MONGO, MYSQL, REDIS, UDP and HBONE"


def number(port: int, path: Path) -> Remarks:
    """1 to 65535."""
    if not 1 <= port <= HIGHEST:
        yield wrong(path, f"found the port {port}, expected 1 to 65535.")


def name(written: str, path: Path) -> Remarks:
    """The name of a port is a DNS label (RFC 1123)."""
    if not written:
        yield wrong(path, "the name of the port is empty.", "Name it, for instance http or tcp-db.")
    elif not is_label(written):
        yield wrong(path, f'found the port name "{written}", expected letters and digits with "-" only inside.')


def protocol(word: str, path: Path) -> Remarks:
    """A known protocol."""
    if spoken(word) is None:
        yield wrong(path, f'found the protocol "{word}", expected one of {PROTOCOLS}.')


def protocol_or_none(word: str, path: Path) -> Remarks:
    """A known protocol, or nothing: then it is found out from the first bytes."""
    if word:
        yield from protocol(word, path)


def spoken(word: str) -> Protocol | None:
    """The protocol that the word stands for."""
    return named(word) or (Protocol.HBONE if word.upper() == "HBONE" else None)
