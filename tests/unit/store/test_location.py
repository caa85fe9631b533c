from __future__ import annotations

from pathlib import Path

import pytest

from lateen.store import MemoryStore, Put, SqliteStore, Unreadable
from lateen.store.directory import DirectoryStore
from lateen.store.location import opened
from lateen.values.ref import Ref
from tests.given.texts import read


async def test_each_address_opens_its_store(tmp_path: Path) -> None:
    addresses = {"memory:": MemoryStore, f"sqlite://{tmp_path}/mesh.db": SqliteStore, f"directory://{tmp_path}": DirectoryStore}
    for address, backend in addresses.items():
        async with opened(address, read) as store:
            assert isinstance(store, backend)


async def test_a_folder_is_followed_while_it_is_open(tmp_path: Path) -> None:
    async with opened(f"directory://{tmp_path}", read) as store:
        (tmp_path / "a.yaml").write_text("kind: Namespace\nmetadata: {name: prod}\n")
        revision = await anext(store.watch(0))
        assert [str(change.ref) for change in revision.changes] == ["Namespace prod"]


async def test_what_is_raised_while_it_is_open_comes_out_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(LookupError):
        async with opened(f"directory://{tmp_path}", read):
            raise LookupError


async def test_the_store_is_closed_in_the_end(tmp_path: Path) -> None:
    async with opened(f"sqlite://{tmp_path}/mesh.db", read) as store:
        await store.write([Put(Ref("Namespace", "", "prod"), b"{}")], author="", reason="")
    assert [path.name for path in tmp_path.iterdir()] == ["mesh.db"]


@pytest.mark.parametrize("address", ["", "mesh.db", "mysql://here", "sqlite:", "directory:"])
async def test_an_address_of_nothing_is_answered_with_examples(address: str) -> None:
    with pytest.raises(Unreadable, match="it is not the address of a store"):
        async with opened(address, read):
            pass
