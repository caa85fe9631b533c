"""`Evidence`: what a proxy that has to let a call in can know of it, which is all that policies can ask for.

It is made from the call as it stands on the wire, after TLS has ended and the path has been normalised. What may not enter: any policy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote

import msgspec

from lateen.explain.call import Call, Pairs
from lateen.ir.chain import Handler, HttpOptions, Requests, Side
from lateen.values import spiffe

SPIFFE = "spiffe://"
_ESCAPE = re.compile("%([0-9A-Fa-f]{2})")
_UNSAFE = re.compile(r"[^!$%&'()*+,\-./0-9:;=@A-Z\[\]_a-z~]")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")


class Evidence(msgspec.Struct, frozen=True):
    """What is known of one connection and, where `http`, of one request.

    `identity` is what the caller has proven by mutual TLS, without `spiffe://`; empty for nobody. `peer` is the other end of the connection,
    `client` whom a trusted proxy in between says it stands for, else the peer. `headers` have lower-case names, pseudo headers among them; `path` is
    without its query. `claims` are those of a token that was believed.
    """

    http: bool
    identity: str = ""
    peer: str = ""
    client: str = ""
    address: str = ""
    port: int = 0
    server_name: str = ""
    path: str = ""
    headers: Pairs = ()
    claims: Mapping[str, Any] | None = None

    def header(self, name: str) -> str | None:
        """The value of a header, also of `:path`, `:method` and `:authority`."""
        return next((value for each, value in self.headers if each == name), None)

    @property
    def workload(self) -> spiffe.Identity | None:
        """The caller's identity in its parts; None where there is none, or not of the mesh's form."""
        return spiffe.parse(f"{SPIFFE}{self.identity}")


def evidence(call: Call, handler: Handler) -> Evidence:
    """What is known of the call where this takes it. `call.identity` has been proven, if there is any."""
    known = Evidence(
        http=isinstance(handler, Requests),
        identity=call.identity.removeprefix(SPIFFE),
        peer=call.source,
        client=call.source,
        address=call.address,
        port=call.port,
        server_name=call.sni.lower(),
    )
    return _of_request(known, call, handler.options, handler.side) if isinstance(handler, Requests) else known


def _of_request(known: Evidence, call: Call, options: HttpOptions, side: Side) -> Evidence:
    path = normalised(call.path, options.normalization)
    names = dict.fromkeys(name for name, _ in call.headers)
    pseudo = ((":path", path), (":method", call.method), (":authority", call.host_header), (":scheme", call.scheme))
    headers = (*pseudo, *((name, (call.header(name) or "").strip(" \t")) for name in names if not name.startswith(":") and name != "host"))
    found = msgspec.structs.replace(known, path=msgspec.structs.replace(call, path=path).bare_path, headers=headers)
    return msgspec.structs.replace(found, client=client_address(call.source, found.header("x-forwarded-for") or "", options, side))


def client_address(peer: str, forwarded: str, options: HttpOptions, side: Side) -> str:
    """Who is the client, by `x-forwarded-for`: at a gateway the entry that its trusted proxies vouch for, at a sidecar the last one."""
    hops = options.trusted_hops
    back = hops if side is Side.GATEWAY else hops + 1
    entries = [each.strip() for each in forwarded.split(",")]
    if not 0 < back <= len(entries):
        return peer
    try:
        return str(ip_address(entries[-back]))
    except ValueError:
        return peer


def normalised(path: str, manner: str) -> str:
    """HC-2: the path with its query as policies and routes see it. `manner` is MeshConfig's word for how paths are normalised."""
    bare, mark, query = path.partition("?")
    if manner == "NONE":
        return path
    if manner == "DECODE_AND_MERGE_SLASHES":
        bare = re.sub("%2f", "/", re.sub("%5c", r"\\", bare, flags=re.IGNORECASE), flags=re.IGNORECASE)
    bare = _without_dots(_ESCAPE.sub(_unescaped, bare).replace("\\", "/"))
    bare = _UNSAFE.sub(lambda found: quote(found[0], safe=""), bare)
    if manner in ("MERGE_SLASHES", "DECODE_AND_MERGE_SLASHES"):
        bare = re.sub("/+", "/", bare)
    return f"{bare}{mark}{query}"


def _unescaped(found: re.Match[str]) -> str:
    """RFC 3986, 2.3: what need not be escaped is the same without."""
    letter = chr(int(found[1], 16))
    return letter if _UNRESERVED.fullmatch(letter) else found[0]


def _without_dots(path: str) -> str:
    """RFC 3986, 5.2.4."""
    kept: list[str] = []
    for segment in path.split("/")[1:]:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    ends_open = path.endswith(("/.", "/.."))
    return "/" + "/".join((*kept, "") if ends_open and kept else kept)
