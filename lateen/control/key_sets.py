"""The keys by which tokens are checked, fetched and kept fresh (JW-4): `translate.keys` says which are wanted and takes what is found.

"JWKS is fetched by the control plane, refreshed each 20 min, inlined". Until the first success nothing is known of an address, and then no token
that needs its keys passes; keys that were fetched once stay while a refresh fails, which is tried again soon.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from typing import Any, Final

import msgspec

from lateen.control.attending import Attending
from lateen.control.fetching import Fetcher, FetchError
from lateen.flow import Graph, Key
from lateen.kit.backoff import Backoff
from lateen.kit.clock import Clock, SystemClock
from lateen.kit.logging import logger
from lateen.translate import keys
from lateen.translate.keys import Wanted

REFRESH: Final = 20 * 60.0
"""Seconds after which keys are fetched again."""
RETRY: Final = Backoff(1.0, ceiling=60.0)

Put = Callable[[Mapping[Key[Any], Any]], Awaitable[int]]
"""Writes sources of the graph as one revision."""

_log = logger("keys")


class _Discovery(msgspec.Struct):
    """As much of an OpenID configuration (https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata) as is needed here."""

    jwks_uri: str


class KeySets:
    """Keeps the sources `translate.keys.jwks` filled. Call `changed` after each revision of the graph, and `run` it in a task."""

    def __init__(self, g: Graph, put: Put, fetcher: Fetcher, clock: Clock | None = None) -> None:
        self._g = g
        self._put = put
        self._fetcher = fetcher
        self._clock = clock or SystemClock()
        self.failures: dict[str, str] = {}
        """Why an address has no fresh keys at present: a sentence by address."""
        attending = Attending(lambda: keys.wanted(g), self._keep, self._forget)
        self.changed = attending.changed
        self.run = attending.run

    async def _forget(self, gone: Collection[Wanted]) -> None:
        forgotten = {each.uri for each in gone} - {each.uri for each in keys.wanted(self._g)}
        for uri in forgotten:
            self.failures.pop(uri, None)
        if forgotten:
            await self._put({keys.jwks.key(uri): None for uri in forgotten})

    async def _keep(self, wanted: Wanted) -> None:
        failures = 0
        while True:
            try:
                found = await self._fetched(wanted)
            except FetchError as error:
                failures += 1
                self._failed(wanted.uri, str(error))
                await self._clock.sleep(RETRY.delay(failures))
                continue
            failures = 0
            self.failures.pop(wanted.uri, None)
            await self._put({keys.jwks.key(wanted.uri): found})
            await self._clock.sleep(REFRESH)

    def _failed(self, uri: str, why: str) -> None:
        if self.failures.get(uri) != why:
            known = keys.jwks(self._g, uri) is not None
            _log.warning(f"{why} {'The keys of the last time stay.' if known else 'Until it does, no token that needs these keys passes.'}")
        self.failures[uri] = why

    async def _fetched(self, wanted: Wanted) -> str:
        seconds = wanted.timeout / 1e9
        text = await self._fetcher.text(wanted.uri, seconds)
        if wanted.uri.endswith(keys.DISCOVERY):
            try:
                uri = msgspec.json.decode(text, type=_Discovery).jwks_uri
            except (msgspec.DecodeError, UnicodeError) as error:
                raise FetchError(f"{wanted.uri} is no OpenID configuration that says where the keys are (jwks_uri): {error}.") from error
            text = await self._fetcher.text(uri, seconds)
        with suppress(msgspec.DecodeError, UnicodeError):
            if msgspec.json.decode(text, type=keys.KeySet).keys:
                return text
        raise FetchError(f'{wanted.uri} leads to no key set: a JSON object with "keys" was expected.')
