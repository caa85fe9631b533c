"""What is for sale; how many there are is asked from the ledger, one line over TCP."""

from __future__ import annotations

import os
import socket

from service import NAME, Answer, serve


def stock(item: str) -> int:
    """How many of the item there are."""
    where = os.environ.get("LEDGER_SERVICE_HOST", "ledger"), int(os.environ.get("LEDGER_SERVICE_PORT", "7000"))
    with socket.create_connection(where, timeout=5) as connection:
        connection.sendall(f"{item}\n".encode())
        return int(connection.makefile().readline())


def items(path: str, headers: dict[str, str]) -> Answer:
    """The items with their stock."""
    return 200, {"served_by": NAME, "called_by": headers.get("x-forwarded-client-cert", ""), "items": {"boat": stock("boat"), "kite": stock("kite")}}


if __name__ == "__main__":
    serve(items)
