"""What a proxy knows of a call: the proven identity, the client's address, the normalised path."""

from __future__ import annotations

import pytest

from lateen.explain.call import Call, Wire
from lateen.explain.evidence import client_address, evidence, normalised
from lateen.ir.chain import Bytes, HttpOptions, Requests, Side
from lateen.values.spiffe import Identity


def test_a_request_is_known_with_its_headers_and_bytes_are_not() -> None:
    call = Call(
        "web",
        8080,
        address="10.0.0.1",
        path="/a/../b?q=1",
        headers=(("x-a", "1"), ("x-a", "2 ")),
        authority="web",
        wire=Wire.MESH,
        sni="Web",
        source="10.0.0.9",
        identity="spiffe://cluster.local/ns/a/sa/b",
    )
    known = evidence(call, Requests("in", side=Side.INBOUND))
    assert (known.http, known.path, known.server_name, known.peer) == (True, "/b", "web", "10.0.0.9")
    assert known.workload == Identity("cluster.local", "a", "b")
    assert [known.header(name) for name in (":path", ":method", ":authority", "x-a", "x-b")] == ["/b?q=1", "GET", "web", "1,2", None]
    assert evidence(call, Bytes((("there", 1),))).headers == ()


@pytest.mark.rule("AZ-6")
@pytest.mark.rule("GW-10")
@pytest.mark.parametrize(
    ("forwarded", "hops", "side", "expected"),
    [
        ("", 0, Side.INBOUND, "10.0.0.9"),
        ("1.1.1.1, 2.2.2.2", 0, Side.INBOUND, "2.2.2.2"),
        ("1.1.1.1, 2.2.2.2", 1, Side.INBOUND, "1.1.1.1"),
        ("nonsense", 0, Side.INBOUND, "10.0.0.9"),
        ("1.1.1.1, 2.2.2.2", 0, Side.GATEWAY, "10.0.0.9"),
        ("1.1.1.1, 2.2.2.2", 1, Side.GATEWAY, "2.2.2.2"),
        ("1.1.1.1, 2.2.2.2", 2, Side.GATEWAY, "1.1.1.1"),
        ("1.1.1.1, 2.2.2.2", 3, Side.GATEWAY, "10.0.0.9"),
    ],
)
def test_the_client_is_whom_trusted_proxies_vouch_for(forwarded: str, hops: int, side: Side, expected: str) -> None:
    assert client_address("10.0.0.9", forwarded, HttpOptions(trusted_hops=hops), side) == expected


@pytest.mark.rule("HC-2")
@pytest.mark.parametrize(
    ("path", "none", "base", "merged", "decoded"),
    [
        ("/a/../b?c=/..", "/a/../b?c=/..", "/b?c=/..", "/b?c=/..", "/b?c=/.."),
        ("/a/%2E%2e/b", "/a/%2E%2e/b", "/b", "/b", "/b"),
        ("/a\\b", "/a\\b", "/a/b", "/a/b", "/a/b"),
        ("/a//b", "/a//b", "/a//b", "/a/b", "/a/b"),
        ("/a%2fb%5Cc", "/a%2fb%5Cc", "/a%2fb%5Cc", "/a%2fb%5Cc", "/a/b/c"),
        ("/a%2f..%2fb", "/a%2f..%2fb", "/a%2f..%2fb", "/a%2f..%2fb", "/b"),
        ("/%41%7e{x}", "/%41%7e{x}", "/A~%7Bx%7D", "/A~%7Bx%7D", "/A~%7Bx%7D"),
        ("/a/..", "/a/..", "/", "/", "/"),
        ("/a/b/.", "/a/b/.", "/a/b/", "/a/b/", "/a/b/"),
        ("/../..", "/../..", "/", "/", "/"),
    ],
)
def test_paths_are_normalised_as_the_mesh_says(path: str, none: str, base: str, merged: str, decoded: str) -> None:
    assert normalised(path, "NONE") == none
    assert normalised(path, "BASE") == base
    assert normalised(path, "MERGE_SLASHES") == merged
    assert normalised(path, "DECODE_AND_MERGE_SLASHES") == decoded
