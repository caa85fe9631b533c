"""Keys of tokens, fetched from a real server on this machine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec
import pytest

from lateen.api import decode, inputs
from lateen.control.fetching import Fetcher
from lateen.control.key_sets import REFRESH, KeySets
from lateen.flow import Graph, Key
from lateen.kit.clock import ManualClock
from lateen.translate import keys
from lateen.values.ref import Ref

REF = Ref("RequestAuthentication", "default", "tokens")
FIRST, SECOND = '{"keys": [{"kid": "1"}]}', '{"keys": [{"kid": "2"}]}'


class Site:
    """A server whose pages may change; a page that is not there is answered 503."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.asked: list[str] = []
        self.port = 0

    def at(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).decode().split()[1]
        self.asked.append(path)
        body = self.pages.get(path)
        status = "200 OK" if body is not None else "503 Service Unavailable"
        writer.write(f"HTTP/1.1 {status}\r\nConnection: close\r\n\r\n{body or ''}".encode())
        await writer.drain()
        writer.close()


class World:
    """A graph, what keeps its keys, and a clock that stands still."""

    def __init__(self, site: Site, fetcher: Fetcher) -> None:
        self.g = Graph()
        self.site = site
        self.clock = ManualClock()
        self.kept = KeySets(self.g, self.put, fetcher, self.clock)
        self._written = asyncio.Event()

    async def put(self, values: Mapping[Key[Any], Any]) -> int:
        with self.g.batch() as batch:
            for key, value in values.items():
                batch.set(key, value)
        return self.g.revision

    def write(self, *rules: dict[str, Any]) -> None:
        """The rules of the only object; none: it is gone."""
        manifest = {"apiVersion": "security.istio.io/v1", "kind": REF.kind, "metadata": {"name": REF.name, "namespace": REF.namespace}}
        found, _ = decode.decode(manifest | {"spec": {"jwtRules": list(rules)}})
        with self.g.batch() as batch:
            inputs.write(self.g, batch, [(REF, found if rules else None)])
        self.kept.changed()

    def keys(self, uri: str) -> str | None:
        return keys.jwks(self.g, uri)


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    site = Site()
    server = await asyncio.start_server(site.answer, "127.0.0.1", 0)
    site.port = server.sockets[0].getsockname()[1]
    fetcher = Fetcher(())
    of = World(site, fetcher)
    async with server:
        running = asyncio.create_task(of.kept.run())
        yield of
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await fetcher.aclose()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.001)


@pytest.mark.rule("JW-4")
async def test_keys_are_fetched_as_soon_as_a_rule_wants_them() -> None:
    async with world() as of:
        of.site.pages["/keys"] = FIRST
        of.write({"issuer": "a", "jwksUri": of.site.at("/keys")})
        await until(lambda: of.keys(of.site.at("/keys")) == FIRST)
    assert of.site.asked == ["/keys"]


@pytest.mark.rule("JW-4")
async def test_an_issuer_tells_where_its_keys_are() -> None:
    async with world() as of:
        of.site.pages = {keys.DISCOVERY: msgspec.json.encode({"jwks_uri": of.site.at("/there")}).decode(), "/there": FIRST}
        of.write({"issuer": of.site.at("")})
        await until(lambda: of.keys(of.site.at(keys.DISCOVERY)) == FIRST)
    assert of.site.asked == [keys.DISCOVERY, "/there"]


@pytest.mark.rule("JW-4")
async def test_keys_are_fetched_again_after_twenty_minutes() -> None:
    async with world() as of:
        uri = of.site.at("/keys")
        of.site.pages["/keys"] = FIRST
        of.write({"issuer": "a", "jwksUri": uri})
        await until(lambda: of.keys(uri) == FIRST)
        of.site.pages["/keys"] = SECOND
        await of.clock.advance(REFRESH - 1)
        assert of.site.asked == ["/keys"]
        await of.clock.advance(1)
        await until(lambda: of.keys(uri) == SECOND)
    assert REFRESH == 1200


@pytest.mark.rule("JW-4")
async def test_where_keys_cannot_be_fetched_nothing_is_known_until_a_later_try_succeeds() -> None:
    async with world() as of:
        uri = of.site.at("/keys")
        rule = {"issuer": "a", "jwksUri": uri}
        of.write(rule)
        await until(lambda: uri in of.kept.failures)
        assert of.kept.failures[uri] == f"{uri} answered 503; 200 was expected."
        assert of.keys(uri) is None
        of.site.pages["/keys"] = FIRST
        await of.clock.advance(1)
        await until(lambda: of.keys(uri) == FIRST)
        assert not of.kept.failures


@pytest.mark.rule("JW-4")
async def test_keys_of_the_last_time_stay_while_a_refresh_fails() -> None:
    async with world() as of:
        uri = of.site.at("/keys")
        of.site.pages["/keys"] = FIRST
        of.write({"issuer": "a", "jwksUri": uri})
        await until(lambda: of.keys(uri) == FIRST)
        del of.site.pages["/keys"]
        await of.clock.advance(REFRESH)
        await until(lambda: uri in of.kept.failures)
        assert of.keys(uri) == FIRST


@pytest.mark.parametrize("text", ["no json", "[]", "{}", '{"keys": []}'])
async def test_what_is_no_key_set_is_a_failure(text: str) -> None:
    async with world() as of:
        of.site.pages["/keys"] = text
        of.write({"issuer": "a", "jwksUri": of.site.at("/keys")})
        await until(lambda: of.site.at("/keys") in of.kept.failures)
        assert "leads to no key set" in of.kept.failures[of.site.at("/keys")]


async def test_an_issuer_that_does_not_say_where_is_a_failure() -> None:
    async with world() as of:
        of.site.pages[keys.DISCOVERY] = json.dumps({"issuer": "x"})
        of.write({"issuer": of.site.at("")})
        uri = of.site.at(keys.DISCOVERY)
        await until(lambda: uri in of.kept.failures)
        assert "no OpenID configuration" in of.kept.failures[uri]


async def test_keys_that_nobody_wants_any_more_are_forgotten() -> None:
    async with world() as of:
        uri = of.site.at("/keys")
        of.site.pages["/keys"] = FIRST
        of.write({"issuer": "a", "jwksUri": uri})
        await until(lambda: of.keys(uri) == FIRST)
        of.write()
        await until(lambda: of.keys(uri) is None)
        asked = len(of.site.asked)
        await of.clock.advance(2 * REFRESH)
        assert len(of.site.asked) == asked
