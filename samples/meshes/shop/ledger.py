"""Stock over plain TCP: a line with a name in, a line with a number out."""

from __future__ import annotations

import os
import socketserver

STOCK = {"boat": 3, "kite": 42}


class Ledger(socketserver.StreamRequestHandler):
    """One connection."""

    def handle(self) -> None:
        """Answer each line."""
        for line in self.rfile:
            self.wfile.write(f"{STOCK.get(line.decode().strip(), 0)}\n".encode())


if __name__ == "__main__":
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    with socketserver.ThreadingTCPServer((os.environ.get("LATEEN_ADDRESS", ""), int(os.environ["PORT"])), Ledger) as server:
        print("the ledger is open", flush=True)
        server.serve_forever()
