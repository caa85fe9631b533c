"""Worlds written as YAML, and as graphs: what a test begins with before its claim.

A graph here holds the given objects and nothing else. Text that is not right fails the test, so that no claim rests on an object that was left out.
What only one test needs stays in that test.
"""

from __future__ import annotations

from lateen.api import decode, inputs
from lateen.flow import Graph


def world(*documents: str) -> Graph:
    """A graph of these objects, written as one revision."""
    g = Graph()
    write(g, *documents)
    return g


def write(g: Graph, *documents: str) -> None:
    """Write these objects, as one revision."""
    found, findings = decode.resources("\n---\n".join(documents))
    assert not findings, findings
    with g.batch() as batch:
        inputs.write(g, batch, [(each.ref, each) for each in found])
