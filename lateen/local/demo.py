"""The demo: the sample shop at work, each claim shown by real requests and told with what was measured. Every step says whether it held.

Steps are functions of the running mesh that return what they saw; a step that did not behave raises `Unexpected` with a sentence.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec

from lateen.local.up import Up

PAGES = 300
TESTERS = 60
RETRIED = 60
_SHARE = (0.04, 0.17)
"""Where the second version's share of 300 requests lies for a weight of 10 %, but for one run in many thousands."""
_EVEN = (0.38, 0.62)
_URI = re.compile(r"URI=([^;,\"]+)")


class Unexpected(Exception):
    """A step that did not behave; the words say what was seen and what was expected."""


class Shop(msgspec.Struct, frozen=True):
    """The running sample: the mesh, the port that leads to it, and where its files are."""

    up: Up
    port: int
    folder: Path


class Step(msgspec.Struct, frozen=True):
    """One thing that is shown."""

    title: str
    show: Callable[[Shop, httpx.AsyncClient], Awaitable[list[str]]]


async def identities(shop: Shop, client: httpx.AsyncClient) -> list[str]:
    """Who called whom, as the certificates say."""
    page = await _page(client)
    callers = {"web": page["called_by"], "catalog": page["catalog"]["called_by"], "reviews": page["reviews"]["called_by"]}
    expected = {"web": "ingress", "catalog": "web", "reviews": "web"}
    told = []
    for service, header in callers.items():
        found = _URI.findall(header)
        if not found or not found[-1].endswith(f"/sa/{expected[service]}"):
            raise Unexpected(f"{service} was called by {found[-1] if found else 'nobody with a certificate'}, expected {expected[service]}.")
        told.append(f"{service} was called by {found[-1]}")
    return told


async def split(shop: Shop, client: httpx.AsyncClient) -> list[str]:
    """The weights of the route, measured."""
    share = await _second_version(client, PAGES)
    _within("The second version's share", share, _SHARE)
    return [f"{PAGES} pages: {share:.1%} showed reviews v2, where the route says 10 %"]


async def testers(shop: Shop, client: httpx.AsyncClient) -> list[str]:
    """A route by header."""
    versions = Counter([(await _page(client, {"x-user": "tester"}))["reviews"]["version"] for _ in range(TESTERS)])
    if set(versions) != {"v2"}:
        raise Unexpected(f"Testers saw {dict(versions)}, expected only v2.")
    return [f"{TESTERS} pages with x-user: tester: all of them showed reviews v2"]


async def retries(shop: Shop, client: httpx.AsyncClient) -> list[str]:
    """Requests that failed at one replica and were tried again at the other."""
    pages = [await _page(client) for _ in range(RETRIED)]
    again = sum(page["reviews"]["ratings_asked"] > 1 for page in pages)
    if not again:
        raise Unexpected("No request to ratings was tried again, although its first replica answers each with 503.")
    return [f"ratings-0 answers each request with 503; {again} of {RETRIED} requests were tried again at ratings-1, and no page failed"]


async def plaintext(shop: Shop, client: httpx.AsyncClient) -> list[str]:
    """A caller without a certificate, at the service itself."""
    target = shop.up.placed("reviews-v1.default")
    port = dict(target.explicit.inbound)[8000] if target.explicit is not None else 8000
    try:
        response = await client.get(f"http://{target.address}:{port}/", timeout=5)
    except httpx.TransportError as error:
        return [f"GET http://{target.address}:{port}/ in plain text: {type(error).__name__}, for PeerAuthentication says STRICT"]
    raise Unexpected(f"A caller in plain text was answered with {response.status_code}, expected to be refused under STRICT.")


async def applied(shop: Shop, client: httpx.AsyncClient) -> list[str]:
    """A route changed while requests run, with the time until every proxy had it."""
    text = (shop.folder / "config" / "reviews.yaml").read_text().replace("weight: 90", "weight: 50").replace("weight: 10", "weight: 50")
    answer = await shop.up.api.apply([("reviews.yaml", text)], "demo", wait=10)
    if not answer["arrived"] or answer["refusedBy"]:
        raise Unexpected(f"The change did not reach every proxy: behind are {answer['behind']}, refused by {answer['refusedBy']}.")
    share = await _second_version(client, PAGES)
    _within("After the change, the second version's share", share, _EVEN)
    return [
        f"applied 50/50: all {answer['proxies']} proxies had it {answer['milliseconds']} ms after the request",
        f"{PAGES} pages: {share:.1%} showed reviews v2 now",
    ]


STEPS = (
    Step("Who called whom, over which identity", identities),
    Step("A 90/10 split between two versions", split),
    Step("A route by header", testers),
    Step("Retries over a failing replica", retries),
    Step("A caller in plain text under STRICT", plaintext),
    Step("A route changed by apply", applied),
)


async def _page(client: httpx.AsyncClient, headers: dict[str, str] | None = None) -> Any:
    response = await client.get("/", headers=headers)
    if response.status_code != 200:
        raise Unexpected(f"The shop answered {response.status_code}: {response.text[:200]}")
    return response.json()


async def _second_version(client: httpx.AsyncClient, pages: int) -> float:
    versions: Counter[str] = Counter()
    for _ in range(pages // 10):
        found = await asyncio.gather(*(_page(client) for _ in range(10)))
        versions.update(page["reviews"]["version"] for page in found)
    return versions["v2"] / versions.total()


def _within(what: str, share: float, limits: tuple[float, float]) -> None:
    low, high = limits
    if not low <= share <= high:
        raise Unexpected(f"{what} was {share:.1%}, expected {low:.0%} to {high:.0%}.")


async def until_answered(client: httpx.AsyncClient, seconds: float) -> float:
    """Wait for the first page; how many seconds that took. Raises `Unexpected` when none came in time."""
    loop = asyncio.get_running_loop()
    began, seen = loop.time(), "nothing"
    while loop.time() - began < seconds:
        try:
            response = await client.get("/")
            if response.status_code == 200:
                return loop.time() - began
            seen = f"{response.status_code} {response.text[:100]}"
        except httpx.TransportError as error:
            seen = type(error).__name__
        await asyncio.sleep(0.05)
    raise Unexpected(f"The shop did not answer within {seconds:.0f} s; the last answer was {seen}.")
