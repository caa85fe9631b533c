"""A graph of given objects and nothing else: for what is computed from files alone, and for tests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lateen.api import decode, inputs
from lateen.api.resource import Resource
from lateen.flow import Graph
from lateen.values.finding import Finding


def graph(resources: Iterable[Resource[Any]]) -> Graph:
    """A graph in which these objects have been written, as one revision."""
    g = Graph()
    edit(g, resources)
    return g


def edit(g: Graph, resources: Iterable[Resource[Any]]) -> None:
    """Write objects, as one revision."""
    with g.batch() as batch:
        inputs.write(g, batch, ((resource.ref, resource) for resource in resources))


def read(text: str, file: str = "") -> tuple[list[Resource[Any]], list[Finding]]:
    """The objects of a text, and what is wrong with it."""
    return decode.resources(text, file)
