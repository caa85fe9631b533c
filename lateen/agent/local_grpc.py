"""One gRPC server on a Unix socket: what one Envoy talks to, for discovery and for secrets. The socket's path tells whose Envoy it is.

Only the user that Envoy runs as may open the socket: behind it is a private key.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import grpc
import grpc.aio

_OPTIONS = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.max_concurrent_streams", 1 << 20),
)


class SocketTakenError(Exception):
    """The socket could not be opened; the sentence says which and why."""


async def serve(path: Path, handlers: Sequence[grpc.GenericRpcHandler[bytes, bytes]], owner: int | None = None) -> grpc.aio.Server:
    """Start a server on `path` (under 108 bytes), owned by user id `owner`. The caller stops it. Raises `SocketTakenError`."""
    path.unlink(missing_ok=True)
    server = grpc.aio.server(options=_OPTIONS)
    server.add_generic_rpc_handlers(tuple(handlers))
    try:
        server.add_insecure_port(f"unix:{path}")
    except RuntimeError as error:
        raise SocketTakenError(f"The socket {path} could not be opened ({len(str(path))} bytes long; 107 are possible): {error}.") from error
    await server.start()
    path.chmod(0o600)
    if owner is not None and os.geteuid() == 0:
        os.chown(path, owner, -1)
    return server
