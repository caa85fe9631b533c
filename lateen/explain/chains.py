"""Which chain of a listener takes a connection: first what the listener finds out about it, then the most specific match.

"Of all chains of a listener the most specific match decides, criterion by criterion", and there is no way back (`ir.chain`). What a listener
does not look for it does not see: TLS on a port where it is not inspected is plain bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import ip_network

import msgspec

from lateen.explain.call import Call, Protocol, Wire
from lateen.explain.texts import in_network
from lateen.ir.chain import MESH_BYTES, MESH_HTTP, SNIFFED_HTTP, Chain, Listener, Match, Transport

_EXACT = 1 << 20
_FITS_NOT = -1


class Connection(msgspec.Struct, frozen=True):
    """What a listener sees of a connection: where it was headed, what it begins with, the server name and the protocols that it offers."""

    address: str
    port: int
    transport: Transport
    server_name: str = ""
    protocols: tuple[str, ...] = ()


def chain(listener: Listener, call: Call) -> Chain | None:
    """The chain that takes the call; None when the listener refuses it."""
    found = taking(listener.chains, connection(listener, call))
    return found if found is not None else listener.otherwise


def begins_with_tls(call: Call) -> bool:
    """Whether the first bytes on the connection are those of TLS."""
    return call.wire is not Wire.PLAIN or call.protocol is Protocol.TLS


def offered(call: Call) -> tuple[str, ...]:
    """What the connection says in ALPN; a proxy of the mesh says what it sends."""
    if call.alpn or call.wire is not Wire.MESH:
        return call.alpn
    if not call.protocol.is_http:
        return tuple(reversed(MESH_BYTES))
    return MESH_HTTP[1:2] if call.protocol is Protocol.HTTP else MESH_HTTP[2:]


def connection(listener: Listener, call: Call) -> Connection:
    """What the listener finds out before it decides."""
    if begins_with_tls(call):
        if listener.quic or (listener.inspect_tls and call.port not in listener.uninspected):
            return Connection(call.address, call.port, Transport.TLS, call.sni.lower(), offered(call))
    elif listener.sniff and call.port not in listener.unsniffed and call.protocol.is_http:
        return Connection(call.address, call.port, Transport.PLAIN, protocols=(SNIFFED_HTTP[0 if call.protocol is Protocol.HTTP else 1],))
    return Connection(call.address, call.port, Transport.PLAIN)


def taking(chains: Iterable[Chain], of: Connection) -> Chain | None:
    """The chain with the most specific match."""
    left = list(chains)
    for rank in _RANKS:
        ranked = [(rank(each.match, of), each) for each in left]
        best = max((found for found, _ in ranked if found is not None), default=_FITS_NOT)
        left = [each for found, each in ranked if (found is None if best == _FITS_NOT else found == best)]
    return left[0] if left else None


# How well one criterion fits: None where the match does not ask, `_FITS_NOT`, or the more the better.


def _port(match: Match, of: Connection) -> int | None:
    return (1 if match.port == of.port else _FITS_NOT) if match.port else None


def _network(match: Match, of: Connection) -> int | None:
    lengths = [ip_network(each, strict=False).prefixlen for each in match.prefixes if in_network(each, of.address)]
    return max(lengths, default=_FITS_NOT) if match.prefixes else 0


def _server_name(match: Match, of: Connection) -> int | None:
    if not match.server_names:
        return None
    if of.server_name in match.server_names:
        return _EXACT
    wild = (each for each in match.server_names if each.startswith("*."))
    return max((len(each) for each in wild if of.server_name.endswith(each[1:])), default=_FITS_NOT)


def _transport(match: Match, of: Connection) -> int | None:
    return (1 if match.transport is of.transport else _FITS_NOT) if match.transport is not Transport.ANY else None


def _protocol(match: Match, of: Connection) -> int | None:
    """The client's order decides."""
    if not match.protocols:
        return None
    return max((len(of.protocols) - at for at, each in enumerate(of.protocols) if each in match.protocols), default=_FITS_NOT)


_RANKS: tuple[Callable[[Match, Connection], int | None], ...] = (_port, _network, _server_name, _transport, _protocol)
