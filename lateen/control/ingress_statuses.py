"""Keeps the status of Ingresses at the addresses under which they are reached (GW-11). Whoever else writes the same status loses nothing by it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import msgspec

from lateen.control.feed import AUTHOR, Feed
from lateen.control.manifests import manifest_of
from lateen.flow import Graph
from lateen.store.store import PutStatus, Store, StoreError
from lateen.translate import ingress_addresses
from lateen.translate.ingress_addresses import Addresses
from lateen.values.ref import Ref


class IngressStatuses:
    """`run` it in a task."""

    def __init__(self, g: Graph, store: Store, feed: Feed) -> None:
        self._g = g
        self._store = store
        self._feed = feed

    async def run(self) -> None:
        """After each revision of the store, write what is out of date; until cancelled."""
        while True:
            revision = self._feed.revision
            for ref, addresses in ingress_addresses.outdated(self._g):
                await self._tell(ref, addresses)
            await self._feed.landed(revision + 1)

    async def _tell(self, ref: Ref, addresses: Addresses) -> None:
        stored = await self._store.get(ref)
        if stored is None:
            return
        told = status(manifest_of(stored), addresses)
        with suppress(StoreError):  # It has changed meanwhile, and that will be looked at.
            await self._store.write([PutStatus(ref, msgspec.json.encode(told), stored.version)], author=AUTHOR, reason="addresses of ingresses")


def status(manifest: dict[str, Any], addresses: Addresses) -> dict[str, Any] | None:
    """The status of an Ingress's manifest with these addresses in it; None when nothing is left of it."""
    present = manifest.get("status")
    told = {key: value for key, value in present.items() if key != "loadBalancer"} if isinstance(present, dict) else {}
    if addresses:
        told["loadBalancer"] = {"ingress": [msgspec.to_builtins(each) for each in addresses]}
    return told or None
