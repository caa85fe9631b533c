"""Documents from the web, from a real server on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest

from lateen.control.fetching import LARGEST, Fetcher, FetchError

NOWHERE_BLOCKED: tuple[str, ...] = ()


@asynccontextmanager
async def site(pages: Mapping[str, str]) -> AsyncIterator[tuple[int, list[str]]]:
    """A server that answers each path with the given head and body, and notes the head of each request; its port."""
    heard: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        heard.append(head)
        page = pages.get(head.split()[1])
        if page is None:
            await reader.read()
        else:
            writer.write(page.encode())
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], heard


def page(body: str, status: str = "200 OK", more: str = "") -> str:
    return f"HTTP/1.1 {status}\r\nConnection: close\r\n{more}\r\n{body}"


@asynccontextmanager
async def fetching(blocked: tuple[str, ...] = NOWHERE_BLOCKED) -> AsyncIterator[Fetcher]:
    fetcher = Fetcher(blocked)
    try:
        yield fetcher
    finally:
        await fetcher.aclose()


async def test_a_document_is_asked_for_by_its_own_name() -> None:
    async with site({"/keys?x=1": page("{}")}) as (port, heard), fetching() as fetcher:
        assert await fetcher.text(f"http://localhost:{port}/keys?x=1", 5.0) == "{}"
    assert f"Host: localhost:{port}\r\n" in heard[0]


async def test_a_redirect_is_followed() -> None:
    pages = {"/a": page("", "302 Found", "Location: /b\r\n"), "/b": page("there")}
    async with site(pages) as (port, _), fetching() as fetcher:
        assert await fetcher.text(f"http://127.0.0.1:{port}/a", 5.0) == "there"


async def test_a_circle_of_redirects_ends() -> None:
    async with site({"/a": page("", "302 Found", "Location: /a\r\n")}) as (port, heard), fetching() as fetcher:
        with pytest.raises(FetchError, match="redirected more than 5 times"):
            await fetcher.text(f"http://127.0.0.1:{port}/a", 5.0)
    assert len(heard) == 6


@pytest.mark.rule("JW-4")
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
async def test_a_blocked_network_is_not_asked_under_whatever_name(host: str) -> None:
    async with site({"/": page("secret")}) as (port, heard), fetching(("127.0.0.0/8", "::1/128")) as fetcher:
        with pytest.raises(FetchError, match="in a network that the control plane must not ask"):
            await fetcher.text(f"http://{host}:{port}/", 5.0)
    assert not heard


@pytest.mark.rule("JW-4")
async def test_a_redirect_does_not_lead_into_a_blocked_network() -> None:
    async with site({"/": page("secret")}) as (inner, asked):
        outside = {"/": page("", "307 Temporary Redirect", f"Location: http://127.0.0.2:{inner}/\r\n")}
        async with site(outside) as (port, _), fetching(("127.0.0.2/32",)) as fetcher:
            with pytest.raises(FetchError, match=r"127\.0\.0\.2, which is in a network"):
                await fetcher.text(f"http://127.0.0.1:{port}/", 5.0)
    assert not asked


async def test_what_clouds_tell_a_machine_about_itself_is_blocked_unasked() -> None:
    fetcher = Fetcher()
    with pytest.raises(FetchError, match=r"169\.254\.169\.254"):
        await fetcher.text("http://169.254.169.254/latest/meta-data", 5.0)
    await fetcher.aclose()


async def test_why_a_document_cannot_be_had_is_a_sentence() -> None:
    pages = {"/gone": page("", "404 Not Found"), "/large": page("x" * (LARGEST + 1)), "/odd": "no http\r\n\r\n"}
    async with site(pages) as (port, _), fetching() as fetcher:
        where = f"http://127.0.0.1:{port}"
        for uri, why in (
            (f"{where}/gone", "answered 404; 200 was expected"),
            (f"{where}/large", f"is larger than {LARGEST} bytes"),
            (f"{where}/odd", "cannot be fetched"),
            ("ftp://127.0.0.1/", 'its scheme is "ftp"'),
            ("http://", "cannot be fetched"),
            ("http://127.0.0.1:1/", "cannot be fetched"),
        ):
            with pytest.raises(FetchError, match=why):
                await fetcher.text(uri, 5.0)


async def test_nobody_is_waited_for_longer_than_allowed() -> None:
    async with site({}) as (port, _), fetching() as fetcher:
        with pytest.raises(FetchError, match=r"did not answer within 0\.05 s"):
            await fetcher.text(f"http://127.0.0.1:{port}/silent", 0.05)


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        Fetcher(("nonsense",))
