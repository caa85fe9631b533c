"""What an edit costs, and whom it reaches: exactly which cells run, and exactly which resources change for which proxy.

A story is a file: proxies and a world, then edits, each begun by `== ` and a title, and followed by what must come of it.
`delete: Kind namespace/name` takes an object away. Under `-- ran` are the queries that ran, with how often; under `-- told` what each proxy is told,
`-` for what is gone. An edit that takes away may say only what is told: cells about to go may or may not run first.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from lateen.api import decode, inputs
from lateen.assembly.views import view_of
from lateen.control.keeper import Keeper
from lateen.flow import Graph
from lateen.ir.view import View
from lateen.values.ref import Ref
from lateen.xds.shelf import resolved

STORIES = sorted(Path(__file__).parent.glob("*.story"))


class Edit(msgspec.Struct):
    """A title, the documents under it, and what is said to come of it."""

    title: str
    documents: str
    expected: str = ""


def edits(text: str) -> list[Edit]:
    """The edits of a story; the first is the world."""
    found = []
    for piece in ("begin\n" + text).split("\n== "):
        title, _, rest = piece.partition("\n")
        documents, mark, expected = rest.partition("\n-- ")
        found.append(Edit(title, documents, f"{mark.strip()} {expected}".strip() + "\n"))
    return found


class World:
    """A graph, and proxies whose shelves are kept from it."""

    def __init__(self, first: Edit) -> None:
        head, _, world = first.documents.partition("\n---\n")
        self.g = Graph()
        self._keeper = Keeper(self.g)
        self._proxies: dict[str, View] = {}
        self.write(world)
        for name, proxy in yaml.safe_load(head)["proxies"].items():
            self._proxies[name] = view_of(proxy["node"], proxy.get("metadata") or {})
            self._keeper.hold(self._proxies[name])
        self._told = self._drained()

    def write(self, documents: str) -> None:
        with self.g.batch() as batch:
            inputs.write(self.g, batch, [_change(document) for document in yaml.safe_load_all(documents) if document])

    def outcome(self) -> str:
        """What came of the writes since the last time, as text."""
        self.g.ran.clear()
        after = self._drained()
        before, self._told = self._told, after
        ran = [f"{name} {count}" for name, count in sorted(self.g.ran.items())]
        gone = [f"{key[0]} -{key[1]} {key[2]}" for key in before.keys() - after.keys()]
        told = [f"{key[0]} {key[1]} {key[2]}" for key in after if before.get(key) != after[key]]
        return "\n".join(["-- ran", *ran, "-- told", *sorted(told), *sorted(gone)]) + "\n"

    def _drained(self) -> dict[tuple[str, str, str], str]:
        """The version of everything that each proxy sees."""
        for _ in self._keeper.changes():
            pass
        self._keeper.outcome()
        assert not self._keeper.failures
        found = {}
        for proxy, view in self._proxies.items():
            for type_url, stack in self._keeper.stacks_of(view).items():
                for name in {name for shelf in stack for name in shelf.names}:
                    if (resource := resolved(stack, name)) is not None:
                        found[proxy, type_url.rpartition(".")[2], name] = resource.version
        return found


def _change(document: dict[str, Any]) -> inputs.Change:
    if "delete" in document:
        kind, _, where = document["delete"].partition(" ")
        namespace, _, name = where.partition("/")
        return Ref(kind, namespace, name), None
    resource, findings = decode.decode(document)
    assert resource is not None, findings
    return resource.ref, resource


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_story(path: Path, rewrite: bool) -> None:
    first, *rest = edits(path.read_text())
    world = World(first)
    came = []
    for edit in rest:
        world.write(edit.documents)
        outcome = world.outcome()
        came.append(outcome if edit.expected.startswith("-- ran") else outcome[outcome.index("-- told") :])
    if rewrite:
        pieces = [f"== {edit.title}\n{edit.documents.strip()}\n{outcome}" for edit, outcome in zip(rest, came, strict=True)]
        path.write_text("\n".join([first.documents.strip() + "\n", *pieces]))
        return
    for edit, outcome in zip(rest, came, strict=True):
        assert outcome == edit.expected, edit.title
