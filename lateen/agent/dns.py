"""What the DNS proxy answers: pure, bytes in and bytes out (AG-5). `dns_server` has the sockets.

A known host is answered with authority, NOERROR, even without an address of the asked family: NXDOMAIN for AAAA would make a
resolver give up the A as well. A name that a search domain made longer is answered by a CNAME to the real one. What is not known
goes to the upstream resolvers.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence

import msgspec
from dnslib import AAAA, CNAME, QTYPE, RCODE, RR, A, DNSError, DNSHeader, DNSRecord

TTL = 30
UDP_LIMIT = 512
_A, _AAAA, _SVCB, _HTTPS, _OPT = 1, 28, 64, 65, 41
# Service bindings of a host with a virtual address could send the app around it.
_ANSWERED = frozenset({_A, _AAAA, _SVCB, _HTTPS})


class Host(msgspec.Struct, frozen=True):
    """What a name stands for in the mesh: the host's full name and its addresses, of both families. `host` None: no such host."""

    host: str | None
    addresses: tuple[str, ...] = ()
    ttl: int = TTL


class Question(msgspec.Struct, frozen=True):
    """The one question of a query: `name` in lower case without the last dot, and the number of its type."""

    name: str
    type: int

    @property
    def is_for_addresses(self) -> bool:
        """Whether it is of a type that the mesh answers; others go upstream."""
        return self.type in _ANSWERED


Lookup = Callable[[str], Host | None]
Shuffle = Callable[[Sequence[str]], Sequence[str]]


def question(query: bytes) -> Question | None:
    """The question of a query; None when it has none or is no DNS message."""
    try:
        record = DNSRecord.parse(query)
    except (DNSError, UnicodeError, ValueError, IndexError):
        return None
    if not record.questions:
        return None
    first = record.questions[0]
    return Question(str(first.qname).rstrip(".").lower(), int(first.qtype))


def candidates(name: str, search: Sequence[str]) -> tuple[str, ...]:
    """The names that the app may mean: the name itself, then without each search domain that it ends in, longest domain first."""
    shortened = [name.removesuffix(f".{domain}") for domain in sorted(search, key=len, reverse=True) if name.endswith(f".{domain}")]
    return (name, *dict.fromkeys(shortened))


def answer(query: bytes, lookup: Lookup, search: Sequence[str] = (), shuffle: Shuffle = list) -> bytes | None:
    """The reply to a query about a host of the mesh; None when the query is to go upstream. A query without a question gets SERVFAIL.

    `lookup` tells what a name stands for; names of search domains are tried when the name itself is unknown.
    """
    asked = question(query)
    if asked is None:
        return servfail(query)
    if not asked.is_for_addresses:
        return None
    for name in candidates(asked.name, search):
        known = lookup(name)
        if known is not None and known.host is not None:
            return _reply(query, name != asked.name, name, known, shuffle)
    return None


def servfail(query: bytes) -> bytes:
    """SERVFAIL, repeating id and question as far as they can be read."""
    try:
        record = DNSRecord.parse(query)
    except (DNSError, UnicodeError, ValueError, IndexError):
        number = int.from_bytes(query[:2], "big") if len(query) >= 2 else 0
        return bytes(DNSRecord(DNSHeader(id=number, qr=1, ra=1, rcode=RCODE.SERVFAIL)).pack())
    reply = record.reply(ra=1, aa=0)
    reply.header.rcode = RCODE.SERVFAIL
    return bytes(reply.pack())


def truncated(reply: bytes, query: bytes) -> bytes:
    """The reply as it may go out by UDP: whole when it fits what the query says that it takes (EDNS, else 512), or empty with TC set."""
    if len(reply) <= _udp_limit(query):
        return reply
    record = DNSRecord.parse(reply)
    short = DNSRecord(record.header, questions=record.questions)
    short.header.tc = 1
    return bytes(short.pack())


def _udp_limit(query: bytes) -> int:
    try:
        extra = DNSRecord.parse(query).ar
    except (DNSError, UnicodeError, ValueError, IndexError):
        return UDP_LIMIT
    return max([int(record.rclass) for record in extra if record.rtype == _OPT] + [UDP_LIMIT])


def _reply(query: bytes, is_alias: bool, name: str, known: Host, shuffle: Shuffle) -> bytes:
    record = DNSRecord.parse(query)
    reply = record.reply(ra=1, aa=1)
    asked = record.questions[0]
    owner = asked.qname
    if is_alias:
        reply.add_answer(RR(owner, QTYPE.CNAME, ttl=known.ttl, rdata=CNAME(f"{name}.")))
        owner = f"{name}."
    for address in shuffle(_of_family(known.addresses, int(asked.qtype))):
        rdata = A(address) if asked.qtype == _A else AAAA(address)
        reply.add_answer(RR(owner, asked.qtype, ttl=known.ttl, rdata=rdata))
    return bytes(reply.pack())


def _of_family(addresses: Sequence[str], qtype: int) -> list[str]:
    wanted = {_A: 4, _AAAA: 6}.get(qtype)
    return [address for address in addresses if ipaddress.ip_address(address).version == wanted]
