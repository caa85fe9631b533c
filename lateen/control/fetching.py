"""Documents from the web that configuration names, fetched without being led astray: users name addresses, and the control plane must not ask its own
network in their stead (SSRF).

A name is resolved once; all of its addresses must be allowed, and the connection goes to one of those that were looked at, so that nobody can
answer otherwise the second time. Redirects are followed by the same rules. Nothing larger than `LARGEST` is read.

`httpx` is imported when something is fetched first: most meshes fetch nothing, and it would be a tenth of the control plane's start.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import httpx

LARGEST: Final = 1 << 20
"""Bytes that a document may have."""
REDIRECTS: Final = 5
BLOCKED: Final = ("169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128")
"""Networks that are never asked unless somebody allows it: that is where clouds tell a machine its own secrets."""

_PORTS: Final = {"http": 80, "https": 443}
_REDIRECTING: Final = frozenset({301, 302, 303, 307, 308})

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


class FetchError(Exception):
    """The document could not be had; the text is a sentence. Trying again later may help."""


class Fetcher:
    """Fetches by HTTP GET. `blocked` are networks (CIDRs) that it never talks to; raises `ValueError` for what is none."""

    def __init__(self, blocked: Iterable[str] = BLOCKED) -> None:
        self._blocked: tuple[Network, ...] = tuple(ip_network(each, strict=False) for each in blocked)

    @cached_property
    def _client(self) -> httpx.AsyncClient:
        import httpx

        return httpx.AsyncClient(trust_env=False, verify=ssl.create_default_context())

    async def aclose(self) -> None:
        """Close what is open."""
        if "_client" in vars(self):
            await self._client.aclose()

    async def text(self, uri: str, seconds: float) -> str:
        """The document at the address, within so many seconds in all. Raises `FetchError`."""
        import httpx

        try:
            async with asyncio.timeout(seconds):
                return await self._followed(uri)
        except TimeoutError as error:
            raise FetchError(f"{uri} did not answer within {seconds:g} s.") from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            raise FetchError(f"{uri} cannot be fetched: {str(error) or type(error).__name__}.") from error

    async def _followed(self, uri: str) -> str:
        import httpx

        url = httpx.URL(uri)
        for _ in range(REDIRECTS + 1):
            found = await self._asked(url)
            if isinstance(found, str):
                return found
            url = found
        raise FetchError(f"{uri} leads on and on: it redirected more than {REDIRECTS} times.")

    async def _asked(self, url: httpx.URL) -> str | httpx.URL:
        """The document, or where it is instead."""
        if url.scheme not in _PORTS:
            raise FetchError(f'{url} cannot be fetched: its scheme is "{url.scheme}", and only http and https are known.')
        address = await self._address(url)
        headers = {"Host": url.netloc.decode("ascii"), "Accept": "application/json"}
        there = url.copy_with(host=str(address))
        async with self._client.stream("GET", there, headers=headers, extensions={"sni_hostname": url.host}) as response:
            if response.status_code in _REDIRECTING and "location" in response.headers:
                return url.join(response.headers["location"])
            if response.status_code != 200:
                raise FetchError(f"{url} answered {response.status_code}; 200 was expected.")
            return await _read(url, response)

    async def _address(self, url: httpx.URL) -> Address:
        port = url.port or _PORTS[url.scheme]
        found = await asyncio.get_running_loop().getaddrinfo(url.host, port, type=1)
        addresses = [ip_address(str(each[4][0]).partition("%")[0]) for each in found]
        for address in addresses:
            if any(_plain(address) in network for network in self._blocked):
                raise FetchError(f"{url} is at {address}, which is in a network that the control plane must not ask.")
        return addresses[0]


async def _read(url: httpx.URL, response: httpx.Response) -> str:
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > LARGEST:
            raise FetchError(f"{url} is larger than {LARGEST} bytes.")
    return body.decode()


def _plain(address: Address) -> Address:
    """An IPv4 address that is written as one of IPv6 is still that one."""
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
