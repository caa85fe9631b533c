"""The first request to a host and the second, from inside a workload: `python -m bench.dataplane.names PORT` with host names on stdin.

Each request is what an app does: look up the name, connect, ask, read. One JSON line for each host: milliseconds of both, and of their look-ups.
"""

from __future__ import annotations

import json
import socket
import sys
import time

from bench.dataplane.origin import BODY

_PATIENCE = 10.0


def request(host: str, port: int) -> tuple[float, float, str]:
    """Milliseconds until the last byte, those of them for the name, and the status line; or why there is none."""
    began = time.perf_counter()
    named = began
    try:
        address = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)[0][4]
        named = time.perf_counter()
        with socket.create_connection((str(address[0]), int(address[1])), _PATIENCE) as connection:
            connection.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            received = b""
            while more := connection.recv(1 << 16):
                received += more
        status = received.partition(b"\r\n")[0].decode()
        if not received.endswith(BODY):
            status += " (another body)"
    except OSError as error:
        status = f"{type(error).__name__}: {error}"
    return (time.perf_counter() - began) * 1e3, (named - began) * 1e3, status


def main() -> None:
    """Twice each host, in order."""
    port = int(sys.argv[1])
    for line in sys.stdin:
        host = line.strip()
        first, second = request(host, port), request(host, port)
        json.dump({"host": host, "first": first, "second": second}, sys.stdout)
        sys.stdout.write("\n")


if __name__ == "__main__":
    main()
